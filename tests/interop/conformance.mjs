// SPDX-License-Identifier: BSL-1.0
// The protocols by hand, strictly: the 25 cases of the Engine.IO v4 suite and the 32 of the
// Socket.IO v5 suite by their names, and the rows that those suites do not see.
//
//   node conformance.mjs --strict --server "<path>/cosio_conformance_server"
//   node conformance.mjs --server "node reference_server.mjs --conformance"
//
// What only we do is demanded with --strict. Without it, the reference must not do it: should a
// newer reference meet such an expectation, the suite says so.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parseArgs } from "node:util";
import { engine_cases, engine_rows } from "./conformance_engine.mjs";
import { socketio_cases, socketio_rows } from "./conformance_socketio.mjs";
import { raw_scenario } from "./raw_peers.mjs";
import { define, server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        strict: { type: "boolean", default: false },
        deadline: { type: "string", default: "10" },
    },
});
if (!options.server) {
    console.error('usage: conformance.mjs --server "<command>" [--strict] [--deadline seconds]');
    process.exit(2);
}
const deadline_ms = Number(options.deadline) * 1000;
let server;

function define_cases(path, cases) {
    for (const [name, body] of Object.entries(cases)) {
        const make = () => new raw_scenario(server, { path, strict: options.strict });
        // With a ping timeout of 200 ms a busy machine can end a session that nobody meant to end.
        define(name, { label: path, make, deadline_ms, attempts: 5 }, body);
    }
}

function define_suite(name, path, groups, count) {
    const found = Object.values(groups).flatMap((cases) => Object.keys(cases)).length;
    assert.equal(found, count, `cases of ${name}`);
    describe(name, () => {
        for (const [group, cases] of Object.entries(groups)) {
            describe(group, () => define_cases(path, cases));
        }
    });
}

before(async () => {
    server = await server_process.start(options.server, [], deadline_ms);
});
after(() => server?.child.kill("SIGKILL"));

define_suite("Engine.IO v4", "/engine.io/", engine_cases, 25);
define_suite("Socket.IO v5", "/socket.io/", socketio_cases, 32);
describe("what the suites do not see: Engine.IO", () => define_cases("/engine.io/", engine_rows));
describe("what the suites do not see: Socket.IO", () =>
    define_cases("/socket.io/", socketio_rows));
test("the server ends with status 0", async () => {
    assert.equal(await server.stop(deadline_ms), 0);
});
