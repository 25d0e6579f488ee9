// SPDX-License-Identifier: BSL-1.0
// cosio's own client against npm's server and against cosio's: interop_client.cpp says what it does.
//   node client.mjs --client "<command>" --server "<command>" [--codec json|msgpack]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { parseArgs } from "node:util";
import { server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        client: { type: "string" },
        server: { type: "string" },
        codec: { type: "string", default: "json" },
    },
});
if (!options.client || !options.server) {
    console.error('usage: client.mjs --client "<command>" --server "<command>" [--codec json|msgpack]');
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

const servers = {
    "npm's server": `'${process.execPath}' reference_server.mjs`,
    "our server": options.server,
};

for (const [name, command] of Object.entries(servers)) {
    describe(name, () => {
        let server;
        before(async () => {
            server = await server_process.start(command, ["--codec", options.codec], deadline_ms);
        });
        after(() => server?.child.kill("SIGKILL"));
        for (const transport of ["polling", "websocket", "upgrade"]) {
            test(`our client over ${transport}`, async () => {
                const { lines, status } = await run_client(server.url(), transport);
                assert.deepEqual(lines, expected);
                assert.equal(status, 0);
            });
        }
    });
}
