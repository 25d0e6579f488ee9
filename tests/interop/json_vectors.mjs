// Prints packets and the frames that npm's socket.io-parser makes of them, one JSON object per line.
// Read by json_vectors_check, which makes the same packets in C++ and compares every byte.
//
// Values in neutral form, so that no number passes through a JSON reader:
//   null, true, false, "text", {"n": bits of the double in hex}, {"b": bytes in hex},
//   [values], {"o": [[key, value], ...]} in the order of JavaScript
// usage: json_vectors.mjs [count] [seed]

import { Decoder, Encoder, PacketType } from "socket.io-parser";

const count = Number(process.argv[2] ?? 4000);
let state = Number(process.argv[3] ?? 1);

function random(below) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
}

const pick = (list) => list[random(list.length)];

function doubleFromBits(high, low) {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, high);
    view.setUint32(4, low);
    return view.getFloat64(0);
}

function neutral(value) {
    if (value === null || typeof value === "boolean" || typeof value === "string") {
        return value;
    }
    if (typeof value === "number") {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleBE(value);
        return { n: bytes.toString("hex") };
    }
    if (Buffer.isBuffer(value)) {
        return { b: value.toString("hex") };
    }
    if (Array.isArray(value)) {
        return value.map(neutral);
    }
    return { o: Object.entries(value).map(([key, member]) => [key, neutral(member)]) };
}

// What a server with connection state recovery adds to an event; C++ adds it to the encoded event.
const offset = "k3-x0-2s";
let printed = 0;

function printPacket(packet) {
    printLine(packet, {});
    if (packet.type === PacketType.EVENT && packet.id === undefined) {
        printLine({ ...packet, data: [...packet.data, offset] }, { offset });
    }
}

function printLine(packet, more) {
    ++printed;
    const line = { type: packet.type, nsp: packet.nsp, ...more };
    if (packet.id !== undefined) {
        line.id = packet.id;
    }
    if (packet.data !== undefined) {
        line.data = neutral(packet.data);
    }
    const [head, ...attachments] = new Encoder().encode(packet);
    line.head = head;
    line.attachments = attachments.map((bytes) => bytes.toString("hex"));

    // What npm would not take back is no vector.
    let decoded;
    const decoder = new Decoder();
    decoder.on("decoded", (result) => (decoded = result));
    [head, ...attachments].forEach((frame) => decoder.add(frame));
    if (!decoded) {
        throw new Error(`not decodable: ${head}`);
    }
    console.log(JSON.stringify(line));
}

const numbers = [
    0, -0, 1, -1, 0.1, 0.5, 1.5, 1e-6, 1e-7, 1.25e-7, 123e-20, 1e20, 1e21, 1.5e21, 123456789012345680000, 5e-324,
    2.2250738585072014e-308, 1.7976931348623157e308, 4294967296, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 64,
    -(2 ** 63), 0.1 + 0.2, 1 / 3, 100, 1e100, NaN, Infinity, -Infinity,
];
const strings = [
    "", "a", "echo", 'quote " backslash \\ slash /', "\b\t\n\f\r\v\0\u001f\u007f\u0080", "é€😀\u2028\u2029\ufffd\uffff",
    "x".repeat(200), "12345678\n", "1234567é", "_placeholder",
];

function randomNumber() {
    switch (random(5)) {
        case 0: return pick(numbers);
        case 1: return random(2000) - 1000;
        case 2: return (random(2 ** 31) - 2 ** 30) / 10 ** random(12);
        case 3: return (1 + random(10 ** 6)) * 10 ** (random(60) - 30);
        default: return doubleFromBits(random(2 ** 32), random(2 ** 32));
    }
}

function randomString() {
    if (random(3) === 0) {
        return pick(strings);
    }
    let text = "";
    for (let length = random(24); length > 0; --length) {
        const code = pick([random(0x20), 0x20 + random(0x60), 0x20 + random(0x60), random(0xd800), 0x10000 + random(0x100000)]);
        text += String.fromCodePoint(code);
    }
    return text;
}

function randomValue(depth, budget) {
    const kind = random(depth > 0 ? 9 : 6);
    if (kind < 2) {
        return randomNumber();
    }
    if (kind < 4) {
        return randomString();
    }
    if (kind === 4) {
        return pick([null, true, false]);
    }
    if (kind === 5) {
        if (budget.binaries === 0) {
            return false;
        }
        --budget.binaries;
        return Buffer.from(Array.from({ length: random(20) }, () => random(256)));
    }
    if (kind === 6) {
        return Array.from({ length: random(5) }, () => randomValue(depth - 1, budget));
    }
    const object = {};
    for (let members = random(kind === 7 ? 5 : 14); members > 0; --members) {
        const key = random(4) ? randomString() : String(random(100));
        if (key !== "_placeholder") {
            object[key] = randomValue(depth - 1, budget);
        }
    }
    return object;
}

function randomPacket() {
    const packet = { type: pick([2, 2, 2, 2, 3, 3, 0, 1, 4]), nsp: pick(["/", "/", "/admin", "/a/b-é", "/😀"]) };
    const budget = { binaries: random(3) ? 0 : random(11) };
    if (packet.type === PacketType.EVENT || packet.type === PacketType.ACK) {
        if (packet.type === PacketType.ACK || random(2)) {
            packet.id = pick([0, 7, random(2 ** 31), 2 ** 53 - 1]);
        }
        packet.data = Array.from({ length: random(4) }, () => randomValue(4, budget));
        if (packet.type === PacketType.EVENT) {
            packet.data.unshift(random(20) ? "e" + randomString() : random(100));
        }
    } else if (packet.type === PacketType.CONNECT && random(2)) {
        packet.data = { token: randomValue(3, { binaries: 0 }) };
    } else if (packet.type === PacketType.CONNECT_ERROR) {
        packet.data = { message: randomString(), data: randomValue(3, { binaries: 0 }) };
    }
    return packet;
}

const fixed = [
    { type: 0, nsp: "/" },
    { type: 0, nsp: "/admin", data: { token: "x" } },
    { type: 1, nsp: "/admin" },
    { type: 2, nsp: "/", data: ["ev", ...numbers] },
    { type: 2, nsp: "/", data: ["ev", ...strings] },
    { type: 2, nsp: "/", data: [42, JSON.parse('{"__proto__":1,"constructor":{"2":1,"10":2,"1":3}}')] },
    { type: 2, nsp: "/n", id: 12, data: ["ev", [], {}, [[]], [{}], { a: { b: [null] } }] },
    { type: 2, nsp: "/", data: ["ev", ...Array.from({ length: 10 }, (_, i) => Buffer.alloc(i, i))] },
    { type: 3, nsp: "/n", id: 0, data: [{ y: Buffer.from("y"), x: [Buffer.from("x"), { z: Buffer.alloc(0) }] }] },
    { type: 3, nsp: "/", id: 2 ** 53 - 1, data: [] },
    { type: 4, nsp: "/n", data: { message: "Invalid namespace" } },
];

fixed.forEach(printPacket);
for (let i = 0; i < count; ++i) {
    printPacket(randomPacket());
}
console.log(JSON.stringify({ end: printed }));
