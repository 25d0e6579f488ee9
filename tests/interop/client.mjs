// SPDX-License-Identifier: BSL-1.0
// cosio's own client against npm's servers, Python's and cosio's: interop_client.cpp says what it does.
//   node client.mjs --client "<command>" --server "<command>" [--python "<command>"] [--codec json|msgpack]
//       [--over tcp|tls|unix]: the last two against npm's latest server and cosio's
import assert from "node:assert/strict";
import { execSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseArgs } from "node:util";
import { server_process } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        client: { type: "string" },
        server: { type: "string" },
        python: { type: "string" },
        codec: { type: "string", default: "json" },
        over: { type: "string", default: "tcp" },
    },
});
if (!options.client || !options.server) {
    console.error(
        'usage: client.mjs --client "<command>" --server "<command>" [--python "<command>"] [--codec json|msgpack] [--over tcp|tls|unix]',
    );
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

const folder = mkdtempSync(join(tmpdir(), "cosio-client-"));
after(() => rmSync(folder, { recursive: true }));
const certificate = join(folder, "certificate.pem");
const socket = join(folder, "io.sock");

/// How the servers are told to listen, and what the client is told to reach them.
const ways = {
    tcp: { npm: [], ours: [], client: "", url: (port) => `http://127.0.0.1:${port}` },
    tls: {
        npm: ["--certificate", certificate, "--key", join(folder, "key.pem")],
        ours: ["--tls", certificate],
        client: `--ca ${certificate}`,
        url: (port) => `https://localhost:${port}`,
    },
    unix: {
        npm: ["--unix", socket],
        ours: ["--unix", socket],
        client: "",
        url: () => `http+unix://${encodeURIComponent(socket)}`,
    },
};
const way = ways[options.over];
if (options.over === "tls") {
    execSync(`${options.server} --make-identity ${folder}`);
}

/// What the client says until it ends, and its status.
async function run_client(url, transport, more = way.client) {
    const command = `exec ${options.client} --url ${url} --codec ${options.codec} --transport ${transport} ${more}`;
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
    "npm's server": [`${node} reference_server.mjs`, way.npm, same],
    "our server": [options.server, way.ours, same],
};
if (options.over === "tcp") {
    servers["npm's server 3.1.2"] = [`${node} reference_server.mjs --version 3.1.2`, [], same];
};
if (options.codec === "json" && options.python) {
    // It refuses an unknown namespace with a bare text.
    const as_python = (line) => line.replace("/unknown Invalid namespace", "/unknown Unable to connect");
    servers["Python's server"] = [`${options.python} reference_server.py`, [], as_python];
}

for (const [name, [command, listening, in_its_words]] of Object.entries(servers)) {
    describe(name, () => {
        const codec = name === "Python's server" ? [] : ["--codec", options.codec];
        let server;
        before(async () => {
            server = await server_process.start(command, [...codec, ...listening], deadline_ms);
        });
        after(async () => {
            server?.child.kill("SIGTERM");
            await server?.exited;
        });
        for (const transport of ["polling", "websocket", "upgrade"]) {
            test(`our client over ${transport}`, async () => {
                const { lines, status } = await run_client(way.url(server.port), transport);
                assert.deepEqual(lines, expected.map(in_its_words));
                assert.equal(status, 0);
            });
        }
        if (options.over === "tls") {
            test("is refused by our client if nobody vouches for it", async () => {
                const { lines } = await run_client(way.url(server.port), "websocket", "");
                const why = "localhost: certificate verify failed: self-signed certificate";
                assert.deepEqual(lines, [`connect_error / ${why} null`]);
            });
        }
    });
}
