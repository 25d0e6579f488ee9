// SPDX-License-Identifier: BSL-1.0
// Runs stock npm clients against a server:
//
//   node run.mjs --server "<command>" [--codec json|msgpack] [--client V] [--transport T]
//   node run.mjs --tls --server "<command>" [--client V] [--transport T]
//   node run.mjs --deflate --server "<command>" [--codec json|msgpack] [--transport T]
//   node run.mjs --shards --server "<command>" [--codec json|msgpack] [--transport T]
//   node run.mjs --legacy [--tls] --server "<command>" [--client V] [--transport T]
//   node run.mjs --engine --server "<command>" [--client V] [--transport T]
//
// The command gets `--port N` (and `--codec C`, `--tls FILE`, `--deflate D`, `--shards N`, `--eio3`) appended, prints a line with `listening`, and ends
// on SIGTERM with 0. Without a choice, every client meets every transport.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parseArgs } from "node:util";
import * as client_3_1_3 from "socket.io-client-3.1.3";
import * as client_4_0_2 from "socket.io-client-4.0.2";
import * as client_4_6_2 from "socket.io-client-4.6.2";
import * as client_4_8_4 from "socket.io-client";
import msgpack_parser from "socket.io-msgpack-parser";
import { Socket as engine_6_6_8 } from "engine.io-client";
import { Socket as engine_5_2_0 } from "engine.io-client-5.2.0";
import engine_3_5_6 from "engine.io-client-3.5.6";
import client_1_7_4 from "socket.io-client-1.7.4";
import client_2_5_0 from "socket.io-client-2.5.0";
import { define_engine_tests, last_engine_clients } from "./engine_suite.mjs";
import { define_legacy_tests } from "./legacy_suite.mjs";
import { define_silent_tests, define_tests } from "./socketio_suite.mjs";
import { server_process, within } from "./support.mjs";
import { define_https_tests } from "./tls_suite.mjs";

const clients = {
    "4.8.4": client_4_8_4,
    "4.6.2": client_4_6_2,
    "4.0.2": client_4_0_2,
    "3.1.3": client_3_1_3,
};
const legacy_clients = { "2.5.0": client_2_5_0, "1.7.4": client_1_7_4 };
const engine_clients = { "6.6.8": engine_6_6_8, "5.2.0": engine_5_2_0 };
const legacy_engine_clients = { "3.5.6": engine_3_5_6 };
const transports = ["polling", "websocket", "upgrade"];
const compressions = ["messages", "context"];
const parsers = { json: undefined, msgpack: msgpack_parser };
const newest = "4.8.4";

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        engine: { type: "boolean", default: false },
        tls: { type: "boolean", default: false },
        deflate: { type: "boolean", default: false },
        shards: { type: "boolean", default: false },
        legacy: { type: "boolean", default: false },
        codec: { type: "string" },
        client: { type: "string" },
        transport: { type: "string" },
        deadline: { type: "string", default: "10" },
    },
});

/// Those of `all` that the user asked for.
function chosen(name, all) {
    const wanted = options[name];
    if (wanted === undefined) {
        return all;
    }
    if (!all.includes(wanted)) {
        console.error(`--${name} is one of ${all.join(", ")}`);
        process.exit(2);
    }
    return [wanted];
}

if (!options.server) {
    console.error(
        'usage: run.mjs --server "<command>" [--engine|--tls|--deflate|--shards|--legacy] [--codec json|msgpack] ' +
            `[--client ${Object.keys({ ...clients, ...legacy_clients, ...engine_clients }).join("|")}] [--transport ${transports.join("|")}]`,
    );
    process.exit(2);
}
const deadline_ms = Number(options.deadline) * 1000;
const chosen_transports = chosen("transport", transports);

/// A suite with a server of its own, which must end well.
function with_server(name, extra, define_all, at_the_end) {
    describe(name, () => {
        let server;
        before(async () => {
            const start = options.tls ? server_process.start_secure : server_process.start;
            server = await start(options.server, extra, deadline_ms);
        });
        after(() => server?.child.kill("SIGKILL"));
        define_all(() => server);
        test("the server ends with status 0 while clients are connected", async () => {
            const ended = await within(
                deadline_ms,
                at_the_end(server),
                () => "the last clients could not connect",
            );
            assert.equal(await server.stop(deadline_ms), 0, `status of '${server.command}'`);
            await within(
                deadline_ms,
                Promise.all(ended),
                () => "a client never noticed the end of the server",
            );
        });
    });
}

/// Connects over both transports and returns the promises that the clients notice the server's end.
async function last_clients(server, codec) {
    const sockets = ["polling", "websocket"].map((name) =>
        client_4_8_4.io(server.url(), {
            ...server.trust,
            forceNew: true,
            reconnection: false,
            transports: [name],
            ...(parsers[codec] ? { parser: parsers[codec] } : {}),
        }),
    );
    await Promise.all(
        sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))),
    );
    return sockets.map((socket) => new Promise((resolve) => socket.once("disconnect", resolve)));
}

function socketio_matrix() {
    for (const codec of chosen("codec", Object.keys(parsers))) {
        const versions = chosen("client", Object.keys(clients)).filter(
            (version) => codec === "json" || version === newest,
        );
        const settings = versions.flatMap((version) =>
            chosen_transports.map((transport) => ({
                client: clients[version],
                version,
                transport,
                codec,
                parser: parsers[codec],
            })),
        );
        const define_all = (server) => {
            for (const setting of settings) {
                describe(`client ${setting.version} over ${setting.transport}`, () =>
                    define_tests(server, setting, deadline_ms));
            }
            describe("silence", { concurrency: true }, () => {
                for (const setting of settings) {
                    describe(`client ${setting.version} over ${setting.transport}`, () =>
                        define_silent_tests(server, setting, deadline_ms));
                }
            });
        };
        with_server(codec, ["--codec", codec], define_all, (server) => last_clients(server, codec));
    }
}

/// The newest client compresses every packet, and so does the server.
function deflate_matrix() {
    for (const codec of chosen("codec", Object.keys(parsers))) {
        for (const deflate of compressions) {
            const setting = {
                client: clients[newest],
                version: newest,
                codec,
                parser: parsers[codec],
                deflate,
            };
            const names = chosen_transports.filter((name) => name !== "polling");
            with_server(
                `${codec}, ${deflate} compressed`,
                ["--codec", codec, "--deflate", deflate],
                (server) => {
                    for (const transport of names) {
                        describe(`client ${newest} over ${transport}`, () =>
                            define_tests(server, { ...setting, transport }, deadline_ms));
                    }
                },
                (server) => last_clients(server, codec),
            );
        }
    }
}

/// The newest client against a server of three threads: its requests come in on any of them.
function shards_matrix() {
    for (const codec of chosen("codec", Object.keys(parsers))) {
        const setting = { client: clients[newest], version: newest, codec, parser: parsers[codec] };
        with_server(
            `${codec}, three shards`,
            ["--codec", codec, "--shards", "3"],
            (server) => {
                for (const transport of chosen_transports) {
                    describe(`client ${newest} over ${transport}`, () =>
                        define_tests(server, { ...setting, transport }, deadline_ms));
                }
            },
            (server) => last_clients(server, codec),
        );
    }
}

/// Clients of Socket.IO 1 and 2 beside those of today.
function legacy_matrix() {
    with_server(
        "clients of old",
        ["--eio3"],
        (server) => {
            for (const version of chosen("client", Object.keys(legacy_clients))) {
                for (const transport of chosen_transports) {
                    const setting = { client: legacy_clients[version], version, transport };
                    describe(`client ${version} over ${transport}`, () =>
                        define_legacy_tests(server, setting, deadline_ms));
                }
            }
        },
        (server) => last_clients(server, "json"),
    );
}

function engine_matrix(name, extra, known, legacy) {
    with_server(
        name,
        extra,
        (server) => {
            for (const [version, client] of Object.entries(known)) {
                for (const transport of chosen_transports) {
                    const setting = { client, version, transport, legacy };
                    describe(`engine.io-client ${version} over ${transport}`, () =>
                        define_engine_tests(server, setting, deadline_ms));
                }
            }
        },
        last_engine_clients,
    );
}

if (options.shards) {
    shards_matrix();
} else if (options.legacy) {
    legacy_matrix();
} else if (options.deflate) {
    deflate_matrix();
} else if (options.engine) {
    const all = { ...engine_clients, ...legacy_engine_clients };
    const wanted = chosen("client", Object.keys(all));
    const among = (known) =>
        Object.fromEntries(Object.entries(known).filter(([version]) => wanted.includes(version)));
    engine_matrix("engine", [], among(engine_clients), false);
    engine_matrix("engine, third revision", ["--eio3"], among(legacy_engine_clients), true);
} else if (options.tls) {
    const define_all = (server) => {
        describe("node:https", () => define_https_tests(server, deadline_ms));
        for (const version of chosen("client", Object.keys(clients))) {
            const setting = { client: clients[version], version, codec: "json", secure: true };
            for (const transport of chosen_transports) {
                describe(`client ${version} over ${transport}`, () =>
                    define_tests(server, { ...setting, transport }, deadline_ms));
            }
        }
    };
    with_server("tls", [], define_all, (server) => last_clients(server, "json"));
} else {
    socketio_matrix();
}
