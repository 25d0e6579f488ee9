// Prints packets and the bytes that npm's socket.io-msgpack-parser makes of them, one JSON object per line.
// Read by msgpack_vectors_check, which makes the same packets in C++, compares every byte and reads them back.
//
// Values in neutral form, so that no number passes through a JSON reader:
//   null, true, false, "text", {"n": bits of the double in hex}, {"b": bytes in hex},
//   [values], {"o": [[key, value], ...]} in the order of JavaScript
// A line with "decode": true holds bytes that C++ never writes: undefined, Date, ArrayBuffer, unknown keys.
// usage: msgpack_vectors.mjs [count] [seed]

import { encode as encodeByNotepack3 } from "notepack.io";
import parser from "socket.io-msgpack-parser";

const count = Number(process.argv[2] ?? 4000);
let state = Number(process.argv[3] ?? 1);

function random(below) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
}

const pick = (list) => list[random(list.length)];

function hexOfDouble(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes.toString("hex");
}

function neutral(value) {
    if (value === null || value === undefined) {
        return null;
    }
    if (typeof value === "boolean" || typeof value === "string") {
        return value;
    }
    if (typeof value === "number") {
        return { n: hexOfDouble(value) };
    }
    if (value instanceof Date) {
        return value.toISOString();
    }
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
        return { b: Buffer.from(value).toString("hex") };
    }
    if (Array.isArray(value)) {
        return value.map(neutral);
    }
    return { o: Object.entries(value).map(([key, member]) => [key, neutral(member)]) };
}

let printed = 0;

function print(packet, bytes, decode, more = {}) {
    const line = { type: packet.type, nsp: packet.nsp, hex: bytes.toString("hex"), decode, ...more };
    if (packet.id !== undefined) {
        line.id = packet.id;
    }
    if (packet.data !== undefined) {
        line.data = neutral(packet.data);
    }
    console.log(JSON.stringify(line));
    ++printed;
}

const encode = (packet) => new parser.Encoder().encode(packet)[0];

// What a server with connection state recovery adds to an event; C++ adds it to the encoded event.
const offset = "k3-x0-2s";

function printPacket(packet) {
    const bytes = encode(packet);
    new parser.Decoder().add(bytes); // throws if npm would not take it back
    print(packet, bytes, false);
    if (packet.type === 2 && packet.id === undefined && packet.data.length <= 1024) {
        const { data, ...others } = packet;
        const longer = { ...others, data: [...data, offset] };
        const order = Object.fromEntries(Object.keys(packet).map((key) => [key, longer[key]]));
        print(order, encode(order), false, { offset });
    }
}

// Beyond 64 bits notepack.io writes an integer modulo 2^64; C++ writes a float64 instead.
const fitsNotepack = (value) => !Number.isInteger(value) || (value >= -(2 ** 63) && value < 2 ** 64);

const boundaries = [5, 7, 8, 15, 16, 31, 32, 52, 53, 62, 63, 64].flatMap((bits) =>
    [-1, 0, 1].flatMap((offset) => [2 ** bits + offset, -(2 ** bits) + offset])
);
const numbers = [
    0, -0, 1, -1, 0.1, 0.5, 1.5, 1e-7, 5e-324, 1.7976931348623157e308, 1e20, 0.1 + 0.2, NaN, Infinity, -Infinity,
    ...boundaries,
].filter(fitsNotepack);
const strings = [
    "", "a", "echo", 'quote " backslash \\', "\0\u001f\u007f\u0080", "é€😀\u2028\ufffd\uffff", "x".repeat(31),
    "x".repeat(32), "€".repeat(11), "x".repeat(255), "x".repeat(256), "_placeholder",
];

function randomNumber() {
    switch (random(5)) {
        case 0: return pick(numbers);
        case 1: return random(600) - 300;
        case 2: return (random(2 ** 31) - 2 ** 30) * 2 ** random(33);
        case 3: return (random(2 ** 31) - 2 ** 30) / 10 ** random(12);
        default: {
            const bytes = Buffer.from(Array.from({ length: 8 }, () => random(256)));
            const value = bytes.readDoubleBE();
            return fitsNotepack(value) ? value : 0.5;
        }
    }
}

function randomString() {
    if (random(3) === 0) {
        return pick(strings);
    }
    let text = "";
    for (let length = random(48); length > 0; --length) {
        const code = pick([random(0x20), 0x20 + random(0x60), 0x20 + random(0x60), random(0xd800), 0x10000 + random(0x100000)]);
        text += String.fromCodePoint(code);
    }
    return text;
}

function randomValue(depth) {
    switch (random(depth > 0 ? 10 : 6)) {
        case 0:
        case 1: return randomNumber();
        case 2:
        case 3: return randomString();
        case 4: return pick([null, true, false]);
        case 5: return Buffer.from(Array.from({ length: random(40) }, () => random(256)));
        case 6:
        case 7: return Array.from({ length: random(20) }, () => randomValue(depth - 1));
        default: {
            const object = {};
            for (let members = random(20); members > 0; --members) {
                object[random(4) ? randomString() : String(random(100))] = randomValue(depth - 1);
            }
            return object;
        }
    }
}

// The order of the keys is that of socket.io's server: lib/socket.ts, lib/client.ts.
function randomPacket() {
    const nsp = pick(["/", "/", "/admin", "/a/b-é", "/😀", "/" + "n".repeat(300)]);
    const id = pick([0, 7, 127, 128, random(2 ** 31), 2 ** 53 - 1]);
    const values = () => Array.from({ length: random(4) }, () => randomValue(3));
    switch (random(10)) {
        case 0: return { type: 0, data: { sid: "abc", token: randomValue(3) }, nsp };
        case 1: return { type: 4, data: { message: randomString(), data: randomValue(3) }, nsp };
        case 2: return random(2) ? { type: 0, nsp } : { type: 1, nsp };
        case 3:
        case 4: return { id, type: 3, data: values(), nsp };
        case 5:
        case 6: return { type: 2, data: ["e" + randomString(), ...values()], id, nsp };
        default: return { type: 2, data: ["e" + randomString(), ...values()], nsp };
    }
}

const nested = (depth) => (depth === 0 ? "leaf" : depth % 2 ? [nested(depth - 1)] : { k: nested(depth - 1) });
const object = (size) => Object.fromEntries(Array.from({ length: size }, (_, i) => ["k" + i, i]));

const fixed = [
    { type: 0, nsp: "/" },
    { type: 0, data: { sid: "abc" }, nsp: "/admin" },
    { type: 1, nsp: "/admin" },
    { type: 2, data: ["ev", ...numbers], nsp: "/" },
    { type: 2, data: ["ev", ...strings], nsp: "/" },
    { type: 2, data: ["ev", JSON.parse('{"__proto__":1,"constructor":{"2":1,"10":2,"1":3}}')], nsp: "/" },
    { type: 2, data: ["ev", [], {}, [[]], [{}], { a: { b: [null] } }, nested(127)], id: 12, nsp: "/n" },
    ...[255, 256, 65535, 65536].map((size) => ({ type: 2, data: ["ev", "x".repeat(size), Buffer.alloc(size, 1)], nsp: "/" })),
    ...[15, 16, 65535, 65536].map((size) => ({ type: 2, data: ["ev", new Array(size).fill(1), object(size)], nsp: "/" })),
    ...[13, 14, 15, 1023, 1024].map((size) => ({ type: 2, data: ["ev", ...new Array(size).fill(null)], nsp: "/" })),
    ...[31, 32, 255, 256].map((size) => ({ type: 2, data: ["ev"], nsp: "/".padEnd(size, "n") })),
    { id: 2 ** 53 - 1, type: 3, data: [], nsp: "/" },
    { type: 4, data: { message: "Invalid namespace" }, nsp: "/n" },
];

const dates = [0, 1, 999, 1700000000241, -1, -62135596800000, 253402300800000, 8.64e15, -8.64e15].map((ms) => new Date(ms));
const likeDates = { type: 2, data: ["ev", ...dates], nsp: "/" };
const likeBuffers = { type: 2, data: ["ev", new ArrayBuffer(3), new Uint8Array([1, 2]), new ArrayBuffer(70000)], nsp: "/" };
const onlyRead = [
    { type: 0, data: undefined, nsp: "/" },
    { type: 0, data: { sid: "abc", pid: undefined }, nsp: "/" },
    { type: 2, data: ["ev", undefined, [undefined]], options: { compress: true }, nsp: "/" },
    { ...likeBuffers, id: undefined },
    likeDates,
    { nsp: "/n", type: 4, data: { message: "Invalid namespace" } },
    { nsp: "/n", data: [1], id: 3, type: 3, unknown: [{ a: [] }] },
];

fixed.forEach(printPacket);
onlyRead.forEach((packet) => print(packet, encode(packet), true));
// The parser brings notepack.io 2; its successor writes timestamps and binary.
[likeDates, likeBuffers].forEach((packet) => print(packet, encodeByNotepack3(packet), true));
for (let i = 0; i < count; ++i) {
    printPacket(randomPacket());
}
console.log(JSON.stringify({ end: printed }));
