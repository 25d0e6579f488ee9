// SPDX-License-Identifier: BSL-1.0
// Connection state recovery where the network is cut between a stock client, which reconnects by itself, and the
// server; reference_recovery.mjs says what the server does.
//   node recovery_cut.mjs --server "<command>" [--client V] [--transport T]
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { parseArgs } from "node:util";
import { Manager as manager_4_8_4 } from "socket.io-client";
import { Manager as manager_4_6_2 } from "socket.io-client-4.6.2";
import { define, proxy, recorder, scenario, server_process } from "./support.mjs";

const managers = { "4.8.4": manager_4_8_4, "4.6.2": manager_4_6_2 };
const transports = ["polling", "websocket", "upgrade"];

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        client: { type: "string" },
        transport: { type: "string" },
    },
});
if (!options.server) {
    console.error('usage: recovery_cut.mjs --server "<command>" [--client V] [--transport T]');
    process.exit(2);
}

const deadline_ms = 20_000;
let server;

before(async () => {
    server = await server_process.start(options.server, ["--away", "60000"], deadline_ms);
});
after(async () => assert.equal(await server?.stop(deadline_ms), 0));

class recovery_scenario extends scenario {
    constructor(running, setting) {
        super(running);
        this.setting = setting;
    }

    /// A client behind `port`: its `socket`, what was `said` to it, and its `connects`.
    async connect(port, names = [this.setting.transport]) {
        const manager = new managers[this.setting.version](`http://127.0.0.1:${port}`, {
            transports: names[0] === "upgrade" ? ["polling", "websocket"] : names,
            reconnectionDelay: 5,
            reconnectionDelayMax: 50,
        });
        const socket = manager.socket("/", { auth: { name: this.setting.version } });
        const peer = { manager, socket, said: new recorder(), connects: new recorder() };
        socket.on("said", (what) => peer.said.push(what));
        socket.on("connect", () => peer.connects.push(socket.recovered));
        this.cleanup(() => manager._close());
        await peer.connects.next();
        return peer;
    }

    /// The client that the network is cut from, and one that is not.
    async pair() {
        this.relay = await proxy.start(this.server.port);
        this.cleanup(() => this.relay.stop());
        this.step("connect");
        const ada = await this.connect(this.relay.port);
        const bob = await this.connect(this.server.port, ["websocket"]);
        return { ada, bob };
    }

    /// Resolves when the client uses a WebSocket, where it is meant to.
    async settle({ manager }) {
        this.step("wait for the upgrade");
        if (this.setting.transport === "upgrade" && manager.engine.transport.name === "polling") {
            await new Promise((resolve) => manager.engine.once("upgrade", resolve));
        }
    }

    ask(peer, event, ...args) {
        this.step(`wait for the answer of ${event}`);
        return peer.socket.timeout(deadline_ms).emitWithAck(event, ...args);
    }

    /// Cuts the network; returns when the server knows that the socket has gone.
    async cut(ada, witness, { lose = [] } = {}) {
        const { id } = ada.socket;
        // Known before the cut: a client that tries to come back has another engine, which begins with polling.
        const polls = ada.manager.engine.transport.name === "polling";
        if (polls) {
            this.step("wait for a pending poll");
            await this.relay.poll_is_pending();
        } else {
            // What is on its way is lost: the server has sent it, the client never sees it.
            this.relay.freeze();
            for (const what of lose) {
                await this.ask(witness, "say", {}, what);
            }
        }
        this.relay.cut();
        while (!this.over && (await this.ask(witness, "is-here", id))) {
            // asked until the answer is no
        }
        if (polls) {
            for (const what of lose) {
                await this.ask(witness, "say", {}, what);
            }
        }
    }
}

const tests = {
    async "comes back with its id, its rooms, its data, and all that was said"(t) {
        const { ada, bob } = await t.pair();
        await t.settle(ada);
        const { id } = ada.socket;
        await t.ask(ada, "join", "red");
        await t.ask(ada, "set", "her data");
        await t.ask(bob, "say", {}, "before");
        assert.equal(await ada.said.next(), "before");
        await t.cut(ada, bob, { lose: ["on the way 1", "on the way 2"] });
        await t.ask(bob, "say", { rooms: ["red"] }, "while away");
        await t.ask(bob, "say", { rooms: ["green"] }, "to others");
        t.relay.mend();
        t.step("wait for the client to come back");
        assert.equal(await ada.connects.next(), true);
        assert.equal(ada.socket.id, id);
        await t.ask(bob, "say", {}, "after");
        t.step("wait for what was missed");
        const missed = ["on the way 1", "on the way 2", "while away", "after"];
        assert.deepEqual(await ada.said.take(4), missed);
        const state = await t.ask(ada, "state");
        assert.deepEqual(
            [state.recovered, state.id, state.rooms, state.data],
            [true, id, [id, "red"].sort(), "her data"],
        );
        assert.equal(ada.said.all.length, 5);
    },

    async "loses and repeats nothing though it is cut off again and again"(t) {
        const { ada, bob } = await t.pair();
        const { id } = ada.socket;
        const said = [];
        const say = async (count) => {
            for (let i = 0; i < count; ++i) {
                said.push(said.length);
                await t.ask(bob, "say", {}, said.at(-1));
            }
        };
        for (let round = 0; round < 5; ++round) {
            await say(10);
            t.step(`round ${round}`);
            await ada.said.until(() => ada.said.all.length >= said.length);
            const lose = [said.length, said.length + 1, said.length + 2];
            said.push(...lose);
            await t.cut(ada, bob, { lose });
            await say(20);
            t.relay.mend();
            t.step(`round ${round}: wait for the client to come back`);
            assert.equal(await ada.connects.next(), true);
            assert.equal(ada.socket.id, id);
        }
        await t.ask(ada, "state");
        assert.deepEqual(ada.said.all, said);
    },

    async "what it emits while it is away arrives when it is back"(t) {
        const { ada, bob } = await t.pair();
        await t.settle(ada);
        await t.ask(bob, "say", {}, "before");
        assert.equal(await ada.said.next(), "before");
        t.step("cut");
        const gone = new Promise((resolve) => ada.socket.once("disconnect", resolve));
        await t.cut(ada, bob);
        await gone;
        ada.socket.emit("say", {}, "from away", () => {});
        t.relay.mend();
        t.step("wait for what was emitted");
        assert.equal(await bob.said.take(2).then((all) => all[1]), "from away");
        assert.equal(await ada.said.next(), "from away");
        assert.deepEqual(ada.connects.all, [false, true]);
    },
};

const chosen = (all, wanted) => all.filter((each) => (wanted ?? each) === each);

for (const version of chosen(Object.keys(managers), options.client)) {
    for (const transport of chosen(transports, options.transport)) {
        describe(`client ${version} over ${transport}`, () => {
            for (const [name, body] of Object.entries(tests)) {
                const make = () => new recovery_scenario(server, { version, transport });
                define(name, { label: `${version}, ${transport}`, make, deadline_ms }, body);
            }
        });
    }
}
