// SPDX-License-Identifier: BSL-1.0
// cosio's own client against npm's servers, Python's and cosio's: interop_client.cpp says what it does.
//   node client.mjs --client "<command>" --server "<command>" [--python "<command>"] [--codec json|msgpack]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { parseArgs } from "node:util";
import { server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        client: { type: "string" },
        server: { type: "string" },
        python: { type: "string" },
        codec: { type: "string", default: "json" },
    },
});
if (!options.client || !options.server) {
    console.error('usage: client.mjs --client "<command>" --server "<command>" [--python "<command>"] [--codec json|msgpack]');
    process.exit(2);
}

const deadline_ms = 30_000;

const expected = [
    "connect /",
    "hello /",
    'echo [1,-2.5E0,true,null,"é漢😀",[1,"two"]]',
    "ack 100000 4",
    "asked ok [[42]]",
    "unheard operation has timed out",
    "connect /custom",
    "hello /custom",
    "connect_error /unknown Invalid namespace null",
    'connect_error /auth not authorized {"code":"E_TOKEN","expected":["secret"],"retry":false}',
    "connect /auth",
    "hello /auth",
    "disconnect /auth io client disconnect",
    "disconnect /custom io client disconnect",
    "disconnect / transport close",
    "connect /",
    "hello /",
    'echo ["back"]',
    "disconnect / io server disconnect",
    "connect /",
    "hello /",
    "disconnect / io client disconnect",
];

/// What the client says until it ends, and its status.
async function run_client(url, transport) {
    const command = `exec ${options.client} --url ${url} --codec ${options.codec} --transport ${transport}`;
    const child = spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), deadline_ms);
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    const status = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    return { lines: said.trimEnd().split("\n"), status };
}

const node = `'${process.execPath}'`;
const same = (line) => line;
// By name: its command, and how it says what others say.
const servers = {
    "npm's server": [`${node} reference_server.mjs`, same],
    "npm's server 3.1.2": [`${node} reference_server.mjs --version 3.1.2`, same],
    "our server": [options.server, same],
};
if (options.codec === "json" && options.python) {
    // It refuses an unknown namespace with a bare text.
    const as_python = (line) => line.replace("/unknown Invalid namespace", "/unknown Unable to connect");
    servers["Python's server"] = [`${options.python} reference_server.py`, as_python];
}

const options_of = (name) => (name === "Python's server" ? [] : ["--codec", options.codec]);

for (const [name, [command, in_its_words]] of Object.entries(servers)) {
    describe(name, () => {
        let server;
        before(async () => {
            server = await server_process.start(command, options_of(name), deadline_ms);
        });
        after(() => server?.child.kill("SIGKILL"));
        for (const transport of ["polling", "websocket", "upgrade"]) {
            test(`our client over ${transport}`, async () => {
                const { lines, status } = await run_client(server.url(), transport);
                assert.deepEqual(lines, expected.map(in_its_words));
                assert.equal(status, 0);
            });
        }
    });
}
