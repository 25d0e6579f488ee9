// SPDX-License-Identifier: BSL-1.0
// A WebSocket of hand-made frames over an http_link.
import { createHash, randomBytes } from "node:crypto";
import { recorder } from "../support.mjs";

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The headers of a correct upgrade request.
export const upgrade_headers = (key) => ({
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
});

export const new_key = () => randomBytes(16).toString("base64");

export const accept_of = (key) => createHash("sha1").update(key + guid).digest("base64");

/// Bytes of a frame; as a client has to write it unless the scenario says otherwise.
export function frame_bytes({ type, payload = "", fin = true, reserved = 0, masked = true }) {
    const data = Buffer.from(payload);
    const head = [(fin ? 0x80 : 0) | (reserved << 4) | type];
    const mask_bit = masked ? 0x80 : 0;
    let length = Buffer.alloc(0);
    if (data.length < 126) {
        head.push(mask_bit | data.length);
    } else if (data.length < 65_536) {
        head.push(mask_bit | 126);
        length = Buffer.alloc(2);
        length.writeUInt16BE(data.length);
    } else {
        head.push(mask_bit | 127);
        length = Buffer.alloc(8);
        length.writeBigUInt64BE(BigInt(data.length));
    }
    const mask = masked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0);
    if (masked) {
        for (let i = 0; i < data.length; ++i) {
            data[i] ^= mask[i & 3];
        }
    }
    return Buffer.concat([Buffer.from(head), length, mask, data]);
}

/// Reads the server's frames: `{text}`, `{binary}`, `{ping}`, `{pong}`, `{close, reason}`, `{broken}`.
export class frame_reader {
    #message = [];
    #type = 0;

    constructor(link) {
        this.link = link;
    }

    /// The next frame, or `{end: true}` where the connection ended without another.
    async next() {
        let frame;
        await this.link.until(() => (frame ??= this.#parse()) !== undefined);
        return frame ?? this.#parse() ?? { end: true };
    }

    #parse() {
        const bytes = this.link.buffer;
        if (bytes.length < 2) {
            return undefined;
        }
        let size = bytes[1] & 0x7f;
        let begin = 2;
        if (size === 126 && bytes.length >= 4) {
            [size, begin] = [bytes.readUInt16BE(2), 4];
        } else if (size === 127 && bytes.length >= 10) {
            [size, begin] = [Number(bytes.readBigUInt64BE(2)), 10];
        } else if (size > 125) {
            return undefined;
        }
        if (bytes[1] & 0x80 || bytes[0] & 0x70) {
            return { broken: bytes.toString("latin1", 0, 40) };
        }
        if (bytes.length < begin + size) {
            return undefined;
        }
        const payload = Buffer.from(bytes.subarray(begin, begin + size));
        this.link.buffer = bytes.subarray(begin + size);
        return this.#frame(bytes[0] & 15, (bytes[0] & 0x80) !== 0, payload);
    }

    #frame(type, fin, payload) {
        switch (type) {
            case opcode.ping:
                return { ping: payload.toString("latin1") };
            case opcode.pong:
                return { pong: payload.toString("latin1") };
            case opcode.close:
                return payload.length < 2
                    ? { close: 1005, reason: "" }
                    : { close: payload.readUInt16BE(), reason: payload.toString("utf8", 2) };
            case opcode.text:
            case opcode.binary:
                this.#type = type;
                this.#message = [payload];
                break;
            default:
                this.#message.push(payload);
        }
        if (!fin) {
            return this.#parse();
        }
        const whole = Buffer.concat(this.#message);
        return this.#type === opcode.text ? { text: whole.toString("utf8") } : { binary: whole };
    }
}

/// Packets of a session over a WebSocket. Pings of Engine.IO are answered and left out.
export class websocket_session {
    #reader;
    #packets = new recorder();
    answers_pings = true;
    /// How the server ended it, as soon as it did.
    end = undefined;
    /// Whether it has begun to.
    ending = false;

    constructor(t, link) {
        this.t = t;
        this.link = link;
        this.#reader = new frame_reader(link);
        this.#read();
    }

    async #read() {
        for (;;) {
            const frame = await this.#reader.next();
            if (frame.text === "2" && this.answers_pings) {
                this.send("3");
                continue;
            }
            this.ending ||= frame.close !== undefined || frame.end || frame.broken !== undefined;
            if (frame.close !== undefined) {
                // A close frame without a status is answered in kind.
                const status = Buffer.alloc(frame.close === 1005 ? 0 : 2);
                if (status.length > 0) {
                    status.writeUInt16BE(frame.close);
                }
                this.frame({ type: opcode.close, payload: status });
                await this.link.until(() => false);
                this.end = `close ${frame.close} ${frame.reason}`.trim();
            } else if (frame.end) {
                this.end = "the connection ends without a close frame";
            } else if (frame.broken !== undefined) {
                this.end = `no frame: ${frame.broken}`;
            }
            if (this.end !== undefined) {
                this.#packets.poke();
                return;
            }
            this.#packets.push(this.#show(frame));
        }
    }

    frame(frame) {
        this.link.write(frame_bytes(frame));
    }

    /// Sends each as a packet: strings as text, buffers as binary.
    async send(...packets) {
        for (const packet of packets) {
            const type = typeof packet === "string" ? opcode.text : opcode.binary;
            this.frame({ type, payload: packet });
        }
    }

    /// Up to `count` packets; fewer if the session ends.
    async take(count) {
        await this.#packets.until(() => this.#packets.all.length >= count || this.end !== undefined);
        return this.#packets.all.splice(0, count);
    }

    /// All that has come.
    come() {
        return this.#packets.all.splice(0);
    }

    /// Packets up to and with the first for which `last` holds, or up to the end.
    async take_until(last) {
        const all = this.#packets.all;
        await this.#packets.until(() => all.some(last) || this.end !== undefined);
        const at = all.findIndex(last);
        return all.splice(0, at < 0 ? all.length : at + 1);
    }

    /// Notes the next packet, or how the session ends without one.
    async outcome(name) {
        const [packet] = await this.take(1);
        this.t.note(name, packet ?? this.end);
    }

    /// Notes what comes until fences are answered, and whether they are.
    fate(name, fence) {
        return this.t.note_fate(name, this, fence);
    }

    #show(frame) {
        if (frame.text !== undefined) {
            return frame.text;
        }
        if (frame.binary !== undefined) {
            return this.t.show_binary(frame.binary);
        }
        const [[kind, data]] = Object.entries(frame);
        return `${kind} frame ${data}`;
    }
}
