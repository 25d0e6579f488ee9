// SPDX-License-Identifier: BSL-1.0
// Stock clients of Socket.IO 1 and 2 against a server that keeps CONTRACT.md and takes them (`allow_eio3`), beside a
// client of today.
import assert from "node:assert/strict";
import { io as io_today } from "socket.io-client";
import { define, recorder, scenario } from "./support.mjs";
import { binary_values, plain_values, with_buffers } from "./values.mjs";

const upto = (count) => Array.from({ length: count }, (_, i) => i);
const sorted = (values) => [...values].sort();

/// A stock client socket whose events are kept from the first on.
class peer {
    #events = new Map();

    constructor(current, socket) {
        this.current = current;
        this.socket = socket;
        for (const event of ["connect", "error", "disconnect", "hello", "echo", "asked", "knock"]) {
            socket.on(event, (...args) => this.received(event).push(args));
        }
    }

    get id() {
        return this.socket.id;
    }

    get engine() {
        return this.socket.io.engine;
    }

    received(event) {
        if (!this.#events.has(event)) {
            this.#events.set(event, new recorder());
        }
        return this.#events.get(event);
    }

    next(event) {
        this.current.step(`wait for '${event}'`);
        return this.received(event).next();
    }

    emit(event, ...args) {
        this.socket.emit(event, ...args);
    }

    call(event, ...args) {
        this.current.step(`wait for the acknowledgement of '${event}'`);
        return new Promise((resolve) =>
            this.socket.emit(event, ...args, (...values) => resolve(values)),
        );
    }

    /// When this returns, everything the server sent to this client before has arrived.
    async fence() {
        await this.call("ack", "fence");
    }
}

class legacy_scenario extends scenario {
    constructor(server, setting) {
        super(server);
        this.setting = setting;
    }

    #options(more) {
        const { transport } = this.setting;
        return {
            transports: transport === "upgrade" ? ["polling", "websocket"] : [transport],
            forceNew: true,
            reconnection: false,
            ...this.server.trust,
            ...more,
        };
    }

    /// A client of old that was told to connect.
    open(nsp = "/", more = {}) {
        const socket = this.setting.client(this.server.url() + nsp, this.#options(more));
        this.cleanup(() => socket.io.close());
        return new peer(this, socket);
    }

    /// One that is connected and, where that is the subject, upgraded.
    async connect(nsp, more) {
        const opened = this.open(nsp, more);
        await opened.next("connect");
        if (this.setting.transport === "upgrade" && opened.engine.transport.name !== "websocket") {
            this.step("wait for the upgrade");
            await new Promise((resolve) => opened.engine.once("upgrade", resolve));
        }
        return opened;
    }

    /// A client of today.
    async connect_today(nsp = "/") {
        const socket = io_today(this.server.url() + nsp, {
            forceNew: true,
            reconnection: false,
            ...this.server.trust,
        });
        this.cleanup(() => socket.disconnect());
        const opened = new peer(this, socket);
        await opened.next("connect");
        return opened;
    }
}

const tests = {
    async "V3-7 connects without a CONNECT, and knows its id"(t) {
        const a = await t.connect();
        const b = await t.connect();
        assert.equal(a.id, a.engine.id);
        assert.notEqual(a.id, b.id);
        assert.deepEqual(await a.next("hello"), [a.id, "/"]);
        assert.deepEqual(await b.next("hello"), [b.id, "/"]);
        const expected = t.setting.transport === "polling" ? "polling" : "websocket";
        assert.equal(a.engine.transport.name, expected);
    },

    async "V3-1 echoes and acknowledges arguments of every plain kind"(t) {
        const a = await t.connect();
        for (const [kind, args] of Object.entries(plain_values.json)) {
            a.emit("echo", ...args);
            t.step(`echo of ${kind}`);
            assert.deepEqual(await a.received("echo").next(), args);
            assert.deepEqual(await a.call("ack", ...args), args);
        }
    },

    async "V3-2 V3-3 echoes and acknowledges binaries at every depth"(t) {
        const a = await t.connect();
        for (const [kind, args] of Object.entries(binary_values)) {
            if (kind === "a typed array") {
                continue; // these clients send such a view as an object
            }
            const expected = with_buffers(args);
            a.emit("echo", ...args);
            t.step(`echo of ${kind}`);
            assert.deepEqual(with_buffers(await a.received("echo").next()), expected);
            assert.deepEqual(with_buffers(await a.call("ack", ...args)), expected);
        }
    },

    async "V3-4 gets binaries as base64 if it asks for that"(t) {
        const a = await t.connect("/", { forceBase64: true });
        for (const first of upto(16)) {
            const bytes = Buffer.from([first, 1, 2, 0xff].slice(0, 1 + (first % 4)));
            assert.deepEqual(with_buffers(await a.call("ack", bytes)), [bytes]);
        }
    },

    async "V3-2 keeps the order of many events of both kinds"(t) {
        const a = await t.connect();
        for (const i of upto(300)) {
            a.emit("echo", i, i % 7 === 0 ? Buffer.from([i & 255]) : "text");
        }
        t.step("echo of 300 events");
        for (const [i, [number, extra]] of (await a.received("echo").take(300)).entries()) {
            assert.equal(number, i);
            assert.deepEqual(with_buffers(extra), i % 7 === 0 ? Buffer.from([i & 255]) : "text");
        }
    },

    async "V3-6 lives by its own pings"(t) {
        const a = await t.connect();
        t.step("wait for 4 pongs");
        const pongs = new recorder();
        a.socket.on("pong", () => pongs.push("pong"));
        a.engine.on("pong", () => pongs.push("pong"));
        await pongs.take(4);
        await a.fence();
    },

    async "answers what the server asks"(t) {
        const a = await t.connect();
        a.socket.on("question", (...args) => args.pop()("answer", ...args.reverse()));
        a.emit("ask", 5000, 1, { two: 2 }, "three");
        assert.deepEqual(await a.next("asked"), [a.id, "ok", ["answer", "three", { two: 2 }, 1]]);
        a.emit("ask", 5000, Buffer.from([1, 2]));
        assert.deepEqual(with_buffers(await a.next("asked")), [
            a.id,
            "ok",
            ["answer", Buffer.from([1, 2])],
        ]);
    },

    async "V3-7 joins a namespace, whose query is its auth"(t) {
        const a = await t.connect("/custom?user=m%20e&level=3");
        assert.deepEqual(await a.next("hello"), [`/custom#${a.engine.id}`, "/custom"]);
        if (t.setting.version !== "1.7.4") {
            assert.equal(a.id, `/custom#${a.engine.id}`);
        }
        const [{ auth, query }] = await a.call("handshake");
        assert.equal(auth.user, "m e");
        assert.equal(auth.level, "3");
        assert.notEqual(query.EIO, "4");
        a.emit("echo", "here");
        assert.deepEqual(await a.next("echo"), ["here"]);
    },

    async "V3-8 is told as a text or as data why it may not come in"(t) {
        const unknown = t.open("/unknown");
        // npm's server of today says it in an object, that of version 2 said it as a text.
        const [error] = await unknown.next("error");
        assert.equal(error.message ?? error, "Invalid namespace");
        const guest = t.open("/auth?token=wrong");
        assert.deepEqual(await guest.next("error"), [
            { code: "E_TOKEN", expected: ["secret"], retry: false },
        ]);
        const member = await t.connect("/auth?token=secret");
        assert.equal((await member.next("hello"))[1], "/auth");
    },

    async "V3-9 talks with clients of today"(t) {
        const old_client = await t.connect();
        const new_client = await t.connect_today();
        const room = `both ${old_client.id}`;
        await old_client.call("join", room);
        assert.deepEqual(
            sorted((await new_client.call("join", room))[0]),
            sorted([new_client.id, room]),
        );
        const bytes = Buffer.from([4, 0, 255]);
        await old_client.call("relay", { sender: true, to: [room] }, "knock", "from old", bytes);
        await new_client.call("relay", { sender: true, to: [room] }, "knock", "from new", bytes);
        for (const each of [old_client, new_client]) {
            assert.deepEqual(with_buffers(await each.next("knock")), ["from old", bytes]);
            assert.deepEqual(with_buffers(await each.next("knock")), ["from new", bytes]);
        }
    },

    async "is left, and leaves"(t) {
        const left = await t.connect("/custom");
        left.emit("kick", false);
        assert.deepEqual((await left.next("disconnect"))[0], "io server disconnect");
        const a = await t.connect("/custom");
        a.socket.disconnect();
        assert.deepEqual((await a.next("disconnect"))[0], "io client disconnect");
        const b = await t.connect();
        b.emit("kick", true);
        assert.match((await b.next("disconnect"))[0], /^(io server disconnect|transport close)$/);
    },

    async "carries a large message"(t) {
        const a = await t.connect();
        const [text, bytes] = ["x".repeat(300_000), Buffer.alloc(200_000, "cosio")];
        const [text_back] = await a.call("ack", text);
        assert.ok(text_back === text);
        const [bytes_back] = await a.call("ack", bytes);
        assert.ok(bytes.equals(with_buffers(bytes_back)));
    },
};

export function define_legacy_tests(server, setting, deadline_ms) {
    const label = `${setting.version}, ${setting.transport}`;
    for (const [name, body] of Object.entries(tests)) {
        define(name, { label, make: () => new legacy_scenario(server(), setting), deadline_ms }, body);
    }
}
