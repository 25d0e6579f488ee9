// SPDX-License-Identifier: BSL-1.0
// The events of cosio_bench_server on an npm socket.io server, and the command line that its servers share.
import { parseArgs } from "node:util";

export function fail(why) {
    console.error(why);
    process.exit(1);
}

export function read_server_options() {
    let values;
    try {
        ({ values } = parseArgs({
            options: {
                port: { type: "string" },
                codec: { type: "string", default: "json" },
                tls: { type: "boolean", default: false },
                certificate: { type: "string" },
                key: { type: "string" },
            },
        }));
    } catch (error) {
        fail(error.message);
    }
    const { port, codec, tls, certificate, key } = values;
    if (!/^\d{1,5}$/.test(port ?? "") || Number(port) > 65535) fail("--port must be a port number");
    if (!["json", "msgpack"].includes(codec)) fail("--codec must be json or msgpack");
    if (tls && !(certificate && key)) fail("--tls needs --certificate and --key");
    return { ...values, port: Number(port) };
}

export function add_events(io) {
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
    // Sockets that are still open would keep a close waiting.
    process.on("SIGTERM", () => process.exit(0));
}
