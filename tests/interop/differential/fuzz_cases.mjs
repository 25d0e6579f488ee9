// SPDX-License-Identifier: BSL-1.0
// What differential_fuzz.mjs sends: a case is a kind and a list of inputs, made from a seed. Packets and requests are
// made by a grammar that knows what clients send, and then half of them are spoilt.
import notepack from "notepack.io";
import { frame_bytes, opcode } from "./websocket_link.mjs";

/// Small, and the same everywhere (mulberry32).
export class random {
    #state;

    constructor(seed) {
        this.#state = seed >>> 0;
    }

    next() {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let t = this.#state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return (t ^ (t >>> 14)) >>> 0;
    }

    below(count) {
        return this.next() % count;
    }

    /// One time in `count`.
    rarely(count) {
        return this.below(count) === 0;
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    list(most, make) {
        return Array.from({ length: this.below(most + 1) }, make);
    }
}

const texts = [
    "", "a", "two words", "é€😀", '"\\/', "\n\t\u0000\u001f", "\u2028", "_placeholder", "constructor",
    "x".repeat(200),
];
const numbers = [
    0, 1, -1, 1.5, -0.25, 1e21, 1e-7, 123456789, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), 5e-324,
    1.7976931348623157e308,
];

function value(r, depth = 0) {
    switch (r.below(depth < 4 ? 8 : 5)) {
        case 0:
            return null;
        case 1:
            return r.rarely(2);
        case 2:
            return r.pick(numbers);
        case 3:
            return r.pick(texts);
        case 4:
            return r.below(1000);
        case 5:
        case 6:
            return r.list(3, () => value(r, depth + 1));
        default:
            return Object.fromEntries(r.list(3, () => [r.pick(texts) || "k", value(r, depth + 1)]));
    }
}

const namespaces = ["", "", "", "", "", "/custom,", "/auth,", "/nope,", "/,", "/custom?a=b,", "/custom"];
const names = [
    "echo", "echo", "echo", "echo", "ack", "ack", "nobody listens", "", "message", "error", "connect",
    "disconnect",
];

/// Packets of Socket.IO in the default parser, with the attachments that follow: strings and buffers.
function socketio_packets(r) {
    const nsp = r.pick(namespaces);
    const id = r.rarely(2) ? String(r.pick([0, 1, 7, 123, 2 ** 53 - 1])) : "";
    switch (r.below(12)) {
        case 0:
            return [`40${nsp}${r.pick(["", "", "{}", '{"token":"secret"}', "[]", "null", '"x"', "1"])}`];
        case 1:
            return [`41${nsp}${r.pick(["", "", "", "1", '["x"]', "null"])}`];
        case 2:
            return [`43${nsp}${id}${JSON.stringify(r.list(2, () => value(r)))}`];
        case 3:
            return [`44${nsp}${r.pick(['{"message":"x"}', '"x"', ""])}`];
        case 4:
        case 5:
        case 6: {
            const binary = r.list(3, () => Buffer.from(r.list(5, () => r.below(256))));
            const args = binary.map((_, num) => ({ _placeholder: true, num }));
            args.push(...r.list(1, () => value(r)));
            const type = r.rarely(8) ? 6 : 5;
            const count = r.rarely(8) ? r.below(12) : binary.length;
            const data = JSON.stringify(type === 5 ? [r.pick(names), ...args] : args);
            return [`4${type}${count}-${nsp}${id}${data}`, ...binary];
        }
        case 7:
            return [`42${nsp}${id}["${r.pick(["kick", "cut"])}"]`];
        default:
            return [`42${nsp}${id}${JSON.stringify([r.pick(names), ...r.list(3, () => value(r))])}`];
    }
}

const engine_words = ["3", "3", "6", "2", "2probe", "3probe", "5", "1", "0", "7", "x", "4", "", "4x", "b", "3x"];

/// Packets of Engine.IO: mostly messages that are packets of Socket.IO.
function engine_packets(r) {
    return r.rarely(6) ? [r.pick(engine_words)] : socketio_packets(r);
}

/// Packets of the msgpack parser.
function msgpack_packet(r) {
    const nsp = r.pick(["/", "/", "/", "/", "/custom", "/auth", "/nope", "", "custom", 1, null]);
    const packet = { type: r.pick([2, 2, 2, 2, 2, 2, 0, 1, 3, 4, 5, 6, 7, -1, "2", 2.5, null]), nsp };
    if (packet.type === 0) {
        packet.data = r.pick([undefined, undefined, {}, { token: "secret" }, [], null, "x", 1]);
    } else {
        packet.data = r.pick([undefined, null, {}, "x", 1, [], ...Array(18).fill("event")]);
        if (packet.data === "event") {
            packet.data = [r.pick(names), ...r.list(3, () => msgpack_value(r))];
        }
    }
    if (r.rarely(3)) {
        packet.id = r.pick([0, 1, 7, 2 ** 53 - 1, -1, 1.5, "1", null]);
    }
    if (r.rarely(6)) {
        packet.options = { compress: true };
    }
    return Buffer.from(notepack.encode(packet));
}

function msgpack_value(r) {
    return r.rarely(4) ? Buffer.from(r.list(5, () => r.below(256))) : value(r);
}

const odd_bytes = [..."0123456789-+.eE,:[]{}\"\\/ \n\t\r\0tfnb_;=%&?x"].map((c) => c.charCodeAt(0));

/// One small change. `tokens`: what may be put in.
function spoilt(r, bytes, tokens = []) {
    const at = r.below(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (r.below(7)) {
        case 0:
            return Buffer.concat([before, after.subarray(1 + r.below(3))]);
        case 1:
            return Buffer.concat([before, Buffer.from([r.pick(odd_bytes)]), after]);
        case 2:
            return Buffer.concat([before, Buffer.from([r.pick(odd_bytes)]), after.subarray(1)]);
        case 3:
            return Buffer.concat([before, Buffer.from([r.below(256)]), after.subarray(1)]);
        case 4:
            return Buffer.concat([before, after.subarray(0, 1 + r.below(8)), after]);
        case 5:
            return before;
        default:
            return Buffer.concat([before, Buffer.from(r.pick(tokens.length > 0 ? tokens : ["null"]), "latin1"), after]);
    }
}

const packet_tokens = [
    "40", "41", "42", '["echo"]', "1-", "/custom,", '{"_placeholder":true,"num":0}', "\ud83d", "1e400",
    "\\u0041", "\\ud800", "[[", "]]", "0x1", "-0", '"__proto__":1',
];

function maybe_spoilt(r, packet) {
    if (!r.rarely(2)) {
        return packet;
    }
    const bytes = spoilt(r, Buffer.from(packet), packet_tokens);
    return typeof packet === "string" ? bytes.toString("utf8") : bytes;
}

/// A session over a WebSocket: packets, one a frame.
function packets_case(r) {
    return r.list(3, () => engine_packets(r).map((packet) => maybe_spoilt(r, packet))).flat();
}

/// Frames of all kinds, as the bytes they are.
function frames_case(r) {
    const one = () => {
        const [packet] = r.rarely(3) ? [r.pick(["3", "4", "42[\"echo\"]", ""])] : engine_packets(r);
        const is_text = typeof packet === "string";
        const frame = { type: is_text ? opcode.text : opcode.binary, payload: packet };
        switch (r.below(10)) {
            case 0:
                frame.type = r.below(16);
                break;
            case 1:
                frame.reserved = r.below(8);
                break;
            case 2:
                frame.masked = false;
                break;
            case 3: {
                const at = r.below(Buffer.byteLength(packet) + 1);
                const bytes = Buffer.from(packet);
                const first = frame_bytes({ ...frame, payload: bytes.subarray(0, at), fin: false });
                const between = r.rarely(2) ? frame_bytes({ type: opcode.ping, payload: "p" }) : Buffer.alloc(0);
                return [first, between, frame_bytes({ type: 0, payload: bytes.subarray(at) })];
            }
            case 4: {
                const code = r.pick([1000, 1001, 1002, 1005, 1006, 1007, 1015, 999, 3000, 4999, 5000]);
                const status = Buffer.from([code >> 8, code & 255]);
                const whole = Buffer.concat([status, Buffer.from(r.pick(["", "bye", "\u00e9"]))]);
                const payload = r.rarely(4) ? status.subarray(r.below(2)) : whole;
                return [frame_bytes({ type: opcode.close, payload })];
            }
            case 5: {
                const type = r.pick([opcode.ping, opcode.pong]);
                return [frame_bytes({ type, payload: "x".repeat(r.pick([0, 1, 125, 126])) })];
            }
        }
        return [frame_bytes(frame)];
    };
    const frames = [one(), ...r.list(2, one)].flat();
    return frames.map((bytes) => (r.rarely(4) ? spoilt(r, bytes, ["\x81\x80\0\0\0\0", "\x82\x80\0\0\0\0"]) : bytes));
}

/// Bodies of POST requests.
function posts_case(r) {
    if (r.rarely(30)) {
        return [Buffer.from(`40/custom,\x1e42/custom,["${r.pick(["echo", "ack", "cut"])}"]`)];
    }
    const as_text = (packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`);
    return [undefined, ...r.list(2)].map(() => {
        const packets = r.list(4, () => engine_packets(r)).flat();
        const body = Buffer.from(packets.map(as_text).join("\x1e"));
        return r.rarely(2) ? spoilt(r, body, ["\x1e", "\x1e\x1e", "b", "b=", "bAQ==", ...packet_tokens]) : body;
    });
}

const methods = ["GET", "GET", "GET", "GET", "POST", "OPTIONS", "HEAD", "PUT", "get", "FOO", "PATCH", "DELETE"];
const queries = [
    "EIO=4&transport=polling", "EIO=4&transport=polling&sid=unknown", "EIO=3&transport=polling",
    "transport=polling", "EIO=4", "", "EIO=4&transport=polling&t=x%20y", "EIO=4&EIO=4&transport=polling",
    "EIO=4&transport=websocket", "EIO=4&transport=constructor", "EIO=4&transport=polling&sid=",
];
const headers = [
    "Origin: http://a.example", "Content-Type: text/plain;charset=UTF-8", "Accept: */*", "Cookie: a=b",
    "Connection: close", "Connection: keep-alive", "Content-Length: 0",
    "Content-Length: 2\r\nContent-Length: 2", "Transfer-Encoding: chunked", "Expect: 100-continue", "X-A: ",
    "X-B:  two  words ", "Upgrade: h2c", "Accept-Encoding: gzip", "Access-Control-Request-Method: POST",
    "Host: other",
];
const http_tokens = [
    "\r\n", "\n", "\r", " ", "\t", ": ", "HTTP/1.0", "HTTP/1.1", "0\r\n\r\n", "Content-Length: 3\r\n", "%00",
    "#", "http://a", "\x80", "\0",
];

/// Requests on one connection, as the bytes they are.
function requests_case(r) {
    const one = () => {
        const method = r.pick(methods);
        const path = r.pick([
            "/socket.io/", "/socket.io/", "/socket.io/", "/socket.io/", "/socket.io", "/", "/socket.iox/", "*",
        ]);
        const query = r.pick(queries);
        const lines = [`${method} ${path}${query && "?"}${query} HTTP/1.${r.rarely(8) ? 0 : 1}`];
        if (!r.rarely(10)) {
            lines.push("Host: localhost");
        }
        lines.push(...r.list(2, () => r.pick(headers)));
        let body = "";
        if (method === "POST") {
            body = r.pick(["", "40", "4x", "3"]);
            lines.push(r.rarely(3) ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`);
            if (lines.at(-1).startsWith("T")) {
                const size = body.length.toString(16);
                const chunk = body && `${size}${r.pick(["", ";a=b", ';a="b"'])}\r\n${body}\r\n`;
                body = `${chunk}0\r\n${r.pick(["", "", "X-T: 1\r\n"])}\r\n`;
            }
        }
        const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
        return r.rarely(2) ? spoilt(r, bytes, http_tokens) : bytes;
    };
    return [one(), ...r.list(1, one)];
}

/// One opening handshake of a WebSocket.
function upgrades_case(r) {
    const query = r.pick([
        "EIO=4&transport=websocket", "EIO=4&transport=websocket", "EIO=4&transport=websocket", ...queries,
    ]);
    const fields = [
        ["Host: localhost"],
        [
            "Connection: Upgrade", "Connection: Upgrade", "Connection: keep-alive, Upgrade",
            "connection: upgrade", "Connection: close", undefined,
        ],
        [
            "Upgrade: websocket", "Upgrade: websocket", "Upgrade: WebSocket", "Upgrade: h2c",
            "Upgrade: h2c, websocket", undefined,
        ],
        [
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Version: 12", "Sec-WebSocket-Version: 013", undefined,
        ],
        [
            "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ=", "c2hvcnQ=", "",
        ].map((key) => `Sec-WebSocket-Key: ${key}`),
        [
            "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: a,,b",
            "Sec-WebSocket-Protocol: ", undefined, undefined, undefined, undefined,
        ],
        [
            "permessage-deflate", "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=99", "constructor", "permessage-deflate;;", "a=\"b\"",
            undefined, undefined,
        ].map((text) => text && `Sec-WebSocket-Extensions: ${text}`),
        [undefined, undefined, undefined, ...headers],
    ].map((choice) => r.pick(choice));
    const lines = [
        `${r.rarely(8) ? r.pick(methods) : "GET"} /socket.io/?${query} HTTP/1.1`,
        ...fields.filter((field) => field !== undefined),
    ];
    const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    return [r.rarely(2) ? spoilt(r, bytes, http_tokens) : bytes];
}

function msgpack_case(r) {
    return [undefined, ...r.list(2)].map(() => {
        const bytes = msgpack_packet(r);
        return r.rarely(2) ? spoilt(r, bytes, [
            "\xc0", "\xc1", "\xc4\x01", "\xd9\x01", "\xdc\x00\x01", "\xd4\x00\x00", "\xcb", "\xc2",
        ]) : bytes;
    });
}

const kinds = {
    requests: requests_case,
    upgrades: upgrades_case,
    posts: posts_case,
    packets: packets_case,
    frames: frames_case,
    msgpack: msgpack_case,
};

/// `{seed, kind, joins, inputs}`: the inputs are strings, which are text, and buffers; with `joins` the session is in
/// its namespace before they come.
export function case_of(seed) {
    const r = new random(seed);
    r.next();
    const kind = r.pick(Object.keys(kinds));
    return { seed, kind, joins: !r.rarely(5), inputs: kinds[kind](r) };
}

/// A case that is smaller in one way, for each way.
export function* smaller({ inputs, ...rest }) {
    for (const i of inputs.keys()) {
        yield { ...rest, inputs: inputs.toSpliced(i, 1) };
    }
    for (const [i, input] of inputs.entries()) {
        for (let size = input.length >> 1; size > 0; size >>= 1) {
            for (let at = 0; at + size <= input.length; at += size) {
                const shorter = typeof input === "string"
                    ? input.slice(0, at) + input.slice(at + size)
                    : Buffer.concat([input.subarray(0, at), input.subarray(at + size)]);
                yield { ...rest, inputs: inputs.toSpliced(i, 1, shorter) };
            }
        }
    }
}
