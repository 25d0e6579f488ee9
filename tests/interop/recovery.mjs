// SPDX-License-Identifier: BSL-1.0
// Connection state recovery as the stock client lives it. reference_recovery.mjs says what the server does.
//   node recovery.mjs --server "<command>" [--codec json|msgpack] [--away MS] [--reference]
// The command gets `--port N --codec C --away MS` appended. --away: for how long that server keeps a session.
// --reference: the server is npm's, which is known to fail some of this; then those are wanted to fail.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Manager } from "socket.io-client";
import msgpack_parser from "socket.io-msgpack-parser";
import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        codec: { type: "string", default: "json" },
        away: { type: "string", default: "2000" },
        reference: { type: "boolean", default: false },
    },
});
if (!options.server) {
    console.error('usage: recovery.mjs --server "<command>" [--codec json|msgpack] [--away MS] [--reference]');
    process.exit(2);
}

const patience = 10_000;
const away = Number(options.away);
let last_name = 0;
let server;

before(async () => {
    const extra = ["--codec", options.codec, "--away", options.away];
    server = await server_process.start(options.server, extra, patience);
});

after(async () => assert.equal(await server?.stop(patience), 0));

/// A stock client that reconnects when it is told to, and what it has seen.
class client {
    constructor(transport, { nsp = "/", auth = {}, manager } = {}) {
        this.manager =
            manager ??
            new Manager(server.url(), {
                reconnection: false,
                autoConnect: false,
                transports: [transport],
                ...(options.codec === "msgpack" && { parser: msgpack_parser }),
            });
        this.name = `client ${++last_name}`;
        this.socket = this.manager.socket(nsp, { auth: { name: this.name, ...auth } });
        this.log = [];
        this.offsets = [];
        this.socket.on("connect", () => this.log.push("connect"));
        this.socket.on("said", (...args) => {
            // The last argument is the offset, as for every listener of the stock client.
            this.offsets.push(args.at(-1));
            this.log.push(args[0]);
        });
    }

    async connect() {
        const connected = new Promise((resolve, reject) => {
            this.socket.once("connect", resolve);
            this.socket.once("connect_error", reject);
        });
        this.socket.connect();
        await within(patience, connected, () => `${this.name} does not connect`);
        this.socket.off("connect_error");
        return this;
    }

    ask(event, ...args) {
        return this.socket.timeout(patience).emitWithAck(event, ...args);
    }

    /// The connection ends as by a failure: without a word of Socket.IO. Resolves when the server knows.
    async lose_connection(witness) {
        const { id } = this.socket;
        this.manager.engine.close();
        for (const start = Date.now(); await witness.ask("is-here", id); await pause(5)) {
            assert(Date.now() - start < patience, "the server does not notice the end of the connection");
        }
    }

    /// Waits until the log has that many lines, and then for a line that must not come.
    async logged(...lines) {
        for (const start = Date.now(); this.log.length < lines.length && Date.now() - start < 2_000; ) {
            await pause(5);
        }
        await this.ask("state");
        assert.deepEqual(this.log, lines);
        this.log = [];
    }

    get private_id() {
        return this.socket._pid;
    }

    get offset() {
        return this.socket._lastOffset;
    }

    close() {
        this.manager._close();
    }
}

const failures_of_npm = { known_to_fail_at_npm: true };

function scenario(name, body, { known_to_fail_at_npm = false } = {}) {
    for (const transport of ["websocket", "polling"]) {
        test(`${transport}: ${name}`, { timeout: 60_000 }, async () => {
            const clients = [];
            const make = async (more) => {
                clients.push(new client(transport, more));
                return clients.at(-1).connect();
            };
            const run = async () => {
                const ada = await make();
                const bob = await make();
                await body(ada, bob, make);
            };
            try {
                if (options.reference && known_to_fail_at_npm) {
                    await assert.rejects(run, assert.AssertionError);
                } else {
                    await run();
                }
            } finally {
                clients.forEach((one) => one.close());
            }
        });
    }
}

scenario("what was missed comes in order, before the connect event (CSR-1, CSR-3)", async (ada, bob) => {
    const { id } = ada.socket;
    await bob.ask("say", {}, "one");
    await ada.logged("connect", "one");
    assert.equal(ada.socket.recovered, false);
    assert.equal(typeof ada.private_id, "string");
    await ada.lose_connection(bob);
    await bob.ask("say", {}, "two");
    await bob.ask("say", {}, "three");
    await ada.connect();
    assert.equal(ada.socket.recovered, true);
    assert.equal(ada.socket.id, id);
    await bob.ask("say", {}, "four");
    await ada.logged("two", "three", "connect", "four");
    assert.equal((await ada.ask("state")).recovered, true);
    assert.equal((await bob.ask("state")).recovered, false);
    assert.equal(new Set(ada.offsets).size, 4);
    assert.deepEqual(bob.offsets, ada.offsets);
});

scenario("nothing missed", async (ada, bob) => {
    const { id } = ada.socket;
    await bob.ask("say", {}, "one");
    await ada.logged("connect", "one");
    await ada.lose_connection(bob);
    await ada.connect();
    assert.equal(ada.socket.recovered, true);
    assert.equal(ada.socket.id, id);
    await ada.logged("connect");
});

scenario("rooms and data come back, and decide what was missed (CSR-7, CSR-12)", async (ada, bob) => {
    const { id } = ada.socket;
    await ada.ask("join", "red");
    await ada.ask("join", "green");
    await ada.ask("join", "brown");
    await ada.ask("leave", "brown");
    await ada.ask("set", "her data");
    await bob.ask("say", {}, "seen");
    await ada.logged("connect", "seen");
    await ada.lose_connection(bob);
    await bob.ask("say", { rooms: ["red"] }, "1");
    await bob.ask("say", { rooms: ["brown"] }, "x");
    await bob.ask("say", { rooms: ["brown", "green", "red"] }, "2");
    await bob.ask("say", { rooms: ["red"], except: ["green"] }, "x");
    await bob.ask("say", { except: ["brown"] }, "3");
    await bob.ask("say", { rooms: [id] }, "4");
    await bob.ask("say", { except: [id] }, "x");
    await bob.ask("others", "5");
    await bob.ask("direct", bob.socket.id, "x");
    await ada.connect();
    await ada.logged("1", "2", "3", "4", "5", "connect");
    const state = await ada.ask("state");
    assert.deepEqual(state.rooms, [id, "green", "red"].sort());
    assert.equal(state.data, "her data");
    await bob.ask("say", { rooms: ["green"] }, "6");
    await ada.logged("6");
});

scenario("middlewares are skipped, connection handlers run", async (ada, bob) => {
    await bob.ask("say", {}, "one");
    await ada.logged("connect", "one");
    await ada.lose_connection(bob);
    await ada.connect();
    const { runs, connections } = await ada.ask("state");
    assert.deepEqual({ runs, connections }, { runs: 1, connections: 2 });
});

scenario("events of the socket itself and with attachments (CSR-2)", async (ada, bob) => {
    const received = [];
    ada.socket.on("said", (...args) => received.push(args.slice(0, -1)));
    await bob.ask("direct", ada.socket.id, "one", Buffer.from([1, 2]), 3);
    await ada.logged("connect", "one");
    await ada.lose_connection(bob);
    await bob.ask("say", {}, "two", { nested: [Buffer.from([4, 5])] }, "text");
    await ada.connect();
    await ada.logged("two", "connect");
    const plain = JSON.stringify(received, (_, value) => (ArrayBuffer.isView(value) ? [...value] : value));
    const as_arrays = JSON.parse(plain, (_, value) => (value?.type === "Buffer" ? value.data : value));
    assert.deepEqual(as_arrays, [
        ["one", [1, 2], 3],
        ["two", { nested: [[4, 5]] }, "text"],
    ]);
});

scenario("again and again, also with nothing in between", async (ada, bob) => {
    const { id } = ada.socket;
    await bob.ask("say", {}, "first");
    await ada.logged("connect", "first");
    for (let i = 0; i < 4; ++i) {
        await ada.lose_connection(bob);
        if (i % 2) {
            await bob.ask("say", {}, `missed ${i}`);
        }
        await ada.connect();
        assert.equal(ada.socket.recovered, true);
        assert.equal(ada.socket.id, id);
        await ada.logged(...(i % 2 ? [`missed ${i}`] : []), "connect");
    }
});

scenario("much was missed", async (ada, bob) => {
    await bob.ask("say", {}, "first");
    await ada.logged("connect", "first");
    await ada.lose_connection(bob);
    const names = Array.from({ length: 500 }, (_, i) => `missed ${i}`);
    await Promise.all(names.map((name) => bob.ask("say", {}, name)));
    await ada.connect();
    await ada.logged(...names, "connect");
});

scenario("two namespaces of one connection", async (ada, bob, make) => {
    const other = await make({ nsp: "/other", manager: ada.manager });
    const speaker = await make({ nsp: "/other" });
    await bob.ask("say", {}, "one");
    await speaker.ask("say", {}, "uno");
    await ada.logged("connect", "one");
    await other.logged("connect", "uno");
    await ada.lose_connection(bob);
    await bob.ask("say", {}, "two");
    await speaker.ask("say", {}, "dos");
    await Promise.all([ada.connect(), other.connect()]);
    assert.deepEqual([ada.socket.recovered, other.socket.recovered], [true, true]);
    await ada.logged("two", "connect");
    await other.logged("dos", "connect");
});

scenario("no offset with volatile events and with acknowledgements (CSR-2)", async (ada, bob) => {
    const asked = [];
    ada.socket.on("asked", (...args) => asked.push(args));
    await bob.ask("say", {}, "one", 1);
    await ada.logged("connect", "one");
    const { offset } = ada;
    assert.equal(typeof offset, "string");
    // It is dropped while no poll waits for it, so it is said until it is heard.
    for (const start = Date.now(); !ada.log.length && Date.now() - start < patience; await pause(5)) {
        await bob.ask("volatile", "volatile", 2);
    }
    await ada.ask("ask", 3);
    assert.deepEqual(new Set(ada.log), new Set(["volatile"]));
    ada.log = [];
    assert.equal(ada.offsets.at(-1), 2);
    assert.equal(asked.length, 1);
    assert.deepEqual([asked[0][0], asked[0].length], [3, 2]); // and the acknowledgement
    assert.equal(ada.offset, offset);
    await ada.lose_connection(bob);
    await bob.ask("volatile", "lost", 4);
    await ada.connect();
    assert.equal(ada.socket.recovered, true);
    await ada.logged("connect");
});

scenario("too long away (CSR-6)", async (ada, bob) => {
    const { id } = ada.socket;
    const old = ada.private_id;
    await ada.ask("join", "red");
    await ada.ask("set", "her data");
    await bob.ask("say", {}, "one");
    await ada.logged("connect", "one");
    await ada.lose_connection(bob);
    await bob.ask("say", {}, "two");
    await pause(away + 500);
    await ada.connect();
    assert.equal(ada.socket.recovered, false);
    assert.notEqual(ada.socket.id, id);
    assert.notEqual(ada.private_id, old);
    await ada.logged("connect");
    const state = await ada.ask("state");
    assert.deepEqual(state.rooms, [ada.socket.id]);
    assert.equal(state.data, null);
    assert.equal(state.runs, 2);
});

scenario("who leaves a namespace or is thrown out begins anew (CSR-9)", async (ada, bob) => {
    const begins_anew = async () => {
        const { id } = ada.socket;
        await bob.ask("say", {}, "one");
        await ada.logged("connect", "one");
        return async () => {
            await ada.connect();
            assert(!ada.socket.recovered);
            assert.notEqual(ada.socket.id, id);
        };
    };
    let check = await begins_anew();
    ada.socket.disconnect();
    await check();
    check = await begins_anew();
    const out = new Promise((resolve) => ada.socket.once("disconnect", resolve));
    await bob.ask("kick", ada.socket.id);
    assert.equal(await within(patience, out, () => "not thrown out"), "io server disconnect");
    await check();
});

scenario("what nobody has given is no error (CSR-6)", async (ada, bob, make) => {
    await bob.ask("say", {}, "one");
    await ada.logged("connect", "one");
    const pid = ada.private_id;
    const { offset } = ada;
    await ada.lose_connection(bob);
    for (const auth of [
        { pid: "nobody", offset },
        { pid: pid.slice(0, -1), offset },
        { pid: pid + "0", offset },
        { pid: "", offset: "" },
        { pid: 1, offset: 2 },
        { pid: { a: 1 }, offset: [offset] },
        { pid: "x".repeat(50_000), offset },
        { offset },
        { pid, offset: "nothing" }, // last: it costs the session
    ]) {
        const other = await make({ auth });
        assert.notEqual(other.private_id, pid);
        assert.equal((await other.ask("state")).recovered, false);
        await other.logged("connect");
    }
});

scenario(
    "a session is used once (CSR-8)",
    async (ada, bob, make) => {
        await bob.ask("say", {}, "one");
        await ada.logged("connect", "one");
        const { private_id: pid, offset } = ada;
        await ada.lose_connection(bob);
        await ada.connect();
        assert.equal(ada.socket.recovered, true);
        const thief = await make({ auth: { pid, offset } });
        assert.notEqual(thief.socket.id, ada.socket.id);
        assert.notEqual(thief.private_id, pid);
        assert.equal((await thief.ask("state")).recovered, false);
    },
    failures_of_npm,
);

scenario(
    "before the first event, too (CSR-5)",
    async (ada, bob) => {
        const { id } = ada.socket;
        await ada.lose_connection(bob);
        await bob.ask("say", {}, "one");
        await ada.connect();
        assert.equal(ada.socket.recovered, true);
        assert.equal(ada.socket.id, id);
        await ada.logged("connect", "one", "connect");
    },
    failures_of_npm,
);

scenario(
    "an offset of the session before does not repeat what came before this one",
    async (ada, bob) => {
        await bob.ask("say", {}, "one");
        await ada.logged("connect", "one");
        ada.socket.disconnect();
        await bob.ask("say", {}, "while there was no session");
        await ada.connect();
        await ada.logged("connect");
        await ada.lose_connection(bob);
        await bob.ask("say", {}, "two");
        await ada.connect();
        assert.equal(ada.socket.recovered, true);
        await ada.logged("two", "connect");
    },
    failures_of_npm,
);
