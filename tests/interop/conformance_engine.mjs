// SPDX-License-Identifier: BSL-1.0
// Engine.IO v4, strictly: the cases that both protocol suites share, and those of Engine.IO alone.
import assert from "node:assert/strict";
import { parse_open, separator, upto } from "./raw_peers.mjs";

const open_keys = ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"];

function expect_handshake(handshake, upgrades) {
    const { sid, ...rest } = handshake;
    assert.deepEqual(Object.keys(handshake).sort(), open_keys);
    assert.match(sid, /^\S{16,}$/);
    assert.deepEqual(rest, {
        upgrades,
        pingInterval: 300,
        pingTimeout: 200,
        maxPayload: 1_000_000,
    });
}

export const handshake_polling = {
    async "successfully opens a session"(t) {
        const reply = await t.fetch({ EIO: "4", transport: "polling" });
        assert.equal(reply.status, 200);
        assert.match(reply.headers["content-type"], /^text\/plain; charset=utf-8$/i);
        assert.equal(reply.headers["content-length"], String(Buffer.byteLength(reply.body)));
        assert.equal(reply.headers["access-control-allow-origin"], "*");
        expect_handshake(parse_open(reply.body), ["websocket"]);
    },

    async "fails with an invalid 'EIO' query parameter"(t) {
        for (const EIO of ["abc", "", "3", "5", "04", "4 "]) {
            t.step(`EIO '${EIO}'`);
            t.expect_refusal(await t.fetch({ EIO, transport: "polling" }), 5);
        }
        t.step("EIO absent");
        t.expect_refusal(await t.fetch({ transport: "polling" }), 5);
    },

    async "fails with an invalid 'transport' query parameter"(t) {
        const names = ["abc", "", "webtransport", "constructor", "__proto__", "toString"];
        for (const transport of names) {
            t.step(`transport '${transport}'`);
            t.expect_refusal(await t.fetch({ EIO: "4", transport }), 0);
        }
        t.step("transport absent");
        t.expect_refusal(await t.fetch({ EIO: "4" }), 0);
    },

    async "fails with an invalid request method"(t) {
        for (const method of ["POST", "PUT", "DELETE"]) {
            t.step(method);
            t.expect_refusal(await t.fetch({ EIO: "4", transport: "polling" }, { method }), 2);
        }
    },
};

export const handshake_websocket = {
    async "successfully opens a session"(t) {
        const socket = await t.websocket_session();
        expect_handshake(socket.handshake, []);
    },

    async "fails with an invalid 'EIO' query parameter"(t) {
        for (const EIO of ["abc", "3", "5"]) {
            const reply = await t.refused_websocket({ EIO, transport: "websocket" });
            await t.ours(`EIO '${EIO}' is refused before the WebSocket opens`, async () => {
                assert.equal(reply.status, 400);
                assert.match(reply.body, /Unsupported protocol version/);
            });
        }
    },

    async "fails with an invalid 'transport' query parameter"(t) {
        for (const transport of ["abc", "", "webtransport", "constructor", "__proto__"]) {
            t.step(`transport '${transport}'`);
            const reply = await t.refused_websocket({ EIO: "4", transport });
            assert.equal(reply.status, 400);
            assert.match(reply.body, /Transport unknown/);
        }
    },
};

export const message_polling = {
    async "sends and receives a payload containing one plain text packet"(t) {
        const session = await t.polling_session();
        await session.send("4hello");
        const reply = await session.poll();
        assert.deepEqual([reply.status, reply.body], [200, "4hello"]);
        assert.match(reply.headers["content-type"], /^text\/plain; charset=utf-8$/i);
        await session.send("4é漢😀");
        assert.equal(await session.next(), "4é漢😀");
    },

    async "sends and receives a payload containing several plain text packets"(t) {
        const session = await t.polling_session();
        await session.send("4test1", "4test2", "4", "4test3");
        const reply = await session.poll();
        assert.equal(reply.status, 200);
        assert.equal(reply.body, ["4test1", "4test2", "4", "4test3"].join(separator));
    },

    async "sends and receives a payload containing plain text and binary packets"(t) {
        const session = await t.polling_session();
        const packets = ["4hello", "bAQIDBA==", "bAQI=", "4world", "bAQID"];
        await session.send(...packets);
        const reply = await session.poll();
        assert.equal(reply.status, 200);
        assert.equal(reply.body, packets.join(separator));
    },

    async "closes the session upon invalid packet format"(t) {
        const session = await t.polling_session();
        const reply = await session.post("abc");
        await t.ours("an invalid packet is answered with 400", async () =>
            assert.equal(reply.status, 400),
        );
        await session.expect_unknown();

        const other = await t.polling_session();
        const poll = other.start_poll();
        await poll.sent;
        await t.round_trip();
        await other.post("abc");
        t.step("answer of the pending poll");
        const { status, body } = await poll.reply;
        assert.deepEqual([status, body], [200, "1"]);
        await other.expect_unknown();
    },

    async "closes the session upon duplicate poll requests"(t) {
        const session = await t.polling_session();
        const first = session.start_poll();
        await first.sent;
        await t.round_trip();
        const second = await session.poll();
        assert.equal(second.status, 400);
        const { status, body } = await first.reply;
        assert.deepEqual([status, body], [200, "1"]);
        await session.expect_unknown();
    },

    async "closes the session upon cancelled polling request"(t) {
        const session = await t.polling_session();
        const poll = session.start_poll();
        await poll.sent;
        await t.round_trip();
        poll.abort();
        await session.until_unknown();
    },
};

export const message_websocket = {
    async "sends and receives a plain text packet"(t) {
        const socket = await t.websocket_session();
        for (const text of ["hello", "", "é漢😀", `a${separator}b`]) {
            await socket.expect_echo(text);
        }
    },

    async "sends and receives a binary packet"(t) {
        const socket = await t.websocket_session();
        for (const bytes of [[1, 2, 3, 4], [4], [], upto(256)]) {
            socket.send(Buffer.from(bytes));
            assert.deepEqual(await socket.next(), Buffer.from(bytes));
        }
    },

    async "closes the session upon invalid packet format"(t) {
        for (const packet of ["abc", "", "7", "\0"]) {
            const socket = await t.websocket_session();
            t.step(`packet ${JSON.stringify(packet)}`);
            socket.send(packet);
            await socket.expect_close();
        }
    },
};

export const heartbeat_polling = {
    async "sends ping/pong packets"(t) {
        const session = await t.polling_session();
        for (const round of upto(3)) {
            t.step(`ping ${round}`);
            const reply = await session.poll();
            assert.deepEqual([reply.status, reply.body], [200, "2"]);
            await session.send("3");
        }
        await session.send("6");
    },

    async "closes the session upon ping timeout"(t) {
        const session = await t.polling_session();
        const answers = [];
        for (const step of ["ping", "close"]) {
            t.step(`wait for ${step}`);
            const reply = await session.poll();
            answers.push([reply.status, reply.body]);
        }
        assert.deepEqual(answers, [
            [200, "2"],
            [200, "1"],
        ]);
        await session.expect_unknown();
    },
};

export const heartbeat_websocket = {
    async "sends ping/pong packets"(t) {
        const socket = await t.websocket_session();
        t.step("wait for 3 pings");
        await socket.pings.take(3);
        socket.send("6");
        assert.equal(socket.socket.readyState, 1);
    },

    async "closes the session upon ping timeout"(t) {
        const socket = await t.websocket_session();
        socket.answers_pings = false;
        t.step("wait for the close");
        await socket.expect_close();
        assert.equal(socket.pings.all.length, 1);
    },
};

export const close_polling = {
    async "forcefully closes the session"(t) {
        const session = await t.polling_session();
        const poll = session.start_poll();
        await poll.sent;
        await t.round_trip();
        await session.send("1");
        t.step("answer of the pending poll");
        const { status, body } = await poll.reply;
        assert.deepEqual([status, body], [200, "6"]);
        await session.expect_unknown();
    },
};

export const close_websocket = {
    async "forcefully closes the session"(t) {
        const socket = await t.websocket_session();
        await t.ours("a close packet closes at once", async () => {
            socket.send("1");
            await socket.expect_close();
        });
    },
};

const expect_third_is_refused = async (t, sid) => {
    const third = await t.refused_websocket({ EIO: "4", transport: "websocket", sid });
    if (third.status === 101) {
        await third.socket.expect_close();
    } else {
        assert.equal(third.status, 400);
    }
};

export const upgrade = {
    async "successfully upgrades from HTTP long-polling to WebSocket"(t) {
        const session = await t.polling_session();
        const poll = session.start_poll();
        await poll.sent;
        await t.round_trip();
        const socket = await session.probe();
        t.step("answer of the pending poll");
        const { status, body } = await poll.reply;
        assert.deepEqual([status, body], [200, "6"]);
        socket.send("5");
        t.step("packet over the WebSocket");
        await socket.pings.take(2);
        assert.equal(socket.socket.readyState, 1);
    },

    async "ignores HTTP requests with same sid after upgrade"(t) {
        const { session, socket } = await t.upgraded_session();
        await socket.pings.take(1);
        t.expect_refusal(await session.poll(), 3);
        t.expect_refusal(await session.post("4hello"), 3);
        await socket.pings.take(1);
        assert.equal(socket.socket.readyState, 1);
    },

    async "ignores WebSocket connection with same sid after upgrade"(t) {
        const { session, socket } = await t.upgraded_session();
        await socket.pings.take(1);
        await expect_third_is_refused(t, session.handshake.sid);
        await socket.pings.take(1);
        assert.equal(socket.socket.readyState, 1);
    },
};

export const engine_cases = {
    "handshake / HTTP long-polling": handshake_polling,
    "handshake / WebSocket": handshake_websocket,
    "message / HTTP long-polling": message_polling,
    "message / WebSocket": message_websocket,
    "heartbeat / HTTP long-polling": heartbeat_polling,
    "heartbeat / WebSocket": heartbeat_websocket,
    "close / HTTP long-polling": close_polling,
    "close / WebSocket": close_websocket,
    upgrade,
};

/// A POST body and what must come of it; `ours`: Node answers otherwise.
const bad_bodies = [
    { row: "P01", body: "", ours: true },
    { row: "P02", body: separator, ours: true },
    { row: "P02", body: `4a${separator}`, ours: true },
    { row: "P02", body: `${separator}4a`, ours: true },
    { row: "P02", body: `4a${separator}${separator}4b`, ours: true },
    { row: "P03", body: "7", ours: true },
    { row: "P03", body: "x", ours: true },
    { row: "P04", body: `4a${separator}x${separator}4b`, ours: true },
    { row: "P05", body: "4a", headers: { "content-type": "application/octet-stream" } },
    {
        row: "P06",
        body: "4a",
        headers: { "content-type": "application/octet-stream; charset=x" },
        ours: true,
    },
    {
        row: "P07",
        body: "d=4hello",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        ours: true,
    },
    { row: "P13", body: "b****", ours: true },
    { row: "P13", body: "bAQ ID", ours: true },
    { row: "P13", body: "bAQ-_", ours: true },
    { row: "P14", body: Buffer.from([0x34, 0x80]), ours: true },
    { row: "P14", body: Buffer.from([0x34, 0xc0, 0xaf]), ours: true },
    { row: "P14", body: Buffer.from([0x34, 0xed, 0xa0, 0x80]), ours: true },
    { row: "P14", body: Buffer.from([0x34, 0xf0, 0x9f, 0x98]), ours: true },
];

export const engine_rows = {
    async "H38: the last of repeated query keys wins"(t) {
        const target = `${t.path}?EIO=3&EIO=4&transport=none&transport=polling`;
        assert.equal((await t.fetch(target)).status, 200);
    },

    async "H40, A06: ids that the server did not issue are unknown, an empty id is none"(t) {
        for (const sid of ["__proto__", "constructor", "x", "x".repeat(4000), "a\0b"]) {
            t.step(`sid ${sid.slice(0, 20)}`);
            const query = { EIO: "4", transport: "polling", sid };
            t.expect_refusal(await t.fetch(query), 1);
            t.expect_refusal(await t.fetch(query, { method: "POST", body: "4a" }), 1);
            const reply = await t.refused_websocket({ ...query, transport: "websocket" });
            assert.equal(reply.status, 400);
            assert.match(reply.body, /Session ID unknown/);
        }
        t.step("empty sid");
        assert.equal((await t.fetch({ EIO: "4", transport: "polling", sid: "" })).status, 200);
    },

    async "H43, U13: another EIO with a live id is refused, the session unharmed"(t) {
        const session = await t.polling_session();
        const { sid } = session.handshake;
        t.expect_refusal(await t.fetch({ EIO: "3", transport: "polling", sid }), 3);
        const reply = await t.refused_websocket({ EIO: "3", transport: "websocket", sid });
        assert.equal(reply.status, 400);
        await session.expect_echo();
    },

    async "H45: transport=websocket without an upgrade is refused"(t) {
        t.expect_refusal(await t.fetch({ EIO: "4", transport: "websocket" }), 3);
        const session = await t.polling_session();
        const { sid } = session.handshake;
        t.expect_refusal(await t.fetch({ EIO: "4", transport: "websocket", sid }), 3);
        await session.expect_echo();
    },

    async "H47: methods other than GET and POST are refused, the session unharmed"(t) {
        for (const method of ["PUT", "DELETE", "PATCH"]) {
            const session = await t.polling_session();
            const reply = await t.fetch(session.query, { method });
            await t.ours(`${method} is refused with code 2`, async () =>
                t.expect_refusal(reply, 2, [400, 405]),
            );
            await session.expect_echo();
        }
    },

    async "W10: transport=polling with an upgrade is refused"(t) {
        const reply = await t.refused_websocket({ EIO: "4", transport: "polling" });
        await t.ours("refused before the WebSocket opens", async () =>
            assert.equal(reply.status, 400),
        );
    },

    async "HTTP-9: a preflight is answered with 204"(t) {
        const headers = {
            origin: "http://example.org",
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-custom",
        };
        const reply = await t.fetch(
            { EIO: "4", transport: "polling" },
            { method: "OPTIONS", headers },
        );
        assert.equal(reply.status, 204);
        assert.equal(reply.headers["access-control-allow-origin"], "*");
        assert.match(reply.headers["access-control-allow-headers"], /x-custom/);
        assert.match(reply.headers["access-control-allow-methods"], /POST/);
    },

    async "P01-P14: a body that is no payload is answered with 400 and closes"(t) {
        for (const { row, body, headers, ours } of bad_bodies) {
            const name = `${row}, body ${JSON.stringify(body.toString("latin1"))}`;
            const session = await t.polling_session();
            const reply = await session.post(body, { headers });
            const check = async () => {
                assert.equal(reply.status, 400);
                await session.expect_unknown();
            };
            t.step(name);
            await (ours ? t.ours(name, check) : check());
        }
    },

    async "P08: a compressed body is answered with 415, the session unharmed"(t) {
        for (const encoding of ["gzip", "br"]) {
            const session = await t.polling_session();
            const headers = { "content-encoding": encoding };
            const reply = await session.post("4a", { headers });
            await t.ours(`content-encoding ${encoding} is refused with 415`, async () => {
                assert.equal(reply.status, 415);
                await session.expect_echo();
            });
        }
    },

    async "P09: a body of the limit is taken, one above is answered with 413"(t) {
        const session = await t.polling_session();
        const text = "x".repeat(999_999);
        await session.send(`4${text}`);
        assert.ok((await session.next()) === `4${text}`);
        for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
            t.step(`one above, ${JSON.stringify(headers)}`);
            const over = await t.polling_session();
            const reply = await over.post(`4${text}x`, { headers });
            assert.equal(reply.status, 413);
            await over.expect_echo();
        }
    },

    async "P10: a ping from the client closes"(t) {
        const session = await t.polling_session();
        await session.post("2");
        await session.expect_closed();
    },

    async "P11: packets that a client has no reason to send are ignored"(t) {
        const session = await t.polling_session();
        await session.send("3", "0{}", "5", "6", "3probe");
        await session.expect_echo();
    },

    async "P13: padding of base64 is optional, empty is allowed"(t) {
        const session = await t.polling_session();
        await session.send("bAQI", "bAQID", "b", "bAQ==");
        assert.deepEqual(await session.take(4), ["bAQI=", "bAQID", "b", "bAQ=="]);
    },

    async "E02: packets in the wrong direction close"(t) {
        for (const packet of ["2", "2probe"]) {
            const socket = await t.websocket_session();
            t.step(`packet ${packet}`);
            socket.send(packet);
            await socket.expect_close();
        }
    },

    async "E03: packets that a client has no reason to send are ignored"(t) {
        const socket = await t.websocket_session();
        socket.send("3", "3probe", "0{}", "5", "6");
        await socket.expect_echo();
    },

    async "E05: base64 in a text frame is a binary message"(t) {
        const socket = await t.websocket_session();
        socket.send("bAQID");
        assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
    },

    async "F11: a message above the limit is closed with 1009"(t) {
        const socket = await t.websocket_session();
        const text = "x".repeat(999_999);
        await socket.expect_echo(text);
        socket.send(`4${text}x`);
        t.step("one above");
        assert.deepEqual(await socket.outcome(), { closed: 1009 });
    },

    async "one heartbeat per session, however many pongs come"(t) {
        const socket = await t.websocket_session();
        socket.send(...upto(50).map(() => "3"));
        t.step("wait for pings");
        await socket.pings.next();
        let last = performance.now();
        for (const round of upto(4)) {
            await socket.pings.next();
            const now = performance.now();
            assert.ok(now - last > 250, `ping ${round} came after ${Math.round(now - last)} ms`);
            last = now;
        }
    },

    async "a closed session leaves nothing behind"(t) {
        const socket = await t.websocket_session();
        const { sid } = socket.handshake;
        socket.send("abc");
        await socket.expect_close();
        t.expect_refusal(await t.fetch({ EIO: "4", transport: "polling", sid }), 1);
        const reply = await t.refused_websocket({ EIO: "4", transport: "websocket", sid });
        assert.equal(reply.status, 400);
    },

    async "U02: polls while upgrading are answered with a noop"(t) {
        const session = await t.polling_session();
        const socket = await session.probe();
        for (const round of upto(3)) {
            t.step(`poll ${round}`);
            const { status, body } = await session.poll();
            assert.equal(status, 200);
            assert.match(body, /^(2\x1e)?6$|^2$/, "a noop, or a ping that was due");
            if (body.startsWith("2")) {
                await session.send("3");
            }
        }
        await session.send("4a");
        socket.send("5", "4b");
        assert.deepEqual(await socket.take(2), ["4a", "4b"]);
    },

    async "U04: an upgrade without a probe closes the WebSocket, polling goes on"(t) {
        const session = await t.polling_session();
        const query = { EIO: "4", transport: "websocket", sid: session.handshake.sid };
        const socket = await t.websocket(query);
        await t.ours("an upgrade without a probe closes the WebSocket", async () => {
            socket.send("5");
            await socket.expect_close();
            await session.expect_echo();
        });
    },

    async "U05: anything but the probe, or but the upgrade, closes the WebSocket only"(t) {
        for (const packet of ["2x", "4a", "3probe", Buffer.from([1])]) {
            t.step(`${packet} instead of the probe`);
            const session = await t.polling_session();
            const query = { EIO: "4", transport: "websocket", sid: session.handshake.sid };
            const socket = await t.websocket(query);
            socket.send(packet);
            await socket.expect_close();
            await session.expect_echo();
        }
        for (const packet of ["4a", Buffer.from([1])]) {
            t.step(`${packet} instead of the upgrade`);
            const session = await t.polling_session();
            const socket = await session.probe();
            socket.send(packet);
            await socket.expect_close();
            await session.expect_echo();
        }
        t.step("TCP end instead of the upgrade");
        const session = await t.polling_session();
        (await session.probe()).socket.terminate();
        await session.expect_echo();
    },

    async "U06: a second WebSocket is refused while the first upgrades"(t) {
        const session = await t.polling_session();
        const first = await session.probe();
        await expect_third_is_refused(t, session.handshake.sid);
        first.send("5");
        await first.expect_echo();
    },

    async "U10: nothing is lost or reordered across the upgrade"(t) {
        const session = await t.polling_session();
        const numbered = (from, to) => upto(to - from).map((i) => `4${from + i}`);
        await session.send(...numbered(0, 400));
        const socket = await session.probe();
        await session.send(...numbered(400, 500));
        const { body } = await session.poll();
        const early = body.split(separator).filter((packet) => packet[0] === "4");
        await session.send(...numbered(500, 600));
        socket.send("5", ...numbered(600, 1000));
        t.step("1000 echoes");
        const late = await socket.take(1000 - early.length);
        assert.deepEqual([...early, ...late], numbered(0, 1000));
    },

    async "order is kept under load"(t) {
        const packets = upto(1000).map((i) => `4${i}`);
        const socket = await t.websocket_session();
        socket.send(...packets);
        t.step("1000 echoes over WebSocket");
        assert.deepEqual(await socket.take(1000), packets);
        const session = await t.polling_session();
        await session.send(...packets);
        t.step("1000 echoes over polling");
        assert.deepEqual(await session.take(1000), packets);
    },
};
