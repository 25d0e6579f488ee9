// SPDX-License-Identifier: BSL-1.0
// Stock Socket.IO clients against a server that keeps CONTRACT.md.
import assert from "node:assert/strict";
import { define, proxy, recorder, scenario } from "./support.mjs";
import { binary_values, plain_values, with_buffers } from "./values.mjs";

const allowed_bytes = 1_000_000;

/// A stock client socket whose events are kept from the first on.
class peer {
    #events = new Map();

    constructor(current, socket) {
        this.current = current;
        this.socket = socket;
        socket.onAny((event, ...args) => this.received(event).push(args));
        for (const event of ["connect", "connect_error", "disconnect"]) {
            socket.on(event, (...args) => this.received(event).push(args));
        }
        socket.on("disconnect", (reason) => current.note(`a client got '${reason}'`));
    }

    get id() {
        return this.socket.id;
    }

    get engine() {
        return this.socket.io.engine;
    }

    get transport() {
        return this.engine.transport.name;
    }

    received(event) {
        if (!this.#events.has(event)) {
            this.#events.set(event, new recorder());
        }
        return this.#events.get(event);
    }

    /// The arguments of the next event of that name which the test has not looked at.
    next(event) {
        this.current.step(`wait for '${event}'`);
        return this.received(event).next();
    }

    emit(event, ...args) {
        this.socket.emit(event, ...args);
    }

    /// Emits and returns the values of the acknowledgement.
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

    /// Returns when both sides use the WebSocket.
    async upgraded() {
        this.current.step("wait for the upgrade");
        if (this.transport !== "websocket") {
            await new Promise((resolve) => this.engine.once("upgrade", resolve));
        }
        await this.fence();
        assert.equal(this.transport, "websocket");
    }
}

/// One test against one client, transport and codec.
class client_scenario extends scenario {
    constructor(server, setting) {
        super(server);
        this.setting = setting;
        this.port = server.port;
    }

    get secure() {
        return this.server.ca !== undefined;
    }

    options(more = {}) {
        const { transport, parser, deflate } = this.setting;
        return {
            transports: transport === "upgrade" ? ["polling", "websocket"] : [transport],
            reconnection: false,
            ...(parser ? { parser } : {}),
            ...this.server.trust,
            ...(deflate ? { perMessageDeflate: { threshold: 0 } } : {}),
            ...more,
        };
    }

    /// A client that was told to connect.
    open(nsp = "/", more = {}, port = this.port) {
        const url = this.server.url(port) + nsp;
        const socket = this.setting.client.io(url, this.options({ forceNew: true, ...more }));
        this.cleanup(() => {
            socket.disconnect();
            socket.io.engine?.close();
        });
        return new peer(this, socket);
    }

    /// A client that is connected.
    async connect(nsp, more, port) {
        const opened = this.open(nsp, more, port);
        this.step(`connect to ${nsp ?? "/"}`);
        const refused = opened
            .received("connect_error")
            .next()
            .then(([error]) => {
                throw error;
            });
        refused.catch(() => {});
        await Promise.race([opened.received("connect").next(), refused]);
        return opened;
    }

    /// A client that is connected and, where that is the subject, upgraded.
    async settled(nsp, more, port) {
        const connected = await this.connect(nsp, more, port);
        if (this.setting.transport === "upgrade") {
            await connected.upgraded();
        }
        return connected;
    }

    async observer(nsp) {
        const observer = await this.connect(nsp);
        await observer.call("join", "observers");
        return observer;
    }

    /// The reason that the server reports for the end of `id`.
    async gone(observer, id) {
        for (;;) {
            const [who, reason, rooms] = await observer.next("gone");
            if (who === id) {
                return { reason, rooms };
            }
        }
    }

    async proxied() {
        const relay = await proxy.start(this.port);
        this.cleanup(() => relay.stop());
        return relay;
    }
}

const sorted = (values) => [...values].sort();
const ids = (peers) => peers.map((each) => each.id);
const upto = (count) => Array.from({ length: count }, (_, i) => i);
const next_turn = () => new Promise((resolve) => setImmediate(resolve));

const needs_pending_poll = "notices that the network cut a connection";

const tests = {
    async "connects, is welcomed, and knows its id"(t) {
        const a = await t.connect();
        const b = await t.connect();
        assert.match(a.id, /^\S{16,}$/);
        assert.notEqual(a.id, b.id);
        assert.deepEqual(await a.next("hello"), [a.id, "/"]);
        assert.deepEqual(await b.next("hello"), [b.id, "/"]);
        assert.notEqual(a.id, a.engine.id, "the socket id must not be the secret engine id");
        if (t.setting.transport === "upgrade") {
            await a.upgraded();
        }
        const expected = t.setting.transport === "upgrade" ? "websocket" : t.setting.transport;
        assert.equal(a.transport, expected);
    },

    async "agrees on compression if both sides want it"(t) {
        const a = await t.settled();
        if (a.transport === "websocket") {
            const { extensions, _extensions, _socket } = a.engine.transport.ws;
            const agreed = {
                messages: { server_no_context_takeover: true, client_no_context_takeover: true },
                context: {},
            }[t.setting.deflate];
            assert.equal(extensions, agreed ? "permessage-deflate" : "");
            assert.deepEqual({ ..._extensions["permessage-deflate"]?.params }, { ...agreed });
            const text = "compressible ".repeat(10_000);
            const [read, written] = [_socket.bytesRead, _socket.bytesWritten];
            assert.deepEqual(await a.call("ack", text), [text]);
            for (const bytes of [_socket.bytesRead - read, _socket.bytesWritten - written]) {
                assert.equal(bytes < text.length / 20, t.setting.deflate !== undefined, bytes);
            }
        }
    },

    async "echoes arguments of every plain kind"(t) {
        const a = await t.connect();
        for (const [kind, args] of Object.entries(plain_values[t.setting.codec])) {
            a.emit("echo", ...args);
            t.step(`echo of ${kind}`);
            assert.deepEqual(await a.received("echo").next(), args);
        }
    },

    async "acknowledges with arguments of every plain kind"(t) {
        const a = await t.connect();
        for (const [kind, args] of Object.entries(plain_values[t.setting.codec])) {
            const answer = a.call("ack", ...args);
            t.step(`acknowledgement with ${kind}`);
            assert.deepEqual(await answer, args);
        }
    },

    async "echoes and acknowledges binaries at every depth"(t) {
        const a = await t.connect();
        for (const [kind, args] of Object.entries(binary_values)) {
            const expected = with_buffers(args);
            a.emit("echo", ...args);
            t.step(`echo of ${kind}`);
            assert.deepEqual(with_buffers(await a.received("echo").next()), expected);
            const answer = a.call("ack", ...args);
            t.step(`acknowledgement with ${kind}`);
            assert.deepEqual(with_buffers(await answer), expected);
        }
    },

    async "keeps a binary whole whatever its first byte"(t) {
        const a = await t.settled();
        for (const first of upto(256)) {
            a.emit("echo", Buffer.from([first, 1, 2]));
        }
        t.step("echo of 256 binaries");
        for (const [first, [data]] of (await a.received("echo").take(256)).entries()) {
            assert.deepEqual(with_buffers(data), Buffer.from([first, 1, 2]));
        }
    },

    async "survives a lone surrogate"(t) {
        if (t.setting.codec === "msgpack") {
            return;
        }
        const a = await t.connect();
        const [text] = await a.call("ack", "<\ud800>");
        assert.ok(["<\ud800>", "<\ufffd>"].includes(text), JSON.stringify(text));
    },

    async "matches many acknowledgements in flight"(t) {
        const a = await t.connect();
        const answers = upto(300).map((i) =>
            a.call("ack", i, i % 7 === 0 ? Buffer.from([i & 255]) : "text"),
        );
        for (const [i, answer] of answers.entries()) {
            const [number, extra] = await answer;
            assert.equal(number, i);
            assert.deepEqual(
                with_buffers(extra),
                i % 7 === 0 ? Buffer.from([i & 255]) : "text",
            );
        }
    },

    async "ignores events that nobody handles"(t) {
        const a = await t.connect();
        for (const name of ["error", "close", "open", "ping", "message", "__proto__", "unheard"]) {
            a.emit(name, { any: "thing" }, Buffer.from([1]));
        }
        assert.deepEqual(await a.call("ack", "alive"), ["alive"]);
    },

    async "answers what the server asks"(t) {
        const a = await t.connect();
        a.socket.on("question", (...args) => args.pop()("answer", ...args.reverse()));
        a.emit("ask", 5000, 1, { two: 2 }, "three");
        assert.deepEqual(await a.next("asked"), [a.id, "ok", ["answer", "three", { two: 2 }, 1]]);
        a.emit("ask", 5000, Buffer.from([1, 2]), { nested: Buffer.from([3]) });
        assert.deepEqual(with_buffers(await a.next("asked")), [
            a.id,
            "ok",
            ["answer", { nested: Buffer.from([3]) }, Buffer.from([1, 2])],
        ]);
        a.emit("ask", 5000);
        assert.deepEqual(await a.next("asked"), [a.id, "ok", ["answer"]]);
    },

    async "lets the server ask many questions at once, answered in any order"(t) {
        const a = await t.connect();
        const pending = [];
        a.socket.on("question", (i, ack) => {
            pending.push(() => ack(i));
            if (pending.length === 50) {
                pending.reverse().forEach((answer) => answer());
            }
        });
        for (const i of upto(50)) {
            a.emit("ask", 5000, i);
        }
        t.step("wait for 50 answers");
        const results = await a.received("asked").take(50);
        assert.ok(results.every(([, outcome]) => outcome === "ok"));
        assert.deepEqual(results.map(([, , [i]]) => i), upto(50).reverse());
    },

    async "tells the server when a client never answers, and ignores the late answer"(t) {
        const a = await t.connect();
        const question = new Promise((resolve) => a.socket.on("question", (ack) => resolve(ack)));
        a.emit("ask", 50);
        t.step("wait for 'question'");
        const answer = await question;
        assert.deepEqual(await a.next("asked"), [a.id, "timeout", []]);
        answer("late");
        answer("twice");
        assert.deepEqual(await a.call("ack", "alive"), ["alive"]);
        assert.equal(a.received("asked").all.length, 1);
    },

    async "tells the server when the client leaves without an answer"(t) {
        const observer = await t.observer();
        const a = await t.connect();
        const { id } = a;
        a.emit("ask", 60_000, "?");
        await a.next("question");
        a.socket.disconnect();
        t.step("wait for the outcome");
        const [outcome] = await observer.received("asked").take(1);
        assert.deepEqual(outcome, [id, "disconnected", []]);
    },

    async "asks everybody in a room"(t) {
        const asker = await t.connect();
        const room = `quiz ${asker.id}`;
        const members = await Promise.all(upto(3).map(() => t.connect()));
        for (const [i, member] of members.entries()) {
            await member.call("join", room);
            member.socket.on("question", (base, ack) => ack(base + i));
        }
        const [outcome, values] = await asker.call("ask-room", 5000, room, 100);
        assert.equal(outcome, "ok");
        assert.deepEqual(sorted(values), [100, 101, 102]);

        members[1].socket.off("question");
        const [late, some] = await asker.call("ask-room", 100, room, 200);
        assert.equal(late, "timeout");
        assert.deepEqual(sorted(some), [200, 202]);

        assert.deepEqual(await asker.call("ask-room", 5000, `${room} empty`, 1), ["ok", []]);
    },

    async "ends a client's wait for an answer that never comes"(t) {
        const a = await t.connect();
        if (!a.socket.timeout) {
            return;
        }
        t.step("timeout of an unanswered emit");
        const error = await new Promise((resolve) =>
            a.socket.timeout(30).emit("unheard", resolve),
        );
        assert.equal(error.message, "operation has timed out");
        if (Number(t.setting.version.split(".")[1]) < 7) {
            // Before 4.7 the client itself forgets whom it has promised an answer.
            return;
        }
        const pending = a.socket.emitWithAck("unheard");
        a.emit("kick", false);
        t.step("failure of an emit whose connection ends");
        await assert.rejects(pending, /disconnected/);
    },

    async "opens a namespace that is made for who asks"(t) {
        const name = `/made-${Math.floor(Math.random() * 1e9)}`;
        const [a, b, other] = [await t.connect(name), await t.connect(name), await t.connect(`${name}0`)];
        assert.deepEqual(await a.next("hello"), [a.id, name]);
        assert.deepEqual(await b.next("hello"), [b.id, name]);
        a.emit("echo", 1, "two");
        assert.deepEqual(await a.next("echo"), [1, "two"]);
        assert.deepEqual(await b.next("echo"), [1, "two"]);
        await other.fence();
        assert.equal(other.received("echo").all.length, 0);
        await assert.rejects(t.connect("/made-x"), /Invalid namespace/);

        a.socket.disconnect();
        b.socket.disconnect();
        const c = await t.connect(name);
        c.emit("echo", "again");
        assert.deepEqual(await c.next("echo"), ["again"]);
    },

    async "joins several namespaces over one connection"(t) {
        const { Manager } = t.setting.client;
        const manager = new Manager(t.server.url(), t.options());
        t.cleanup(() => manager.engine?.close());
        const auth = { auth: { token: "secret" } };
        const peers = [
            new peer(t, manager.socket("/")),
            new peer(t, manager.socket("/custom")),
            new peer(t, manager.socket("/auth", auth)),
        ];
        for (const each of peers) {
            if (!each.socket.active) {
                each.socket.connect();
            }
        }
        for (const [i, name] of ["/", "/custom", "/auth"].entries()) {
            assert.deepEqual(await peers[i].next("hello"), [peers[i].id, name]);
        }
        assert.equal(new Set(ids(peers)).size, 3);
        for (const [i, each] of peers.entries()) {
            each.emit("echo", i, Buffer.from([i]));
        }
        for (const [i, each] of peers.entries()) {
            assert.deepEqual(with_buffers(await each.next("echo")), [i, Buffer.from([i])]);
        }

        await peers[1].call("relay", { sender: true }, "only-custom", 1);
        assert.deepEqual(await peers[1].next("only-custom"), [1]);
        await peers[0].fence();
        await peers[2].fence();
        assert.equal(peers[0].received("only-custom").all.length, 0);
        assert.equal(peers[2].received("only-custom").all.length, 0);

        const first_id = peers[1].id;
        peers[1].socket.disconnect();
        assert.deepEqual((await peers[1].next("disconnect"))[0], "io client disconnect");
        await peers[0].fence();
        await peers[2].fence();
        peers[1].socket.connect();
        await peers[1].next("hello");
        assert.notEqual(peers[1].id, first_id);
        assert.deepEqual(await peers[1].call("ack", "back"), ["back"]);

        peers[0].emit("kick", false);
        assert.deepEqual((await peers[0].next("disconnect"))[0], "io server disconnect");
        await peers[1].fence();
        peers[2].emit("kick", true);
        assert.deepEqual((await peers[2].next("disconnect"))[0], "io server disconnect");
        await peers[1].next("disconnect");
    },

    async "keeps rooms of different namespaces apart"(t) {
        const main = await t.connect("/");
        const custom = await t.connect("/custom");
        const room = `same ${main.id}`;
        await main.call("join", room);
        await custom.call("join", room);
        await main.call("relay", { sender: true, to: [room] }, "knock", "main");
        await custom.call("relay", { sender: true, to: [room] }, "knock", "custom");
        await main.fence();
        await custom.fence();
        assert.deepEqual(main.received("knock").all, [["main"]]);
        assert.deepEqual(custom.received("knock").all, [["custom"]]);
    },

    async "refuses a client without the token, and takes it with one"(t) {
        const a = t.open("/auth", { auth: { token: "wrong" } });
        const [error] = await a.next("connect_error");
        assert.equal(error.message, "not authorized");
        assert.deepEqual(error.data, { code: "E_TOKEN", expected: ["secret"], retry: false });
        assert.equal(a.socket.connected, false);
        assert.equal(a.received("hello").all.length, 0);

        a.socket.auth = { token: "secret", extra: { näme: "漢", list: [1, null] } };
        a.socket.connect();
        assert.deepEqual(await a.next("hello"), [a.id, "/auth"]);
        const [{ auth }] = await a.call("handshake");
        assert.deepEqual(auth, a.socket.auth);

        const none = t.open("/auth");
        assert.equal((await none.next("connect_error"))[0].message, "not authorized");
    },

    async "asks an auth function at every connection"(t) {
        let calls = 0;
        const a = await t.connect("/auth", {
            auth: (send) => send({ token: "secret", call: ++calls }),
        });
        assert.equal((await a.call("handshake"))[0].auth.call, 1);
        t.step("close and connect again");
        const closed = new Promise((resolve) => a.engine.once("close", resolve));
        a.socket.disconnect();
        await closed;
        a.socket.connect();
        await a.next("connect");
        assert.equal((await a.call("handshake"))[0].auth.call, 2);
    },

    async "refuses an unknown namespace"(t) {
        for (const name of ["/unknown", "/Custom", "/custom/", "/custom/sub", "/été"]) {
            const a = t.open(name);
            t.step(`refusal of ${name}`);
            const [error] = await a.received("connect_error").next();
            assert.equal(error.message, "Invalid namespace");
            assert.equal(a.socket.connected, false);
        }
    },

    async "reports the handshake"(t) {
        const a = await t.connect("/custom", {
            query: { name: "a b&c=d+e/ü%20", empty: "" },
            extraHeaders: { "X-Cosio-Test": "some value" },
            auth: { user: "me", roles: ["a", "b"], level: 3 },
        });
        const [handshake] = await a.call("handshake");
        assert.match(handshake.address.replace(/^::ffff:/, ""), /^(127\.0\.0\.1|::1)$/);
        assert.equal(handshake.secure, t.secure);
        assert.match(handshake.url, /^\/socket\.io\/\?/);
        assert.equal(handshake.query.name, "a b&c=d+e/ü%20");
        assert.equal(handshake.query.empty, "");
        assert.equal(handshake.query.EIO, "4");
        assert.equal(
            handshake.query.transport,
            t.setting.transport === "websocket" ? "websocket" : "polling",
        );
        assert.equal(handshake.headers["x-cosio-test"], "some value");
        assert.equal(handshake.headers.host, `127.0.0.1:${t.port}`);
        assert.deepEqual(handshake.auth, { user: "me", roles: ["a", "b"], level: 3 });
        const b = await t.connect();
        assert.deepEqual((await b.call("handshake"))[0].auth, {});
    },

    async "joins and leaves rooms"(t) {
        const a = await t.connect();
        const room = (name) => `${name} ${a.id}`;
        const joined = async (...args) => sorted((await a.call(...args))[0]);
        assert.deepEqual(await joined("join", []), [a.id]);
        assert.deepEqual(await joined("join", room("x")), sorted([a.id, room("x")]));
        assert.deepEqual(await joined("join", room("x")), sorted([a.id, room("x")]));
        assert.deepEqual(
            await joined("join", [room("y"), room("ž")]),
            sorted([a.id, room("x"), room("y"), room("ž")]),
        );
        assert.deepEqual(
            await joined("leave", room("x")),
            sorted([a.id, room("y"), room("ž")]),
        );
        assert.deepEqual(
            await joined("leave", "never joined"),
            sorted([a.id, room("y"), room("ž")]),
        );
    },

    async "sends to rooms exactly those who are meant, once each"(t) {
        const peers = await Promise.all(upto(5).map(() => t.connect()));
        const [a, b, c, d, e] = peers;
        const room = (name) => `${name} ${a.id}`;
        const [one, two] = [room("one"), room("two")];
        for (const [each, rooms] of [
            [a, [one]],
            [b, [one]],
            [c, [one, two]],
            [d, [two]],
        ]) {
            await each.call("join", rooms);
        }
        let round = 0;
        const expect = async (spec, expected) => {
            const event = `round ${++round}`;
            await a.call("relay", spec, event, round, Buffer.from([round]));
            for (const each of peers) {
                await each.fence();
            }
            t.step(`members reached by ${JSON.stringify(spec)}`);
            for (const each of peers) {
                const got = with_buffers(each.received(event).all);
                const want = expected.includes(each) ? [[round, Buffer.from([round])]] : [];
                assert.deepEqual(got, want, `client ${"abcde"[peers.indexOf(each)]}`);
            }
        };
        await expect({ to: [one] }, [b, c]);
        await expect({ in: [one] }, [b, c]);
        await expect({ sender: true, to: [one] }, [a, b, c]);
        await expect({ to: [one, two] }, [b, c, d]);
        await expect({ to: [one], in: [two] }, [b, c, d]);
        await expect({ sender: true, to: [one, two] }, [a, b, c, d]);
        await expect({ sender: true, to: [one], except: [two] }, [a, b]);
        await expect({ sender: true, to: [one, two], except: [b.id] }, [a, c, d]);
        await expect({ sender: true, to: [e.id] }, [e]);
        await expect({ to: [e.id, d.id] }, [d, e]);
        await expect({ sender: true, to: [room("empty")] }, []);
        await expect({ except: [one, two] }, [e]);
        await expect({}, [b, c, d, e]);
        await expect({ sender: true }, peers);
        await c.call("leave", one);
        await expect({ sender: true, to: [one] }, [a, b]);
        await expect({ sender: true, to: [one, two] }, [a, b, c, d]);
        b.socket.disconnect();
        peers.splice(1, 1);
        await expect({ sender: true, to: [one, two] }, [a, c, d]);
    },

    async "drops volatile events only, and keeps their order"(t) {
        const a = await t.settled();
        t.step("wait for a volatile event to get through");
        let round = 0;
        while (a.received("volatile").all.length === 0) {
            a.emit("volatile", 20);
            assert.deepEqual(await a.received("volatile-end").next(), [20]);
            ++round;
        }
        const got = a.received("volatile").all.map(([i]) => i);
        assert.ok(got.length <= 20 && got.every((i, k) => k === 0 || i > got[k - 1]), `${got}`);
        assert.equal(a.received("volatile-end").all.length, round);

        const b = await t.settled();
        t.step("wait for a volatile broadcast to get through");
        while (b.received("tick").all.length === 0) {
            await a.call("relay", { volatile: true }, "tick", Buffer.from([1]));
            await b.fence();
        }
        assert.deepEqual(with_buffers(b.received("tick").all[0]), [Buffer.from([1])]);
    },

    async "reports why a client went, as both sides see it"(t) {
        const observer = await t.observer();
        const expect = async (action, on_client, on_server) => {
            const a = await t.settled();
            const room = `left behind ${a.id}`;
            await a.call("join", room);
            const { id } = a;
            await action(a);
            const [reason] = await a.next("disconnect");
            assert.match(reason, on_client);
            const gone = await t.gone(observer, id);
            assert.match(gone.reason, on_server);
            assert.deepEqual(sorted(gone.rooms), sorted([id, room]), "rooms while disconnecting");
        };
        const close = (a) => a.engine.close();
        await expect(
            (a) => a.socket.disconnect(),
            /^io client disconnect$/,
            /^client namespace disconnect$/,
        );
        await expect(
            (a) => a.emit("kick", false),
            /^io server disconnect$/,
            /^server namespace disconnect$/,
        );
        await expect(
            (a) => a.emit("kick", true),
            /^io server disconnect$/,
            /^server namespace disconnect$/,
        );
        await expect(close, /^forced close$/, /^transport close$/);
        await expect((a) => a.emit("cut"), /^transport close$/, /^forced close$/);
        const garbage = t.setting.codec === "msgpack" ? Buffer.from([0xc1]) : "9";
        await expect(
            (a) => a.engine.write(garbage),
            /^transport close$/,
            /^forced (server )?close$/,
        );
    },

    async [needs_pending_poll](t) {
        const observer = await t.observer();
        const relay = await t.proxied();
        const a = await t.settled("/", {}, relay.port);
        const { id } = a;
        const polling = t.setting.transport === "polling";
        if (polling) {
            t.step("wait for a pending poll");
            await relay.poll_is_pending();
        }
        relay.cut();
        assert.match((await a.next("disconnect"))[0], /^transport (close|error)$/);
        const expected = polling ? /^transport error$/ : /^transport (close|error)$/;
        assert.match((await t.gone(observer, id)).reason, expected);
    },

    async "keeps data per socket"(t) {
        const a = await t.connect();
        const b = await t.connect();
        assert.deepEqual(await a.call("get", "name"), [null]);
        await a.call("set", "name", { first: "Ada", list: [1, 2] });
        await b.call("set", "name", "Bob");
        await b.call("set", "other", Buffer.from([7]));
        assert.deepEqual(await a.call("get", "name"), [{ first: "Ada", list: [1, 2] }]);
        assert.deepEqual(await b.call("get", "name"), ["Bob"]);
        assert.deepEqual(await a.call("get", "other"), [null]);
        assert.deepEqual(with_buffers(await b.call("get", "other")), [Buffer.from([7])]);
    },

    async "reconnects after the server cut the transport"(t) {
        const again = { reconnection: true, reconnectionDelay: 5, randomizationFactor: 0 };
        const a = await t.settled("/", again);
        const first = a.id;
        await a.call("set", "name", "before");
        await a.call("join", "before");
        for (const round of upto(3)) {
            a.emit("cut");
            assert.equal((await a.next("disconnect"))[0], "transport close");
            a.emit("echo", "written while offline", round);
            await a.next("connect");
            assert.deepEqual(await a.next("echo"), ["written while offline", round]);
        }
        assert.notEqual(a.id, first);
        assert.deepEqual(await a.call("get", "name"), [null]);
        assert.deepEqual((await a.call("join", []))[0], [a.id]);
        assert.equal(a.received("hello").all.length, 4);
    },

    async "does not reconnect when the server ended the namespace"(t) {
        const again = { reconnection: true, reconnectionDelay: 1, randomizationFactor: 0 };
        const a = await t.connect("/", again);
        a.emit("kick", false);
        assert.equal((await a.next("disconnect"))[0], "io server disconnect");
        assert.equal(a.socket.active, false);
        a.socket.connect();
        await a.next("connect");
        assert.deepEqual(await a.call("ack", 1), [1]);
    },

    async "carries messages up to the limit"(t) {
        const a = await t.settled();
        const polling = t.setting.transport === "polling";
        const room = polling ? Math.floor((allowed_bytes * 3) / 4) - 200 : allowed_bytes - 200;
        if (t.setting.codec === "json") {
            const longest = "x".repeat(allowed_bytes - '42["echo",""]'.length);
            a.emit("echo", longest);
            t.step("echo of a text packet of exactly the limit");
            assert.ok((await a.received("echo").next())[0] === longest);
            const wide = "漢".repeat(330_000);
            const answer = a.call("ack", wide);
            t.step("acknowledgement with 990 kB of multi-byte text");
            assert.ok((await answer)[0] === wide);
        } else {
            const longest = "x".repeat(room);
            a.emit("echo", longest);
            t.step("echo of a long text");
            assert.ok((await a.received("echo").next())[0] === longest);
        }
        const data = Buffer.alloc(room, "binary");
        a.emit("echo", data);
        t.step("echo of a long binary");
        assert.ok(data.equals(with_buffers((await a.received("echo").next())[0])));
        const answer = a.call("ack", data);
        t.step("acknowledgement with a long binary");
        assert.ok(data.equals(with_buffers((await answer)[0])));
        const list = upto(100_000);
        a.emit("echo", list);
        t.step("echo of a list of 100 000 numbers");
        assert.deepEqual((await a.received("echo").next())[0], list);
    },

    async "ends a connection that sends too much, and no other"(t) {
        const other = await t.connect();
        const a = await t.settled();
        const envelope = t.setting.codec === "json" ? '42["echo",""]'.length : 0;
        a.emit("echo", "x".repeat(allowed_bytes - envelope + 1));
        assert.match((await a.next("disconnect"))[0], /^transport (close|error)$/);
        assert.equal(a.received("echo").all.length, 0);
        assert.deepEqual(await other.call("ack", "unharmed"), ["unharmed"]);
        const again = await t.connect();
        assert.deepEqual(await again.call("ack", "fresh"), ["fresh"]);
    },

    async "keeps 1000 messages in order, each way"(t) {
        const a = await t.connect();
        for (const i of upto(1000)) {
            a.emit("echo", i, i % 10 === 0 ? Buffer.from([i % 256]) : null);
        }
        t.step("echo of 1000 messages");
        const echoed = await a.received("echo").take(1000);
        assert.deepEqual(echoed.map(([i]) => i), upto(1000));
        a.emit("flood", 1000);
        t.step("flood of 1000 messages");
        const flood = await a.received("flood").take(1000);
        assert.deepEqual(flood.map(([i]) => i), upto(1000));
        await a.fence();
        assert.equal(a.received("echo").all.length, 1000);
        assert.equal(a.received("flood").all.length, 1000);
    },

    async "keeps events, binaries and acknowledgements in one order"(t) {
        const a = await t.connect();
        const order = [];
        a.socket.on("echo", (i) => order.push(i));
        for (let i = 0; i < 300; i += 3) {
            a.emit("echo", i);
            a.emit("echo", i + 1, Buffer.alloc(100), Buffer.alloc(10));
            a.emit("ack", i + 2, (answer) => order.push(answer));
        }
        await a.fence();
        assert.deepEqual(order, upto(300));
    },

    async "handles the events of a client one after the other"(t) {
        const a = await t.settled();
        const b = await t.connect();
        const order = [];
        const tell = async (client, ms, ...args) => order.push((await client.call("in-order", ms, ...args))[0]);
        await Promise.all([
            tell(a, 200, "slow"),
            tell(a, 0, "quick", Buffer.from([1, 2])),
            tell(a, 0, "last"),
            tell(b, 0, "another client's"),
        ]);
        assert.deepEqual(order, ["another client's", "slow", "quick", "last"]);
    },

    async "broadcasts to 50 clients"(t) {
        t.step("connect 50 clients");
        const peers = await Promise.all(upto(50).map(() => t.connect()));
        assert.equal(new Set(ids(peers)).size, 50);
        const event = `all ${peers[0].id}`;
        await peers[0].call("relay", { sender: true }, event, "text", Buffer.from([1, 2]));
        await peers[1].call("relay", {}, event, "others");
        t.step("broadcast to 50 clients");
        await Promise.all(peers.map((each) => each.call("ack", 0)));
        for (const [i, each] of peers.entries()) {
            const expected = [["text", Buffer.from([1, 2])]];
            if (i !== 1) {
                expected.push(["others"]);
            }
            assert.deepEqual(with_buffers(each.received(event).all), expected, `client ${i}`);
        }
        t.step("echoes of 50 clients at once");
        for (const [i, each] of peers.entries()) {
            each.emit("echo", i, Buffer.from([i]));
        }
        const echoed = await Promise.all(peers.map((each) => each.received("echo").next()));
        assert.deepEqual(
            with_buffers(echoed),
            upto(50).map((i) => [i, Buffer.from([i])]),
        );
    },
};

const upgrade_tests = {
    async "loses and reorders nothing while it upgrades"(t) {
        const sender = await t.settled();
        const relay = await t.proxied();
        relay.hold_upgrades();
        const a = await t.connect("/", {}, relay.port);
        assert.equal(a.transport, "polling");
        let upgraded = false;
        a.engine.once("upgrade", () => {
            upgraded = true;
            a.received("echo").poke();
            a.received("relayed").poke();
        });
        const window = 300;
        const pump = async (event, send) => {
            let sent = 0;
            let after = 0;
            while (sent < 1000 || after < 50) {
                send(sent++);
                after += upgraded ? 1 : 0;
                if (sent === 100) {
                    relay.release_upgrades();
                }
                await a.received(event).until(() => sent - a.received(event).all.length < window);
                await next_turn();
            }
            return sent;
        };
        t.step("1000 messages each way and 1000 from another client, across the upgrade");
        const [echoes, relays] = await Promise.all([
            pump("echo", (i) => a.emit("echo", i, ...(i % 10 === 0 ? [Buffer.from([1])] : []))),
            pump("relayed", (i) => sender.emit("relay", { to: [a.id] }, "relayed", i)),
        ]);
        await sender.fence();
        await a.fence();
        assert.equal(a.transport, "websocket");
        assert.deepEqual(a.received("echo").all.map(([i]) => i), upto(echoes));
        assert.deepEqual(a.received("relayed").all.map(([i]) => i), upto(relays));
    },

    async "carries large messages while it upgrades"(t) {
        const relay = await t.proxied();
        relay.hold_upgrades();
        const a = await t.connect("/", {}, relay.port);
        const data = Buffer.alloc(340_000, "large");
        let upgraded = false;
        a.engine.once("upgrade", () => (upgraded = true));
        // Two in flight are as much as a client that does not know the limit can put in one POST.
        a.emit("echo", 0, data);
        a.emit("echo", 1, data);
        relay.release_upgrades();
        t.step("echoes of 340 kB across the upgrade");
        for (let i = 0; i < 6 || !upgraded; ++i) {
            const [number, got] = await a.received("echo").next();
            assert.equal(number, i);
            assert.ok(data.equals(with_buffers(got)));
            a.emit("echo", i + 2, data);
        }
        await a.upgraded();
    },

    async "stays on polling when the upgrade fails, and loses nothing"(t) {
        const relay = await t.proxied();
        relay.hold_upgrades();
        const a = await t.connect("/", {}, relay.port);
        const failed = new Promise((resolve) => a.engine.once("upgradeError", resolve));
        for (const i of upto(100)) {
            a.emit("echo", i);
        }
        t.step("wait for the upgrade to fail");
        await relay.drop_upgrade();
        await failed;
        t.step("echo over polling after the failed upgrade");
        const echoed = await a.received("echo").take(100);
        assert.deepEqual(echoed.map(([i]) => i), upto(100));
        assert.equal(a.transport, "polling");
        assert.deepEqual(await a.call("ack", 1), [1]);
    },
};

/// Tests that wait for a heartbeat to be missed; they are run beside each other.
const silent_tests = {
    async "notices on both sides that the network went silent"(t) {
        const observer = await t.observer();
        const relay = await t.proxied();
        const a = await t.settled("/", {}, relay.port);
        const { id } = a;
        relay.freeze();
        const [[reason], gone] = await Promise.all([a.next("disconnect"), t.gone(observer, id)]);
        assert.equal(reason, "ping timeout");
        assert.equal(gone.reason, "ping timeout");
    },
};

function register(list, server, setting, deadline_ms) {
    const label = `client ${setting.version}, ${setting.codec}, ${setting.transport}`;
    return Object.entries(list).map(([name, body]) =>
        define(
            name,
            { label, make: () => new client_scenario(server(), setting), deadline_ms },
            body,
        ),
    );
}

export function define_tests(server, setting, deadline_ms) {
    // A relay that waits for a poll, or holds upgrades back, has to read requests.
    const { [needs_pending_poll]: unseen, ...others } = tests;
    const encrypted_poll = setting.secure && setting.transport === "polling";
    register(encrypted_poll ? others : tests, server, setting, deadline_ms);
    if (setting.transport === "upgrade" && !setting.secure) {
        register(upgrade_tests, server, setting, deadline_ms);
    }
}

export function define_silent_tests(server, setting, deadline_ms) {
    register(silent_tests, server, setting, deadline_ms);
}
