// SPDX-License-Identifier: BSL-1.0
// Methods, and HTTP as it should not be (features HTTP-6, 9; spec of HTTP/1.1).
import { chunked, request_bytes } from "./http_link.mjs";

const handshake = "/socket.io/?EIO=4&transport=polling";

const without_session = (method, body) => (t) => t.exchange("reply", handshake, { method, body });

const with_session = (method, body) => async (t) => {
    const session = await t.polling();
    await t.exchange("reply", session.target, { method, body });
    await session.fate("session", t.fence);
};

export const methods = {
    "HTTP-6 POST without a session": without_session("POST", "40"),
    "HTTP-6 PUT without a session": without_session("PUT", "40"),
    "HTTP-6 DELETE without a session": without_session("DELETE"),
    "HTTP-6 HEAD without a session": without_session("HEAD"),
    "HTTP-6 PATCH without a session": without_session("PATCH", "40"),
    "HTTP-6 PUT with a session": with_session("PUT", "40"),
    "HTTP-6 DELETE with a session": with_session("DELETE"),
    "HTTP-6 PATCH with a session": with_session("PATCH", "40"),
    "HTTP-6 HEAD with a session": with_session("HEAD"),
    "HTTP-9 OPTIONS where no origin is allowed": (t) =>
        t.exchange("reply", handshake, {
            method: "OPTIONS",
            headers: { Origin: "http://page.example", "Access-Control-Request-Method": "POST" },
        }),
    "HTTP-9 OPTIONS with a session": with_session("OPTIONS"),
    "HTTP-6 TRACE": without_session("TRACE"),
    "HTTP-6 an unknown method": without_session("BREW"),
    "HTTP-6 a method in small letters": without_session("get"),
};

const raw = (...parts) => (t) => t.raw_exchange("reply", ...parts);
const get = (...lines) => raw([`GET ${handshake} HTTP/1.1`, ...lines, "", ""].join("\r\n"));

/// A POST of a session with hand-made headers and bytes; then what is left of the session.
const post = (headers, body) => async (t) => {
    const session = await t.polling();
    await t.raw_exchange("reply", [`POST ${session.target} HTTP/1.1`, "Host: x", ...headers, "", body].join("\r\n"));
    await session.fate("session", t.fence);
};

export const malformed = {
    "RFC9112 no Host": get("X: y"),
    "RFC9112 two Hosts": get("Host: a", "Host: b"),
    "RFC9112 empty Host": get("Host:"),
    "RFC9112 garbage": raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage\r\n\r\n"),
    "RFC9112 no version": raw(`GET ${handshake}\r\n\r\n`),
    "RFC9112 a version to come": raw(`GET ${handshake} HTTP/3.0\r\nHost: x\r\n\r\n`),
    "RFC9112 the preface of HTTP/2": raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "RFC9112 a target without a slash": raw("GET socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    "RFC9112 a space in the target": raw(`GET /socket.io/ ?EIO=4 HTTP/1.1\r\nHost: x\r\n\r\n`),
    "RFC9112 empty lines before the request": raw(`\r\n\r\nGET ${handshake} HTTP/1.1\r\nHost: x\r\n\r\n`),
    "RFC9112 lines end with LF": raw(`GET ${handshake} HTTP/1.1\nHost: x\n\n`),
    "RFC9112 a space before the colon": get("Host: x", "X : y"),
    "RFC9112 a folded header": get("Host: x", "X: y", " z"),
    "RFC9112 a header without a name": get("Host: x", ": y"),
    "RFC9112 a header without a colon": get("Host: x", "nothing"),
    "RFC9112 NUL in a header": get("Host: x", "X: a\x00b"),
    "RFC9112 headers of 20 kB": get("Host: x", `X: ${"y".repeat(20_000)}`),
    "RFC9112 a target of 20 kB": raw(`GET ${handshake}&x=${"y".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    "RFC9112 the whole answer of a bad request": async (t) => {
        const link = t.link();
        await link.write("GET socket.io HTTP/1.1\r\n\r\n");
        await t.note_reply("reply", link, await link.response("GET"));
    },
    "RFC9112 a request byte by byte": (t) =>
        t.raw_exchange("reply", ...request_bytes(handshake).toString("latin1")),
    "RFC9112 two requests at once": async (t) => {
        const link = t.link();
        const unknown = request_bytes("/socket.io/?EIO=4&transport=none");
        await link.write(Buffer.concat([request_bytes(handshake), unknown]));
        t.note_answer("first", await link.response("GET"));
        await t.note_reply("second", link, await link.response("GET"));
    },
    "RFC9112 Expect: 100-continue": post(["Expect: 100-continue", "Content-Length: 2"], "40"),
    "RFC9112 Expect: 100-continue, and it is waited for": async (t) => {
        const session = await t.polling();
        const head = [`POST ${session.target} HTTP/1.1`, "Host: x", "Expect: 100-continue", "Content-Length: 2", "", ""];
        const link = t.link();
        await link.write(head.join("\r\n"));
        await link.until(() => link.buffer.includes("\r\n\r\n"));
        await link.write("40");
        await t.note_reply("reply", link, await link.response("POST"));
    },
    "RFC9112 another expectation": post(["Expect: tea", "Content-Length: 2"], "40"),
    "RFC9112 a chunked POST": post(["Transfer-Encoding: chunked"], chunked("40")),
    "RFC9112 chunks with extensions and trailers": post(
        ["Transfer-Encoding: chunked"],
        "2;a=b\r\n40\r\n0\r\nX: y\r\n\r\n",
    ),
    "RFC9112 chunks of a bad size": post(["Transfer-Encoding: chunked"], "zz\r\n40\r\n0\r\n\r\n"),
    "RFC9112 chunked and Content-Length": post(
        ["Transfer-Encoding: chunked", "Content-Length: 12"],
        chunked("40"),
    ),
    "RFC9112 an unknown Transfer-Encoding": post(["Transfer-Encoding: gzip"], "40"),
    "RFC9112 chunked is not last": post(["Transfer-Encoding: chunked, gzip"], chunked("40")),
    "RFC9112 two equal Content-Lengths": post(["Content-Length: 2", "Content-Length: 2"], "40"),
    "RFC9112 two Content-Lengths": post(["Content-Length: 2", "Content-Length: 3"], "40x"),
    "RFC9112 a negative Content-Length": post(["Content-Length: -2"], "40"),
    "RFC9112 a Content-Length of letters": post(["Content-Length: 2x"], "40"),
};
