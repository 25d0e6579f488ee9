// SPDX-License-Identifier: BSL-1.0
// Stock Engine.IO clients against a bare echo server: ping interval 300 ms, ping timeout 200 ms,
// max payload 1e6 bytes, at /engine.io/.
import assert from "node:assert/strict";
import { Socket } from "engine.io-client";
import { define, proxy, recorder, scenario } from "./support.mjs";

const upto = (count) => Array.from({ length: count }, (_, i) => i);

class engine_scenario extends scenario {
    constructor(server, { client, transport, legacy }) {
        super(server);
        this.client = client;
        this.transport = transport;
        this.legacy = legacy ?? false;
    }

    /// An open connection: `socket`, what it `received`, its heartbeats, and how it `ended`. An end
    /// that no test asks for is a failure.
    async connect(port = this.server.port) {
        const transports =
            this.transport === "upgrade" ? ["polling", "websocket"] : [this.transport];
        const socket = new this.client(`http://127.0.0.1:${port}`, { transports });
        const received = new recorder();
        const beats = new recorder();
        socket.on("message", (data) => received.push(data));
        socket.on("ping", () => beats.push("ping"));
        const closed = new Promise((resolve) => socket.once("close", resolve));
        let expected = false;
        closed.then((reason) => {
            if (!expected) {
                this.abort(`closed: ${reason}`);
            }
        });
        const ended = () => {
            expected = true;
            return closed;
        };
        this.cleanup(() => {
            expected = true;
            socket.close();
        });
        this.step("open");
        await new Promise((resolve, reject) => {
            socket.once("open", resolve);
            socket.once("error", reject);
        });
        assert.equal(socket.transport.name, transports[0]);
        return { socket, received, beats, ended, id: socket.id };
    }

    /// An open connection that has finished its upgrade, where that is the subject.
    async settled(port) {
        const connected = await this.connect(port);
        const { socket, received } = connected;
        if (this.transport === "upgrade") {
            this.step("upgrade");
            if (socket.transport.name === "polling") {
                await new Promise((resolve) => socket.once("upgrade", resolve));
            }
            socket.send("upgraded");
            assert.equal(await received.next(), "upgraded");
            assert.equal(socket.transport.name, "websocket");
        }
        return connected;
    }

    /// Returns when the server no longer knows the session. `keeps_alive`: it is asked by an unasked pong (by a
    /// ping, where clients ping), so that a session that was not closed does not end by its ping timeout either.
    async forgotten(id, keeps_alive = true) {
        const [revision, heartbeat, noop] = this.legacy ? [3, "1:2", "1:6"] : [4, "3", "6"];
        const url = `http://127.0.0.1:${this.server.port}/engine.io/?EIO=${revision}&transport=polling`;
        const body = keeps_alive ? heartbeat : noop;
        this.step("wait for the server to forget the session");
        while (!this.over) {
            const reply = await fetch(`${url}&sid=${id}`, { method: "POST", body });
            const text = await reply.text();
            if (reply.status === 400 && JSON.parse(text).code === 1) {
                assert.deepEqual(JSON.parse(text), { code: 1, message: "Session ID unknown" });
                return;
            }
        }
    }
}

const texts = ["hello", "", "é漢😀\u2028", '"\\\u0000\n', "b64", "6", "4", "x".repeat(70_000)];
const binaries = [[], [0], [4, 1], [0xff, 0xfe], upto(256), upto(70_000)].map((list) =>
    Buffer.from(list.map((i) => i & 255)),
);

const tests = {
    async "echoes text and binary"(t) {
        const { socket, received } = await t.settled();
        for (const data of [...texts, ...binaries]) {
            socket.send(data);
            t.step(`echo of ${data.length} ${typeof data === "string" ? "characters" : "bytes"}`);
            // The stock client reports an empty text message without data.
            assert.deepEqual((await received.next()) ?? "", data);
        }
    },

    async "keeps 1000 messages of both kinds in order"(t) {
        const { socket, received } = await t.connect();
        const message = (i) => (i % 5 === 0 ? Buffer.from([i & 255, i >> 8]) : `text ${i}`);
        t.step("echo of 1000 messages, 200 in flight");
        for (const i of upto(1000)) {
            socket.send(message(i));
            await received.until(() => i - received.all.length < 200);
        }
        assert.deepEqual(await received.take(1000), upto(1000).map(message));
    },

    async "carries messages up to the limit"(t) {
        const { socket, received } = await t.settled();
        // In the third revision a packet's length goes with it over polling, and a ping may have to; in Node its
        // clients poll in base64.
        const framed = t.legacy && t.transport === "polling";
        const text = "x".repeat(framed ? 990_000 : 999_999);
        socket.send(text);
        t.step("echo of a text packet of exactly the limit");
        assert.ok((await received.next()) === text);
        const sizes = t.legacy
            ? { polling: 740_000, websocket: 999_999 }
            : { polling: 749_997, websocket: 1_000_000 };
        const size = sizes[t.transport] ?? sizes.websocket;
        const data = Buffer.alloc(size, "limit");
        socket.send(data);
        t.step("echo of the largest binary");
        assert.ok(data.equals(await received.next()));
    },

    async "stays open as long as heartbeats are answered"(t) {
        const { socket, received, beats } = await t.settled();
        t.step("wait for 4 heartbeats");
        await beats.take(4);
        socket.send("still here");
        assert.equal(await received.next(), "still here");
    },

    async "ends when the client closes"(t) {
        const { socket, ended, id } = await t.settled();
        const end = ended();
        socket.send("last words");
        socket.close();
        t.step("close");
        assert.equal(await end, "forced close");
        await t.forgotten(id);
    },

    async "ends when the client breaks the protocol"(t) {
        const { socket, ended, id } = await t.settled();
        const end = ended();
        socket.transport.send([{ type: t.legacy ? "pong" : "ping" }]);
        t.step("wait for the close by the server");
        assert.match(await end, /^transport (close|error)$/);
        await t.forgotten(id);
    },

    async "ends when the client no longer answers heartbeats"(t) {
        const { socket, ended, beats, id } = await t.settled();
        const end = ended();
        const send = socket.transport.send;
        const heartbeat = t.legacy ? "ping" : "pong";
        socket.transport.send = (packets) =>
            send.call(
                socket.transport,
                packets.filter(({ type }) => type !== heartbeat),
            );
        t.step("wait for the close by the server");
        // Who pings, notices by itself.
        assert.match(await end, t.legacy ? /^ping timeout$|^transport / : /^transport (close|error)$/);
        assert.ok(t.legacy || beats.all.length >= 1);
        await t.forgotten(id, false);
    },

    async "is noticed by the client when it goes silent"(t) {
        const relay = await proxy.start(t.server.port);
        t.cleanup(() => relay.stop());
        const { ended, id } = await t.settled(relay.port);
        const end = ended();
        relay.freeze();
        t.step("wait for the client's ping timeout");
        assert.equal(await end, "ping timeout");
        await t.forgotten(id, false);
    },
};

/// Connects over both transports and returns the promises that the clients notice the server's end.
export async function last_engine_clients(server) {
    const sockets = ["polling", "websocket"].map(
        (name) => new Socket(`http://127.0.0.1:${server.port}`, { transports: [name] }),
    );
    await Promise.all(
        sockets.map((socket) => new Promise((resolve) => socket.once("open", resolve))),
    );
    return sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
}

export function define_engine_tests(server, setting, deadline_ms) {
    for (const [name, body] of Object.entries(tests)) {
        const make = () => new engine_scenario(server(), setting);
        // With a ping timeout of 200 ms a busy machine can end a session that nobody meant to end.
        const label = `engine.io-client ${setting.version}, ${setting.transport}`;
        define(name, { label, make, deadline_ms, attempts: 5 }, body);
    }
}
