// SPDX-License-Identifier: BSL-1.0
// cosio_bench_server does what its contract says, whatever its flags:
//
//   node bench_server.mjs --server "<command>"
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import msgpack_parser from "socket.io-msgpack-parser";

import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        deadline: { type: "string", default: "30" },
    },
});
if (!options.server) {
    console.error('usage: bench_server.mjs --server "<command>"');
    process.exit(2);
}
const deadline_ms = Number(options.deadline) * 1000;

function heard(client, event) {
    return new Promise((resolve) => client.once(event, (...args) => resolve(args)));
}

/// Clients of each transport, connected to one server.
async function connect_all(url, more) {
    const clients = [["websocket"], ["polling"], ["polling", "websocket"], ["websocket"]].map(
        (transports) => io(url, { forceNew: true, reconnection: false, transports, ...more }),
    );
    await Promise.all(
        clients.map(
            (client) =>
                new Promise((resolve, reject) => {
                    client.once("connect", resolve);
                    client.once("connect_error", reject);
                }),
        ),
    );
    return clients;
}

/// With recovery the last argument of an event is its offset.
async function check_contract(clients) {
    const [first, second, third] = clients;
    const values = [1, "two", { three: [3, null, true] }, Buffer.from([0, 255])];
    for (const client of clients) {
        const echoed = heard(client, "echo");
        client.emit("echo", ...values);
        assert.deepEqual((await echoed).slice(0, values.length), values);
        const answer = await new Promise((resolve) =>
            client.emit("ack", ...values, (...args) => resolve(args)),
        );
        assert.deepEqual(answer, values);
    }
    const everybody = clients.map((client) => heard(client, "bcast"));
    first.emit("bcast", "all", 1);
    for (const args of await Promise.all(everybody)) {
        assert.deepEqual(args.slice(0, 2), ["all", 1]);
    }

    for (const client of [first, second, third]) {
        await new Promise((resolve) => client.emit("join", "kitchen", resolve));
    }
    let strangers = 0;
    clients[3].on("room", () => ++strangers);
    const members = [first, second, third].map((client) => heard(client, "room"));
    second.emit("room", "kitchen", "tea", 2);
    for (const args of await Promise.all(members)) {
        assert.deepEqual(args.slice(0, 2), ["tea", 2]);
    }
    const after = heard(clients[3], "echo");
    clients[3].emit("echo", "after");
    await after;
    assert.equal(strangers, 0);
}

/// A client whose link is cut hears what it missed, as the same socket.
async function check_recovery(url, more) {
    const client = io(url, { forceNew: true, reconnectionDelay: 10, transports: ["websocket"], ...more });
    const other = io(url, { forceNew: true, transports: ["websocket"], ...more });
    try {
        await Promise.all([heard(client, "connect"), heard(other, "connect")]);
        assert.equal(client.recovered, false);
        const first = heard(client, "bcast");
        client.emit("bcast", 1);
        await first;
        await new Promise((resolve) => client.emit("join", "kitchen", resolve));
        const { id } = client;
        const missed = [];
        client.on("bcast", (value) => missed.push(value));
        client.on("room", (value) => missed.push(value));
        const back = heard(client, "connect");
        client.io.engine.close();
        other.emit("bcast", 2);
        other.emit("room", "kitchen", 3);
        await back;
        assert.equal(client.recovered, true);
        assert.equal(client.id, id);
        const echoed = heard(client, "echo");
        client.emit("echo");
        await echoed;
        assert.deepEqual(missed, [2, 3]);
    } finally {
        client.disconnect();
        other.disconnect();
    }
}

/// That the server really does what the flag asks for.
const proofs = {
    "--deflate": async (url, more) => {
        const [client] = await connect_all(url, { ...more, perMessageDeflate: { threshold: 0 } });
        assert.match(client.io.engine.transport.ws.extensions, /permessage-deflate/);
        client.disconnect();
    },
    "--recovery": check_recovery,
};

for (const flags of [
    [],
    ["--codec", "msgpack"],
    ["--shards", "3"],
    ["--tls"],
    ["--deflate"],
    ["--recovery"],
    ["--shards", "2", "--codec", "msgpack", "--tls", "--deflate", "--recovery"],
]) {
    test(`cosio_bench_server ${flags.join(" ")}`, async () => {
        const server = await server_process.start(options.server, flags, deadline_ms);
        const secure = flags.includes("--tls");
        const url = `${secure ? "https" : "http"}://127.0.0.1:${server.port}`;
        // The certificate is made at start, and known to nobody.
        const more = {
            ...(secure ? { rejectUnauthorized: false } : {}),
            ...(flags.includes("msgpack") ? { parser: msgpack_parser } : {}),
        };
        try {
            const clients = await within(deadline_ms, connect_all(url, more), () => "no connection");
            await within(deadline_ms, check_contract(clients), () => "no answer");
            clients.forEach((client) => client.disconnect());
            for (const flag of flags) {
                if (proofs[flag]) {
                    await within(deadline_ms, proofs[flag](url, more), () => `no ${flag}`);
                }
            }
            assert.equal(await server.stop(deadline_ms), 0);
        } finally {
            server.child.kill("SIGKILL");
        }
    });
}
