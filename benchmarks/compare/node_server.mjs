// SPDX-License-Identifier: BSL-1.0
// npm's socket.io on Node with the events of cosio_bench_server.
// Usage: node node_server.mjs --port N [--codec json|msgpack] [--tls --certificate FILE --key FILE]
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as create_secure_server } from "node:https";
import { Server } from "socket.io";

import { add_events, fail, read_server_options } from "./bench_events.mjs";

const { port, codec, tls, certificate, key } = read_server_options();
const http = tls
    ? create_secure_server({ cert: readFileSync(certificate), key: readFileSync(key) })
    : createServer();
const parser = codec === "msgpack" ? { parser: (await import("socket.io-msgpack-parser")).default } : {};
add_events(new Server(http, parser));

http.on("error", (error) => fail(error.message));
http.listen(port, "127.0.0.1", () =>
    console.log(`listening on ${tls ? "https" : "http"}://127.0.0.1:${http.address().port}`),
);
