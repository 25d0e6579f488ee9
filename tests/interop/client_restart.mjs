// SPDX-License-Identifier: BSL-1.0
// cosio's client and a server that goes and comes back on the same port.
//   node client_restart.mjs --client "<command>" --server "<command>" --python "<command>"
import assert from "node:assert/strict";
import { describe } from "node:test";
import { parseArgs } from "node:util";
import { driven_client } from "./driven_client.mjs";
import { define, free_port, scenario, server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: { client: { type: "string" }, server: { type: "string" }, python: { type: "string" } },
});
if (!options.client || !options.server || !options.python) {
    console.error(
        'usage: client_restart.mjs --client "<command>" --server "<command>" --python "<command>"',
    );
    process.exit(2);
}

const deadline_ms = 30_000;
const node = `'${process.execPath}'`;
const servers = {
    "npm's server": `${node} reference_server.mjs`,
    "npm's server 3.1.2": `${node} reference_server.mjs --version 3.1.2`,
    "our server": options.server,
    "Python's server": `${options.python} reference_server.py`,
};
const transports = ["polling", "websocket", "upgrade"];

class restart_scenario extends scenario {
    constructor(setting) {
        super({ exited: new Promise(() => {}) });
        this.setting = setting;
    }

    async serve(port) {
        const running = await server_process.start(this.setting.command, [], deadline_ms, port);
        this.cleanup(() => running.child.kill("SIGKILL"));
        return running;
    }

    async echoes(client, count) {
        this.step("wait for echoes");
        const sent = Array.from({ length: count }, (_, i) => [i]);
        sent.forEach((args) => client.emit("echo", ...args));
        assert.deepEqual(await client.events("echo").take(count), sent);
    }
}

/// `end` ends the server and returns when it is gone.
async function comes_back(t, end) {
    const port = await free_port();
    const first = await t.serve(port);
    const client = new driven_client(options.client, first.url(), t.setting.transport);
    t.cleanup(() => client.child.kill("SIGKILL"));
    t.step("wait for the connection");
    const before = await client.connected();
    // More than python3-socketio takes in one POST.
    await t.echoes(client, 40);
    t.step("wait for the end of the server");
    await end(first);
    t.step("wait until the client has noticed");
    const [reason] = await client.told.disconnect.next();
    // Not a word of Socket.IO: after that a client stays away.
    assert.match(reason, /^transport (close|error)$/);
    await t.serve(port);
    t.step("wait for the client to come back");
    const after = await client.connected();
    assert.equal(after.recovered, false);
    assert.notEqual(after.id, before.id);
    await t.echoes(client, 40);
    assert.equal(client.told.connect.all.length, 2);
    assert.equal(client.told.disconnect.all.length, 1);
    t.step("wait for the end of the client");
    assert.equal(await client.close(), 0);
}

async function kill(server) {
    server.child.kill("SIGKILL");
    await server.exited;
}

const tests = {
    async "comes back after the server was killed"(t) {
        await comes_back(t, kill);
    },

    async "comes back after the server has ended in order"(t) {
        await comes_back(t, (server) => server.stop(deadline_ms));
    },
};

for (const [name, command] of Object.entries(servers)) {
    for (const transport of transports) {
        describe(`${name} over ${transport}`, () => {
            for (const [what, body] of Object.entries(tests)) {
                const make = () => new restart_scenario({ command, transport });
                define(what, { label: `${name}, ${transport}`, make, deadline_ms }, body);
            }
        });
    }
}
