// SPDX-License-Identifier: BSL-1.0
// What recovery.mjs asks of a server, on npm's socket.io with connectionStateRecovery.
//   node reference_recovery.mjs --port N [--codec json|msgpack] [--away MS]
//
// Namespaces `/` and `/other`, a session is kept for `away` ms. A middleware counts its runs per `auth.name`.
// Nothing is emitted on connection. Events, each acknowledged:
//   join room                     leave room                   set value: becomes the data of the socket
//   state                      -> { recovered, id, rooms (sorted), data, runs, connections: of that name }
//   is-here id                 -> whether that socket is connected
//   say target ...args            emits `said` with args to { rooms, except }; empty: to all, the sender too
//   others ...args                emits `said` to all but the sender
//   direct id ...args             emits `said` by the socket of that id itself
//   volatile ...args              emits a volatile `said` to all
//   ask ...args                   emits `asked` with an acknowledgement back to the sender
//   kick id                       disconnects that socket
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import msgpack_parser from "socket.io-msgpack-parser";

const { values: options } = parseArgs({
    options: {
        port: { type: "string" },
        codec: { type: "string", default: "json" },
        away: { type: "string", default: "2000" },
    },
});

const http = createServer();
const io = new Server(http, {
    connectionStateRecovery: { maxDisconnectionDuration: Number(options.away), skipMiddlewares: true },
    ...(options.codec === "msgpack" && { parser: msgpack_parser }),
});

function serve(nsp) {
    const runs = new Map();
    const connections = new Map();
    const count = (map, socket) => map.set(socket.handshake.auth.name, (map.get(socket.handshake.auth.name) ?? 0) + 1);

    nsp.use((socket, next) => {
        count(runs, socket);
        next();
    });

    nsp.on("connection", (socket) => {
        count(connections, socket);
        const on = (event, handler) =>
            socket.on(event, (...args) => {
                const ack = args.pop();
                ack(handler(...args) ?? null);
            });
        on("join", (room) => void socket.join(room));
        on("leave", (room) => void socket.leave(room));
        on("set", (value) => void (socket.data.value = value));
        on("state", () => ({
            recovered: socket.recovered,
            id: socket.id,
            rooms: [...socket.rooms].sort(),
            data: socket.data.value ?? null,
            runs: runs.get(socket.handshake.auth.name) ?? 0,
            connections: connections.get(socket.handshake.auth.name) ?? 0,
        }));
        on("is-here", (id) => nsp.sockets.has(id));
        on("say", ({ rooms = [], except = [] }, ...args) => void nsp.to(rooms).except(except).emit("said", ...args));
        on("others", (...args) => void socket.broadcast.emit("said", ...args));
        on("direct", (id, ...args) => void nsp.sockets.get(id)?.emit("said", ...args));
        on("volatile", (...args) => void nsp.volatile.emit("said", ...args));
        on("ask", (...args) => void socket.emit("asked", ...args, () => {}));
        on("kick", (id) => void nsp.sockets.get(id)?.disconnect());
    });
}

serve(io.of("/"));
serve(io.of("/other"));

process.on("SIGTERM", () => io.close(() => process.exit(0)));
http.listen(Number(options.port), "127.0.0.1", () => console.log(`listening on ${http.address().port}`));
