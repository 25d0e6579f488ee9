// SPDX-License-Identifier: BSL-1.0
// The npm servers that the suites of this folder are developed against.
//
//   node reference_server.mjs --port N [--codec json|msgpack] [--deflate off|messages|context] [--eio3]   what CONTRACT.md describes
//       [--certificate FILE --key FILE] [--unix PATH]   over TLS, at a Unix socket
//   node reference_server.mjs --port N --version 3.1.2          of it what socket.io 3 can do, and interop_client.cpp asks for
//   node reference_server.mjs --port N --conformance            what conformance.mjs asks for
//   node reference_server.mjs --port N --engine                 the same, for run.mjs --engine
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as create_secure_server } from "node:https";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Server as engine_server } from "engine.io";
import { Server as server_4_8_4 } from "socket.io";
import { Server as server_3_1_2 } from "socket.io-3.1.2";
import msgpack_parser from "socket.io-msgpack-parser";

const { values: options } = parseArgs({
    options: {
        port: { type: "string" },
        unix: { type: "string" },
        certificate: { type: "string" },
        key: { type: "string" },
        codec: { type: "string", default: "json" },
        deflate: { type: "string", default: "off" },
        eio3: { type: "boolean", default: false },
        version: { type: "string", default: "4.8.4" },
        conformance: { type: "boolean", default: false },
        engine: { type: "boolean", default: false },
    },
});

const servers = { "4.8.4": server_4_8_4, "3.1.2": server_3_1_2 };
const Server = servers[options.version];
const observers = "observers";

/// Takes the acknowledgement off the arguments of an event; a no-op when none was asked for.
function split_ack(args) {
    return typeof args.at(-1) === "function" ? [args.slice(0, -1), args.at(-1)] : [args, () => {}];
}

/// socket.timeout(), which socket.io 3 does not have.
function with_timeout(socket, timeout_ms, event, done) {
    if (socket.timeout) {
        socket.timeout(timeout_ms).emit(...event, done);
        return;
    }
    const late = setTimeout(timeout_ms).then(() => ["timeout"]);
    const answered = new Promise((resolve) => socket.emit(...event, (...values) => resolve([null, ...values])));
    Promise.race([late, answered]).then((outcome) => done(...outcome));
}

/// Emits `question` and tells how it ended; unlike Node's server it ends with the connection, too.
function ask(socket, timeout_ms, args) {
    return new Promise((resolve) => {
        const on_disconnect = () => resolve({ outcome: "disconnected", values: [] });
        socket.once("disconnect", on_disconnect);
        with_timeout(socket, timeout_ms, ["question", ...args], (error, ...values) => {
            socket.off("disconnect", on_disconnect);
            resolve(error ? { outcome: "timeout", values: [] } : { outcome: "ok", values });
        });
    });
}

function serve_socket(nsp, socket) {
    const on = (event, handler) =>
        socket.on(event, (...args) => {
            const [plain, ack] = split_ack(args);
            handler(plain, ack);
        });

    socket.setMaxListeners(0);
    socket.emit("hello", socket.id, nsp.name);

    on("echo", (args) => socket.emit("echo", ...args));
    on("ack", (args, ack) => ack(...args));

    on("ask", async ([timeout_ms, ...args]) => {
        const { outcome, values } = await ask(socket, timeout_ms, args);
        nsp.to(socket.id).to(observers).emit("asked", socket.id, outcome, values);
    });
    on("ask-room", ([timeout_ms, room, ...args], ack) =>
        nsp
            .in(room)
            .timeout(timeout_ms)
            .emit("question", ...args, (error, values) => ack(error ? "timeout" : "ok", values)),
    );

    on("join", async ([rooms], ack) => {
        await socket.join(rooms);
        ack([...socket.rooms]);
    });
    on("leave", async ([room], ack) => {
        await socket.leave(room);
        ack([...socket.rooms]);
    });
    on("relay", ([spec, event, ...args], ack) => {
        let operator = spec.sender ? nsp.except([]) : socket.broadcast;
        for (const room of spec.to ?? []) {
            operator = operator.to(room);
        }
        for (const room of spec.in ?? []) {
            operator = operator.in(room);
        }
        for (const room of spec.except ?? []) {
            operator = operator.except(room);
        }
        (spec.volatile ? operator.volatile : operator).emit(event, ...args);
        ack();
    });

    on("volatile", ([count]) => {
        for (let i = 0; i < count; ++i) {
            socket.volatile.emit("volatile", i);
        }
        socket.emit("volatile-end", count);
    });
    on("flood", ([count]) => {
        for (let i = 0; i < count; ++i) {
            socket.emit("flood", i);
        }
    });

    let earlier = Promise.resolve();
    on("in-order", ([ms, ...args], ack) => {
        earlier = earlier.then(() => setTimeout(ms)).then(() => ack(...args));
    });

    on("set", ([key, value], ack) => {
        socket.data[key] = value;
        ack();
    });
    on("get", ([key], ack) => ack(socket.data[key] ?? null));
    on("handshake", (args, ack) => {
        const { address, secure, url, query, headers, auth } = socket.handshake;
        ack({ address, secure, url, query, headers, auth });
    });

    on("kick", ([close]) => socket.disconnect(close));
    on("cut", () => socket.conn.close());

    let rooms = [];
    socket.on("disconnecting", () => (rooms = [...socket.rooms]));
    socket.on("disconnect", (reason) => nsp.to(observers).emit("gone", socket.id, reason, rooms));
}

/// What CONTRACT.md means by `--deflate`.
const compressions = {
    off: false,
    messages: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    context: { threshold: 0 },
};

function serve_contract(http) {
    const io = new Server(http, {
        pingInterval: 500,
        pingTimeout: 4000,
        allowEIO3: options.eio3,
        cleanupEmptyChildNamespaces: true,
        perMessageDeflate: compressions[options.deflate],
        parser: options.codec === "msgpack" ? msgpack_parser : undefined,
    });
    io.of("/auth").use((socket, next) => {
        if (socket.handshake.auth.token === "secret") {
            next();
        } else {
            const error = new Error("not authorized");
            error.data = { code: "E_TOKEN", expected: ["secret"], retry: false };
            next(error);
        }
    });
    io.of(/^\/made-[0-9]+$/).on("connection", (socket) => {
        socket.emit("hello", socket.id, socket.nsp.name);
        socket.on("echo", (...args) => socket.nsp.emit("echo", ...args));
        socket.on("ack", (...args) => args.pop()(...args));
    });
    for (const name of ["/", "/custom", "/auth"]) {
        io.of(name).on("connection", (socket) => serve_socket(io.of(name), socket));
    }
    return io;
}

function serve_conformance(http) {
    const timing = { pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 1e6 };
    const common = {
        ...timing,
        allowEIO3: options.eio3,
        cors: { origin: "*" },
        destroyUpgrade: false,
    };
    const io = new Server(http, { ...common, connectTimeout: 1000 });
    for (const name of ["/", "/custom"]) {
        io.of(name).on("connection", (socket) => {
            socket.emit("auth", socket.handshake.auth);
            socket.on("message", (...args) => socket.emit("message-back", ...args));
            socket.on("message-with-ack", (...args) => args.pop()(...args));
        });
    }
    const echo = new engine_server(common);
    echo.attach(http, { path: "/engine.io/", destroyUpgrade: false });
    echo.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    io.engine.on("close", () => echo.close());
    return io;
}

const not_found = (request, response) => {
    response.writeHead(404, { "content-type": "text/plain" });
    response.end("Not Found\n");
};
const http = options.certificate
    ? create_secure_server(
          { cert: readFileSync(options.certificate), key: readFileSync(options.key) },
          not_found,
      )
    : createServer(not_found);
const io = options.conformance || options.engine ? serve_conformance(http) : serve_contract(http);
process.on("SIGTERM", () => {
    io.close();
    http.closeAllConnections();
    setImmediate(() => process.exit(0));
});
const place = options.unix ?? Number(options.port);
http.listen(place, () => console.log(`listening on ${options.unix ?? `port ${place}`}`));
