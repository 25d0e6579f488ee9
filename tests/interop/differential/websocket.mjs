// SPDX-License-Identifier: BSL-1.0
// WebSocket: who is let in, frames by RFC 6455, packets (features WS-1 to WS-18).
import { frame_bytes, opcode } from "./websocket_link.mjs";

const limit = 1_000_000;

const asked = (query, options) => async (t) => {
    const session = await t.note_websocket("reply", query, options);
    await session?.fate("session", t.fence);
};

const header = (name, value, query) => asked(query, { headers: { [name]: value } });

export const refusals = {
    "WS-2 a WebSocket": asked(),
    "WS-8 unknown transport": asked({ transport: "carrier" }),
    "WS-8 no transport": asked({}, { target: "/socket.io/?EIO=4" }),
    "WS-8 webtransport": asked({ transport: "webtransport" }),
    "WS-9 EIO=3": asked({ EIO: "3" }),
    "WS-9 no EIO": asked({}, { target: "/socket.io/?transport=websocket" }),
    "WS-10 transport=polling": asked({ transport: "polling" }),
    "WS-11 the sid of a session that is a WebSocket": async (t) => {
        const first = await t.joined();
        const second = await t.note_websocket("reply", { sid: first.sid });
        await second?.fate("second", t.fence);
        await first.fate("first", t.fence);
    },
    "WS-12 unknown sid": asked({ sid: "unknown" }),
    "WS-12 sid of Object.prototype": asked({ sid: "constructor" }),
    "WS-13 version 8": header("Sec-WebSocket-Version", "8"),
    "WS-13 version 99": header("Sec-WebSocket-Version", "99"),
    "WS-13 no version": header("Sec-WebSocket-Version", undefined),
    "WS-13 no key": header("Sec-WebSocket-Key", undefined),
    "WS-13 a short key": header("Sec-WebSocket-Key", "c2hvcnQ="),
    "WS-13 an upgrade to something else": header("Upgrade", "h2c"),
    "WS-13 Upgrade in capitals": header("Upgrade", "WebSocket"),
    "WS-13 no Connection: Upgrade": header("Connection", "keep-alive"),
    "WS-13 Connection: keep-alive, Upgrade": header("Connection", "keep-alive, Upgrade"),
    "WS-13 by POST": asked({}, { method: "POST" }),
    "WS-13 over HTTP/1.0": asked({}, { version: "1.0" }),
    "WS-13 sub-protocols": header("Sec-WebSocket-Protocol", "chat, superchat"),
    "WS-15 compression is offered": header("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    "WS-15 an unknown extension": header("Sec-WebSocket-Extensions", "x-nonsense; a=1"),
    "WS-15 extensions that are no list": header("Sec-WebSocket-Extensions", ";;=,"),
    "WS-14 frames with the request": async (t) => {
        const head = frame_bytes({ type: opcode.text, payload: "40/head," });
        const session = await t.note_websocket("reply", {}, { head });
        t.note("open", await session.take(1));
        await session.fate("session", t.fence);
    },
    "WS-13 an upgrade at another path": {
        slow: true, // Node's server lets the connection be for a second
        run: async (t) => {
            const { link, reply } = await t.ask_websocket({}, { target: "/elsewhere" });
            t.note("status", reply?.status ?? "none");
            await t.ended(link);
            t.note("ended", true);
        },
    },
    "WS-2 HTTP after a refusal": async (t) => {
        const { link, reply } = await t.ask_websocket({ transport: "carrier" });
        await t.note_reply("reply", link, reply);
    },
};

/// Frames to an echo server; then what comes back, and whether the session lives.
const framed = (...list) => async (t) => {
    const session = await t.session("websocket");
    list.forEach((frame) => session.frame(frame));
    await session.fate("session", t.fence);
};

const text = (payload, more) => ({ type: opcode.text, payload, ...more });
const more = (payload, rest) => ({ type: opcode.continuation, payload, ...rest });
const unfinished = { fin: false };

export const frames = {
    "WS-16 a ping": framed({ type: opcode.ping, payload: "abc" }),
    "WS-16 an empty ping": framed({ type: opcode.ping }),
    "WS-16 a pong that nobody waits for": framed({ type: opcode.pong, payload: "abc" }),
    "WS-17 a message in fragments": framed(text("4a", unfinished), more("b", unfinished), more("c")),
    "WS-17 a ping between fragments": framed(text("4a", unfinished), { type: opcode.ping, payload: "x" }, more("b")),
    "WS-17 empty fragments": framed(text("", unfinished), more("", unfinished), more("4a")),
    "WS-17 not masked": framed(text("4a", { masked: false })),
    "WS-17 a reserved bit": framed(text("4a", { reserved: 4 })),
    "WS-17 another reserved bit": framed(text("4a", { reserved: 1 })),
    "WS-17 a reserved opcode": framed({ type: 3, payload: "x" }),
    "WS-17 a reserved control opcode": framed({ type: 11, payload: "x" }),
    "WS-17 a control frame in fragments": framed({ type: opcode.ping, payload: "x", fin: false }),
    "WS-17 a control frame of 126 bytes": framed({ type: opcode.ping, payload: "x".repeat(126) }),
    "WS-17 a continuation of nothing": framed(more("4a")),
    "WS-17 a message within a message": framed(text("4a", unfinished), text("4b")),
    "WS-17 invalid UTF-8": framed(text(Buffer.from([0x34, 0xff, 0xfe]))),
    "WS-17 UTF-8 cut by the end": framed(text(Buffer.from([0x34, 0xe6, 0xbc]))),
    "WS-17 a character in two fragments": framed(
        text(Buffer.from([0x34, 0xe6]), unfinished),
        more(Buffer.from([0xbc, 0xa2])),
    ),
    "WS-18 close with 1000": framed({ type: opcode.close, payload: Buffer.from([0x03, 0xe8]) }),
    "WS-18 close with 1000 and a reason": framed({
        type: opcode.close,
        payload: Buffer.from([0x03, 0xe8, 0x62, 0x79, 0x65]),
    }),
    "WS-18 close without a status": framed({ type: opcode.close }),
    "WS-18 close with 4321": framed({ type: opcode.close, payload: Buffer.from([0x10, 0xe1]) }),
    "WS-18 close with 999": framed({ type: opcode.close, payload: Buffer.from([0x03, 0xe7]) }),
    "WS-18 close with 1005": framed({ type: opcode.close, payload: Buffer.from([0x03, 0xed]) }),
    "WS-18 close with one byte": framed({ type: opcode.close, payload: Buffer.from([0x03]) }),
    "WS-18 close with an invalid reason": framed({
        type: opcode.close,
        payload: Buffer.from([0x03, 0xe8, 0xff]),
    }),
    "WS-18 a message after the close": framed({ type: opcode.close, payload: Buffer.from([0x03, 0xe8]) }, text("4a")),
};

const sent = (...packets) => async (t) => {
    const session = await t.session("websocket");
    await session.send(...packets);
    await session.fate("session", t.fence);
};

export const messages = {
    "WS-1 text": sent("4hello"),
    "WS-1 binary": sent(Buffer.from([4, 1, 2, 255])),
    "WS-1 empty binary": sent(Buffer.alloc(0)),
    "WS-1 an empty message": sent("4"),
    "WS-3 empty text": sent(""),
    "WS-3 an unknown type": sent("7x"),
    "WS-3 a letter": sent("hello"),
    "WS-4 CLOSE": sent("1"),
    "WS-5 OPEN": sent('0{"sid":"x"}'),
    "WS-5 PING": sent("2"),
    "WS-5 PING with a payload": sent("2probe"),
    "WS-5 PONG that nobody waits for": sent("3"),
    "WS-5 UPGRADE": sent("5"),
    "WS-5 NOOP": sent("6"),
    "WS-6 Base64": sent("bAQID"),
    "WS-6 no Base64": sent("b!!!!"),
    "WS-7 text of the limit": sent(`4${"x".repeat(limit - 1)}`),
    "WS-7 binary of the limit": sent(Buffer.alloc(limit, 1)),
    "WS-7 text beyond the limit": sent(`4${"x".repeat(limit)}`),
    "WS-7 binary beyond the limit": sent(Buffer.alloc(limit + 1, 1)),
    "WS-7 fragments beyond the limit": framed(text(`4${"x".repeat(limit - 1)}`, unfinished), more("y")),
    "WS-7 a frame header beyond all limits": async (t) => {
        const session = await t.session("websocket");
        session.link.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]));
        await session.fate("session", t.fence);
    },
};
