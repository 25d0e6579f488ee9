// SPDX-License-Identifier: BSL-1.0
// Socket.IO v5, strictly.
import assert from "node:assert/strict";
import * as engine from "./conformance_engine.mjs";
import { separator, upto } from "./raw_peers.mjs";

/// The same cases under the names that the Socket.IO suite gives them.
const renamed = (cases) =>
    Object.fromEntries(
        Object.entries(cases).map(([name, body]) => [
            "should " + name.replace(/^((?:success|force)fully )?(\w+?)(e?)s\b/, "$1$2$3"),
            body,
        ]),
    );

/// Joins a namespace; returns the socket id.
async function join(socket, nsp = "/", auth) {
    const prefix = nsp === "/" ? "" : `${nsp},`;
    const payload = auth === undefined ? "" : JSON.stringify(auth);
    socket.send(`40${prefix}${payload}`);
    const answer = await socket.next();
    assert.ok(answer.startsWith(`40${prefix}{`), answer);
    const { sid, ...rest } = JSON.parse(answer.slice(2 + prefix.length));
    assert.match(sid, /^\S{16,}$/);
    assert.deepEqual(rest, {});
    assert.equal(await socket.next(), `42${prefix}["auth",${payload || "{}"}]`);
    return sid;
}

/// A WebSocket session that joined the main namespace.
async function joined(t, auth) {
    const socket = await t.websocket_session();
    socket.id = await join(socket, "/", auth);
    return socket;
}

/// A polling session that joined a namespace.
async function polling_joined(t, nsp = "/") {
    const prefix = nsp === "/" ? "" : `${nsp},`;
    const session = await t.polling_session();
    await session.send(`40${prefix}`);
    assert.ok((await session.next()).startsWith(`40${prefix}{"sid":`));
    assert.equal(await session.next(), `42${prefix}["auth",{}]`);
    return session;
}

const fence = '42["message","fence"]';
const fenced = '42["message-back","fence"]';

async function expect_alive(socket) {
    socket.send(fence);
    assert.equal(await socket.next(), fenced);
}

const connect = {
    async "should allow connection to the main namespace"(t) {
        const socket = await joined(t);
        assert.notEqual(socket.id, socket.handshake.sid, "the socket id is not the engine id");
        await expect_alive(socket);
    },

    async "should allow connection to the main namespace with a payload"(t) {
        await expect_alive(await joined(t, { token: "123" }));
    },

    async "should allow connection to a custom namespace"(t) {
        await join(await t.websocket_session(), "/custom");
    },

    async "should allow connection to a custom namespace with a payload"(t) {
        const socket = await t.websocket_session();
        const custom = await join(socket, "/custom", { token: "abc" });
        assert.notEqual(custom, await join(socket));
    },

    async "should disallow connection to an unknown namespace"(t) {
        const socket = await t.websocket_session();
        socket.send("40/random");
        assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
        await join(socket);
    },

    async "should disallow connection with an invalid handshake"(t) {
        for (const packet of ["4abc", "40[]", '40"x"', "40null", "40{", fence, "44{}"]) {
            const socket = await t.websocket_session();
            t.step(`first packet ${packet}`);
            socket.send(packet);
            await socket.expect_close();
        }
    },

    async "should close the connection if no handshake is received"(t) {
        const begin = performance.now();
        const socket = await t.websocket_session();
        t.step("wait for the connect timeout");
        await socket.expect_close(6);
        const elapsed = performance.now() - begin;
        assert.ok(elapsed > 900, `closed after ${Math.round(elapsed)} ms`);

        const refused = await t.websocket_session();
        refused.send("40/random");
        assert.match(await refused.next(), /^44/);
        t.step("wait for the connect timeout after a refusal");
        await refused.expect_close(6);
    },
};

const disconnect = {
    async "should disconnect from the main namespace"(t) {
        const socket = await joined(t);
        socket.send("41");
        t.step("stay open after the disconnection");
        await socket.pings.take(2);
        const again = await join(socket);
        assert.notEqual(again, socket.id);
        await expect_alive(socket);
    },

    async "should connect then disconnect from a custom namespace"(t) {
        const socket = await joined(t);
        await join(socket, "/custom");
        socket.send('42/custom,["message",1]');
        assert.equal(await socket.next(), '42/custom,["message-back",1]');
        socket.send("41/custom");
        await expect_alive(socket);
        await join(socket, "/custom");
        socket.send("41/custom,");
        await expect_alive(socket);
    },
};

async function expect_each_closes(t, packets) {
    for (const packet of packets) {
        const socket = await joined(t);
        t.step(`packet ${JSON.stringify(packet).slice(0, 80)}`);
        socket.send(packet);
        await socket.expect_close();
    }
}

const message = {
    async "should send a plain-text packet"(t) {
        const socket = await joined(t);
        const args = '1,"2",{"3":[true,null,"é漢😀"]},-1.5e-7';
        socket.send(`42["message",${args}]`);
        const answer = await socket.next();
        assert.ok(answer.startsWith('42["message-back",'), answer);
        assert.deepEqual(JSON.parse(answer.slice(2)).slice(1), JSON.parse(`[${args}]`));
    },

    async "should send a packet with binary attachments"(t) {
        const socket = await joined(t);
        const [a, b] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
        const args = '{"_placeholder":true,"num":0},{"x":[{"_placeholder":true,"num":1}]}';
        socket.send(`452-["message",${args}]`, a, b);
        assert.deepEqual(await socket.take(3), [`452-["message-back",${args}]`, a, b]);
    },

    async "should send a plain-text packet with an ack"(t) {
        const socket = await joined(t);
        socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
        assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]');
        socket.send('420["message-with-ack"]');
        assert.equal(await socket.next(), "430[]");
    },

    async "should send a packet with binary attachments and an ack"(t) {
        const socket = await joined(t);
        const [a, b] = [Buffer.from([1, 2, 3]), Buffer.from([])];
        const args = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
        socket.send(`452-789["message-with-ack",${args}]`, a, b);
        assert.deepEqual(await socket.take(3), [`462-789[${args}]`, a, b]);
    },

    async "should close the connection upon invalid format (unknown packet type)"(t) {
        await expect_each_closes(t, ["4abc", "47", "48", "49", "4", "4é", '47["message"]']);
    },

    async "should close the connection upon invalid format (invalid payload format)"(t) {
        await expect_each_closes(t, [
            ...["{}", "[]", '"x"', "null", "[null]", "[{}]", "[[]]", "[true]"].map((p) => `42${p}`),
            ...['["message"', '["message"]x', '["message"],[]', '["message",]', "['message']"].map(
                (payload) => `42${payload}`,
            ),
            '42["message","\x1e"]',
        ]);
    },

    async "should close the connection upon invalid format (invalid ack id)"(t) {
        await expect_each_closes(
            t,
            ["abc", "-1", "1.5", "1e5", "1 2x"].map((id) => `42${id}["message-with-ack"]`),
        );
    },
};

export const socketio_cases = {
    "Engine.IO / handshake / HTTP long-polling": renamed(engine.handshake_polling),
    "Engine.IO / handshake / WebSocket": renamed(engine.handshake_websocket),
    "Engine.IO / heartbeat / HTTP long-polling": renamed(engine.heartbeat_polling),
    "Engine.IO / heartbeat / WebSocket": renamed(engine.heartbeat_websocket),
    "Engine.IO / close / HTTP long-polling": renamed(engine.close_polling),
    "Engine.IO / close / WebSocket": renamed(engine.close_websocket),
    "Engine.IO / upgrade": renamed(engine.upgrade),
    connect,
    disconnect,
    message,
};

const reserved = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];
const one = '["message",{"_placeholder":true,"num":0}]';
const with_num = (num) => `451-["message",{"_placeholder":true,"num":${num}}]`;

/// Packets, sent in one go, after which a joined connection must close.
const closing_rows = {
    S04: reserved.map((name) => [`42["${name}"]`]),
    S12: ["abc", "-1", "1.5", "1e5"].map((id) => [`42${id}["message-with-ack"]`]),
    S14: [["431{}"]],
    S18: [["40"], ['40{"a":1}'], ["40/,"]],
    S20: [["40/custom,[]"], ['40/custom,"x"'], ["40/custom,null"], ["44{}"], ["41[1]"]],
    S23: [['42/custom,["message"]'], ["43/custom,1[]"], ["41/custom,"], ['42/random,["x"]']],
    B01: [["450-[]"], ['450-["message"]'], ["460-1[]"], ['45-["message"]'], ['45["message"]']],
    B04: [["4511-[]"], ["451000000000-[]"], [`45${"9".repeat(400)}-[]`]],
    B05: [[`451-${one}`, fence], [`451-${one}`, "41"]],
    B08: [-1, 1, 7, '"0"', '"splice"', "null", "true", "{}", "1e99"].map((num) => [
        with_num(num),
        Buffer.from([1]),
    ]),
    B13: [['451-[{"_placeholder":true,"num":0}]', Buffer.from([1])]],
    B16: [[Buffer.from([1])], [Buffer.from([])]],
    J: [['42["message",01]'], ['42["message",NaN]'], ['42["message",+1]'], ['42["message",1.]']],
};

/// The same where Node lets the packet pass.
const closing_rows_of_ours = {
    S01: [["42"]],
    S07: ["\u00a0", "\ufeff", " ", "\t"].map((space) => [`42${space}["message",1]`]),
    S08: [['42 1 2["message-with-ack",1]']],
    S10: ["9007199254740992", "9007199254740993"].map((id) => [`42${id}["message-with-ack"]`]),
    S11: [[`42${"9".repeat(400)}["message-with-ack"]`]],
    S29: [[`40/${"x".repeat(50_000)}`]],
    S36: [[`42["${"x".repeat(90_000)}"]`]],
    B03: ["1e0", "0x1", " 1", "1.0", "01"].map((count) => [`45${count}-${one}`, Buffer.from([1])]),
    B09: [[with_num(0.5), Buffer.from([1])]],
    J: [[`42["message",${"[".repeat(2000)}${"]".repeat(2000)}]`]],
};

/// Packets that change nothing.
const ignored_rows = {
    S03: [["42[1,2]"]],
    S05: [['42["error"]'], ['42["__proto__",1]'], ['42["hasOwnProperty"]'], ['42["unheard"]']],
    S13: [["4399[1]"], ["430[]", "430[]"]],
    S14: [["43[1]"]],
};

/// A connection either closes, or answers the event that is sent behind the packets.
async function expect_closed(t, packets) {
    const socket = await joined(t);
    socket.send(...packets, fence);
    assert.deepEqual(await socket.outcome(), { closed: 1005 });
}

const rows_of = (table) =>
    Object.entries(table).flatMap(([row, inputs]) =>
        inputs.map((packets) => [`${row}: ${JSON.stringify(packets).slice(0, 70)}`, packets]),
    );

export const socketio_rows = {
    async "packets that close the connection"(t) {
        for (const [name, packets] of rows_of(closing_rows)) {
            t.step(name);
            await expect_closed(t, packets);
        }
    },

    async "packets that close the connection, where Node is lenient"(t) {
        for (const [name, packets] of rows_of(closing_rows_of_ours)) {
            t.step(name);
            await t.ours(name, () => expect_closed(t, packets));
        }
    },

    async "packets that change nothing"(t) {
        for (const [name, packets] of rows_of(ignored_rows)) {
            t.step(name);
            const socket = await joined(t);
            socket.send(...packets);
            await expect_alive(socket);
        }
    },

    async "S09, S10: ack ids in plain digits up to 2^53-1"(t) {
        const socket = await joined(t);
        for (const [id, answer] of [
            ["0", "0"],
            ["007", "7"],
            ["9007199254740991", "9007199254740991"],
        ]) {
            t.step(`ack id ${id}`);
            socket.send(`42${id}["message-with-ack",1]`);
            assert.equal(await socket.next(), `43${answer}[1]`);
        }
    },

    async "S21, S26: forms of CONNECT"(t) {
        const socket = await t.websocket_session();
        socket.send("40/,");
        assert.match(await socket.next(), /^40\{/);
        assert.equal(await socket.next(), '42["auth",{}]');
        socket.send('40/custom,12{"a":1}');
        assert.match(await socket.next(), /^40\/custom,\{/);
        assert.equal(await socket.next(), '42/custom,["auth",{"a":1}]');
    },

    async "S25, S27, S28: unknown namespaces are compared byte by byte"(t) {
        const socket = await joined(t);
        for (const name of ["/random", "/Custom", "/custom/", "/custom?a=b", "/€", "/%63ustom"]) {
            for (const comma of ["", ","]) {
                t.step(`namespace ${name}${comma}`);
                socket.send(`40${name}${comma}`);
                assert.equal(await socket.next(), `44${name},{"message":"Invalid namespace"}`);
            }
        }
        await expect_alive(socket);
    },

    async "S23: an event before the namespace is joined closes"(t) {
        for (const packets of [[fence], [Buffer.from([1])], ["41"], ["43[1]"]]) {
            const socket = await t.websocket_session();
            t.step(`first packet ${packets[0]}`);
            socket.send(...packets);
            await socket.expect_close();
        }
    },

    async "S35: a namespace can be joined and left again and again"(t) {
        const socket = await joined(t);
        for (const round of upto(100)) {
            t.step(`round ${round}`);
            await join(socket, "/custom");
            socket.send("41/custom,");
            await expect_alive(socket);
        }
    },

    async "S35: leaving and joining in one payload"(t) {
        const session = await polling_joined(t, "/custom");
        await session.post(["41/custom,", "40/custom,"].join(separator));
        await t.ours("a namespace that was left in the same payload can be joined", async () => {
            assert.match(await session.next(), /^40\/custom,\{"sid":/);
            assert.equal(await session.next(), '42/custom,["auth",{}]');
        });
    },

    async "S37: an event after the disconnection, in one payload, closes"(t) {
        const session = await polling_joined(t);
        await session.post(["41", fence].join(separator));
        await t.ours("an event behind a DISCONNECT closes", () => session.expect_closed());
    },

    async "S37: an event after the disconnection closes"(t) {
        const socket = await joined(t);
        socket.send("41");
        await t.round_trip();
        await socket.pings.take(1);
        socket.send(fence);
        await socket.expect_close();
    },

    async "B04, B10: ten attachments, one of them used twice"(t) {
        const socket = await joined(t);
        const data = upto(10).map((i) => Buffer.from([i, i]));
        const places = upto(10).map((num) => `{"_placeholder":true,"num":${num}}`);
        socket.send(`4510-["message",${places}]`, ...data);
        assert.deepEqual(await socket.take(11), [`4510-["message-back",${places}]`, ...data]);

        socket.send(`451-["message",${places[0]},${places[0]}]`, data[3]);
        const [header, first, second] = await socket.take(3);
        assert.equal(header, `452-["message-back",${places[0]},${places[1]}]`);
        assert.deepEqual([first, second], [data[3], data[3]]);
    },

    async "B06: heartbeats do not disturb a packet that waits for attachments"(t) {
        const socket = await joined(t);
        socket.send(`451-${one}`);
        t.step("wait for a ping between header and attachment");
        await socket.pings.take(1);
        socket.send("3", Buffer.from([7]));
        assert.deepEqual(await socket.take(2), [
            '451-["message-back",{"_placeholder":true,"num":0}]',
            Buffer.from([7]),
        ]);
    },

    async "B11, B12, B14: what is no placeholder is plain data"(t) {
        const socket = await joined(t);
        socket.send('451-["message","unused"]', Buffer.from([1]));
        assert.equal(await socket.next(), '42["message-back","unused"]');
        for (const args of [
            '{"_placeholder":true,"num":0}',
            '{"_placeholder":false,"num":0}',
            '{"_placeholder":1,"num":0}',
            '{"_placeholder":"true","num":0}',
        ]) {
            t.step(args);
            socket.send(`42["message",${args}]`);
            assert.equal(await socket.next(), `42["message-back",${args}]`);
        }
        socket.send('451-["message",{"_placeholder":true,"num":0,"extra":1}]', Buffer.from([9]));
        assert.deepEqual(await socket.take(2), [
            '451-["message-back",{"_placeholder":true,"num":0}]',
            Buffer.from([9]),
        ]);
    },

    async "B19: attachments in another POST than their header"(t) {
        const session = await polling_joined(t);
        await session.send(
            '452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        );
        await session.send("bAQID");
        await session.send("bBAUG");
        assert.deepEqual(await session.take(3), [
            '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            "bAQID",
            "bBAUG",
        ]);
    },

    async "B18: a packet that waits for attachments survives the upgrade"(t) {
        const session = await polling_joined(t);
        await session.send(`451-${one}`);
        const socket = await session.probe();
        socket.send("5", Buffer.from([1, 2, 3]));
        assert.deepEqual(await socket.take(2), [
            '451-["message-back",{"_placeholder":true,"num":0}]',
            Buffer.from([1, 2, 3]),
        ]);
    },

    async "P16: the first bad packet of a payload closes"(t) {
        const session = await polling_joined(t);
        await session.post([fence, "46", fence].join(separator));
        const answers = (await session.expect_closed()).filter((packet) => packet === fenced);
        assert.ok(answers.length <= 1, "nothing behind the bad packet counts");
    },

    async "acknowledgements and events keep their order under load"(t) {
        const socket = await joined(t);
        const expected = [];
        for (const i of upto(500)) {
            socket.send(`42["message",${i}]`, `42${i}["message-with-ack",${i}]`);
            expected.push(`42["message-back",${i}]`, `43${i}[${i}]`);
        }
        t.step("1000 answers");
        assert.deepEqual(await socket.take(1000), expected);
    },
};
