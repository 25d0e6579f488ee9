// SPDX-License-Identifier: BSL-1.0
// npm's socket.io on Bun, over its own engine, with the events of cosio_bench_server.
// Usage: bun bun_server.mjs --port N [--codec json|msgpack] [--tls --certificate FILE --key FILE]
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";

import { add_events, read_server_options } from "./bench_events.mjs";

const { port, codec, tls, certificate, key } = read_server_options();
const parser = codec === "msgpack" ? { parser: (await import("socket.io-msgpack-parser")).default } : {};
const io = new Server(parser);
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
add_events(io);

const http = Bun.serve({
    ...engine.handler(),
    hostname: "127.0.0.1",
    port,
    ...(tls ? { tls: { cert: Bun.file(certificate), key: Bun.file(key) } } : {}),
});
console.log(`listening on ${tls ? "https" : "http"}://127.0.0.1:${http.port}`);
