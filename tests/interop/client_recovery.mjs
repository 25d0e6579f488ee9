// SPDX-License-Identifier: BSL-1.0
// Connection state recovery of cosio's client where the network is cut; reference_recovery.mjs says what the servers do.
//   node client_recovery.mjs --client "<command>" --server "<command>"
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { parseArgs } from "node:util";
import { driven_client } from "./driven_client.mjs";
import { define, proxy, scenario, server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: { client: { type: "string" }, server: { type: "string" } },
});
if (!options.client || !options.server) {
    console.error('usage: client_recovery.mjs --client "<command>" --server "<command>"');
    process.exit(2);
}

const deadline_ms = 20_000;
const transports = ["polling", "websocket", "upgrade"];
const servers = {
    "npm's server": `'${process.execPath}' reference_recovery.mjs`,
    "our server": options.server,
};

class recovery_scenario extends scenario {
    constructor(running, transport) {
        super(running);
        this.transport = transport;
    }

    async connect(url, transport) {
        const client = new driven_client(options.client, url, transport);
        this.cleanup(() => client.child.kill("SIGKILL"));
        client.id = (await client.connected()).id;
        return client;
    }

    /// The client that the network is cut from, and one that is not.
    async pair() {
        this.relay = await proxy.start(this.server.port);
        this.cleanup(() => this.relay.stop());
        this.step("connect");
        const ada = await this.connect(this.server.url(this.relay.port), this.transport);
        const bob = await this.connect(this.server.url(), "websocket");
        return { ada, bob };
    }

    async ask(client, ...event) {
        this.step(`wait for the answer of ${event[0]}`);
        const [answer] = await client.ask(...event);
        return answer;
    }

    /// Cuts the network; what is said to all meanwhile never reaches `ada`. Returns when she and the server have noticed.
    async cut(ada, bob, lost) {
        this.step("cut");
        const polls = this.transport === "polling";
        if (polls) {
            // A server notices the end of a pending poll only, and would answer this one with what is said.
            await this.relay.poll_is_pending();
        } else {
            this.relay.freeze();
            await this.say(bob, lost);
        }
        this.relay.cut();
        while (!this.over && (await this.ask(bob, "is-here", ada.id))) {
            // asked until the answer is no
        }
        if (polls) {
            await this.say(bob, lost);
        }
        this.step("wait until the client has noticed");
        await ada.told.disconnect.next();
    }

    async say(bob, all) {
        for (const what of all) {
            await this.ask(bob, "say", {}, what);
        }
    }

    async comes_back(ada) {
        this.relay.mend();
        this.step("wait for the client to come back");
        const { id, recovered } = await ada.connected();
        assert.equal(recovered, true);
        assert.equal(id, ada.id);
    }
}

const tests = {
    async "our client comes back with its id, its rooms, and all that was said"(t) {
        const { ada, bob } = await t.pair();
        await t.ask(ada, "join", "red");
        await t.ask(bob, "say", {}, "before");
        t.step("wait for what is said");
        await ada.events("said").next();
        await t.cut(ada, bob, ["on the way 1", "on the way 2"]);
        await t.ask(bob, "say", { rooms: ["red"] }, "while away");
        await t.ask(bob, "say", { rooms: ["green"] }, "to others");
        await t.comes_back(ada);
        await t.ask(bob, "say", {}, "after");
        t.step("wait for what was missed");
        const said = ["before", "on the way 1", "on the way 2", "while away", "after"];
        await ada.events("said").take(said.length - 1);
        const state = await t.ask(ada, "state");
        assert.deepEqual([state.recovered, state.id, state.rooms], [true, ada.id, [ada.id, "red"].sort()]);
        // Each with the offset that the server appends.
        assert.deepEqual(ada.events("said").all.map(([what]) => what), said);
    },

    async "our client loses and repeats nothing though it is cut off again and again"(t) {
        const { ada, bob } = await t.pair();
        const said = [];
        const upcoming = (count) => {
            const more = Array.from({ length: count }, (_, i) => said.length + i);
            said.push(...more);
            return more;
        };
        for (let round = 0; round < 4; ++round) {
            await t.say(bob, upcoming(10));
            t.step(`round ${round}: wait for what is said`);
            await ada.events("said").until(() => ada.events("said").all.length >= said.length);
            await t.cut(ada, bob, upcoming(3));
            await t.say(bob, upcoming(20));
            await t.comes_back(ada);
        }
        await t.ask(ada, "state");
        assert.deepEqual(ada.events("said").all.map(([what]) => what), said);
    },
};

for (const [name, command] of Object.entries(servers)) {
    describe(name, () => {
        let server;
        before(async () => {
            server = await server_process.start(command, ["--away", "60000"], deadline_ms);
        });
        after(() => server?.child.kill("SIGKILL"));
        for (const transport of transports) {
            describe(`over ${transport}`, () => {
                for (const [what, body] of Object.entries(tests)) {
                    const make = () => new recovery_scenario(server, transport);
                    define(what, { label: `${name}, ${transport}`, make, deadline_ms }, body);
                }
            });
        }
    });
}
