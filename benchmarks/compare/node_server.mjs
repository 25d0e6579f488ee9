// SPDX-License-Identifier: BSL-1.0
// The npm socket.io server with the events of cosio_bench_server, for comparison.
// Usage: node node_server.mjs --port N [--codec json|msgpack]

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(new URL("../../tests/interop/package.json", import.meta.url));
const { Server } = require("socket.io");

function fail(why) {
    console.error(`node_server: ${why}`);
    process.exit(1);
}

function readOptions() {
    try {
        return parseArgs({
            options: { port: { type: "string" }, codec: { type: "string", default: "json" } },
        }).values;
    } catch (error) {
        return fail(error.message);
    }
}

const { port, codec } = readOptions();
if (!/^\d{1,5}$/.test(port ?? "") || Number(port) > 65535) fail("--port must be a port number");
if (!["json", "msgpack"].includes(codec)) fail("--codec must be json or msgpack");

const http = createServer();
const io = new Server(http, codec === "msgpack" ? { parser: require("socket.io-msgpack-parser") } : {});

io.on("connection", (socket) => {
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("ack", (...args) => {
        if (typeof args.at(-1) === "function") args.pop()(...args);
    });
    socket.on("bcast", (...args) => io.emit("bcast", ...args));
    socket.on("join", (room, acknowledge) => {
        socket.join(room);
        acknowledge?.();
    });
    socket.on("leave", (room, acknowledge) => {
        socket.leave(room);
        acknowledge?.();
    });
    socket.on("room", (room, ...args) => io.to(room).emit("room", ...args));
});

// Sockets that are still open would keep close() waiting.
process.on("SIGTERM", () => process.exit(0));
http.on("error", (error) => fail(error.message));
http.listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
