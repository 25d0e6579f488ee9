// SPDX-License-Identifier: BSL-1.0
// Bodies and requests of long-polling (features POLL-1 to POLL-22, HTTP-18).
import { chunked, request_bytes } from "./http_link.mjs";
import { separator } from "./polling_session.mjs";

const limit = 1_000_000;

/// One POST to an echo server; then what comes back, and whether the session lives.
const posted = (body, headers) => async (t) => {
    const session = await t.polling();
    t.note_answer("post", await session.post(body, headers));
    await session.fate("session", t.fence);
};

export const payloads = {
    "POLL-1 one packet": posted("4a"),
    "POLL-1 two packets": posted(`4a${separator}4b`),
    "POLL-1 a separator at the end": posted(`4a${separator}`),
    "POLL-1 a separator at the beginning": posted(`${separator}4a`),
    "POLL-1 nothing between separators": posted(`4a${separator}${separator}4b`),
    "POLL-1 many packets": posted(Array.from({ length: 100 }, (_, i) => `4${i}`).join(separator)),
    "POLL-2 binary": posted("bAQIDBA=="),
    "POLL-2 binary without padding": posted("bAQIDBA"),
    "POLL-2 binary of the URL alphabet": posted("b-_-_"),
    "POLL-2 no Base64": posted("b!!!!"),
    "POLL-2 empty binary": posted("b"),
    "POLL-2 binary between texts": posted(`4a${separator}bAQID${separator}4b`),
    "POLL-3 no content type": posted("4a", {}),
    "POLL-3 a form": posted("4a", { "Content-Type": "application/x-www-form-urlencoded" }),
    "POLL-4 octet-stream": posted("4a", { "Content-Type": "application/octet-stream" }),
    "POLL-4 octet-stream with a parameter": posted("4a", {
        "Content-Type": "application/octet-stream; charset=utf-8",
    }),
    "POLL-5 exactly the limit": posted(`4${"x".repeat(limit - 1)}`),
    "POLL-5 beyond the limit": posted(`4${"x".repeat(limit)}`),
    "POLL-5 beyond the limit in chunks": async (t) => {
        const session = await t.polling();
        const link = t.link();
        const headers = { "Transfer-Encoding": "chunked" };
        const body = chunked(`4${"x".repeat(limit)}`);
        await link.request(session.target, { method: "POST", headers, body });
        t.note_answer("post", await link.response());
        await session.fate("session", t.fence);
    },
    "POLL-8 empty body": posted(""),
    "POLL-8 no body": async (t) => {
        const session = await t.polling();
        await t.exchange("post", session.target, { method: "POST" });
        await session.fate("session", t.fence);
    },
    "POLL-8 an unknown type": posted("7abc"),
    "POLL-8 a letter": posted("hello"),
    "POLL-8 an unknown type after a message": posted(`4a${separator}7`),
    "POLL-8 a message after an unknown type": posted(`7${separator}4a`),
    "POLL-9 PING": posted("2"),
    "POLL-9 PING with a payload": posted("2probe"),
    "POLL-9 PONG that nobody waits for": posted("3"),
    "POLL-9 OPEN": posted('0{"sid":"x"}'),
    "POLL-9 UPGRADE": posted("5"),
    "POLL-9 NOOP": posted("6"),
    "POLL-9 an empty message": posted("4"),
    "POLL-22 characters beyond ASCII": posted("4é漢😀\u2028"),
    "POLL-22 invalid UTF-8": posted(Buffer.from([0x34, 0xff, 0xfe, 0x61])),
    "POLL-22 an overlong character": posted(Buffer.from([0x34, 0xc0, 0xaf])),
    "POLL-22 a character in two pieces": async (t) => {
        const session = await t.polling();
        const bytes = request_bytes(session.target, { method: "POST", body: "4漢" });
        await session.writer.write(bytes.subarray(0, -2));
        await t.round_trip();
        await session.writer.write(bytes.subarray(-2));
        t.note_answer("post", await session.writer.response("POST"));
        await session.fate("session", t.fence);
    },
};

/// A pending GET, something done, and what the GET is answered.
const with_pending = (action) => async (t) => {
    const session = await t.joined("polling");
    const pending = await session.start_poll();
    await action(t, session);
    t.note_answer("pending", await pending.response());
    await session.fate("session", t.fence);
};

const without_pending = (action) => async (t) => {
    const session = await t.joined("polling");
    await action(t, session);
    await session.fate("session", t.fence);
};

export const requests = {
    "POLL-3 answer of a POST, and its connection": async (t) => {
        const session = await t.polling();
        await t.exchange("post", session.target, { method: "POST", body: "40" });
    },
    "POLL-6 a second GET": with_pending(async (t, session) => t.note_answer("second", await session.poll())),
    "POLL-7 a second POST": async (t) => {
        const session = await t.joined("polling");
        const first = t.link();
        await first.write(request_bytes(session.target, { method: "POST", body: '42["echo",1]' }).subarray(0, -3));
        await t.round_trip();
        t.note_answer("second", await session.post('42["echo",2]'));
        await first.write("1]");
        t.note_answer("first", await first.response("POST"));
        await session.fate("session", t.fence);
    },
    "POLL-12 a GET that is given up": async (t) => {
        const observer = await t.observer();
        const session = await t.joined("polling");
        const pending = await session.start_poll();
        pending.reset();
        await t.note_reason("reason", observer, session.id);
        await session.fate("session", t.fence);
    },
    "POLL-13 a POST that is given up": async (t) => {
        const observer = await t.observer();
        const session = await t.joined("polling");
        const bytes = request_bytes(session.target, { method: "POST", body: "40 unfinished" });
        await session.writer.write(bytes.subarray(0, -3));
        await t.round_trip();
        session.writer.reset();
        await t.note_reason("reason", observer, session.id);
    },
    "POLL-14 CLOSE with a pending GET": with_pending(async (t, session) =>
        t.note_answer("post", await session.post("1")),
    ),
    "POLL-14 CLOSE without a pending GET": without_pending(async (t, session) =>
        t.note_answer("post", await session.post("1")),
    ),
    "POLL-14 a message after CLOSE": without_pending(async (t, session) =>
        t.note_answer("post", await session.send("1", '42["echo",1]')),
    ),
    "POLL-14 why the server says it ended": async (t) => {
        const observer = await t.observer();
        const session = await t.joined("polling");
        await session.post("1");
        await t.note_reason("reason", observer, session.id);
    },
    "POLL-8 a bad POST with a pending GET": with_pending(async (t, session) =>
        t.note_answer("post", await session.post("7")),
    ),
    "POLL-8 why the server says it ended": async (t) => {
        const observer = await t.observer();
        const session = await t.joined("polling");
        await session.post("7");
        await t.note_reason("reason", observer, session.id);
    },
    "POLL-15 closed by the server with a pending GET": with_pending(async (t, session) =>
        t.note_answer("post", await session.post('42["cut"]')),
    ),
    "POLL-15 closed by the server without a pending GET": without_pending(async (t, session) =>
        t.note_answer("post", await session.post('42["cut"]')),
    ),
    "POLL-16 what waits comes at once": async (t) => {
        const session = await t.joined("polling");
        await session.send('42["flood",20]');
        t.note_answer("poll", await session.poll());
    },
    "POLL-16 what comes for a pending GET": with_pending((t, session) => session.send('42["echo","now"]')),
    "POLL-21 GETs on connections of their own": async (t) => {
        const session = await t.joined("polling");
        for (const i of [1, 2]) {
            await session.send(`42["echo",${i}]`);
            await t.exchange(`poll ${i}`, session.target);
        }
    },
    "POLL-21 GET over HTTP/1.0": async (t) => {
        const session = await t.joined("polling");
        await session.send('42["echo",1]');
        await t.exchange("poll", session.target, { version: "1.0" });
    },
    "POLL-21 POST and GET in one pipeline": async (t) => {
        const session = await t.joined("polling");
        const post = request_bytes(session.target, { method: "POST", body: '42["echo",1]' });
        const link = t.link();
        await link.write(Buffer.concat([post, request_bytes(session.target)]));
        t.note_answer("post", await link.response("POST"));
        t.note_answer("poll", await link.response("GET"));
    },
    "HTTP-18 a long answer for who takes gzip": async (t) => {
        const session = await t.joined("polling");
        await session.send(`42["echo","${"x".repeat(5000)}"]`);
        const link = t.link();
        await link.request(session.target, { headers: { "Accept-Encoding": "gzip, deflate, br" } });
        const { status, headers } = await link.response();
        t.note("poll", { status, coding: headers["content-encoding"] ?? "none", vary: headers.vary });
    },
    "HTTP-18 a short answer for who takes gzip": async (t) => {
        const session = await t.joined("polling");
        await session.send('42["echo",1]');
        await t.exchange("poll", session.target, { headers: { "Accept-Encoding": "gzip" } });
    },
    "POLL-4 octet-stream, and why the server says it ended": async (t) => {
        const observer = await t.observer();
        const session = await t.joined("polling");
        await session.post("4a", { "Content-Type": "application/octet-stream" });
        await t.note_reason("reason", observer, session.id);
    },
};
