// SPDX-License-Identifier: BSL-1.0
// Clients of Socket.IO 1 and 2 at a server that takes them (features V3-1 to V3-9).
import { fences } from "./trial.mjs";
import { websocket_session } from "./websocket_link.mjs";

const limit = 1_000_000;
const octets = { "Content-Type": "application/octet-stream" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };

/// `<length>:<packet>`, as JavaScript counts.
const texts = (...packets) => packets.map((packet) => `${packet.length}:${packet}`).join("");

/// A packet in a binary payload: strings as text, buffers as binary.
const record = (packet) => {
    const sized = (length) => `42["unheard","${"x".repeat(length - 16)}"]`;
const bytes = Buffer.from(packet);
    const mark = typeof packet === "string" ? 0 : 1;
    return Buffer.from([mark, ...[...String(bytes.length)].map(Number), 255, ...bytes]);
};
const records = (...packets) => Buffer.concat(packets.map(record));

/// The packets of an answer; binary ones as `<hex>`.
function packets_of(reply) {
    if (!/octet-stream/.test(reply.headers["content-type"])) {
        const all = [];
        const script = /^___eio\[\d+\]\((".*")\);$/s.exec(reply.body.toString("utf8"));
        let rest = script ? JSON.parse(script[1]) : reply.body.toString("utf8");
        while (rest !== "") {
            const [head, length] = /^(\d+):/.exec(rest) ?? [rest, 0];
            all.push(rest.substr(head.length, Number(length)) || `no payload: ${rest}`);
            rest = length ? rest.slice(head.length + Number(length)) : "";
        }
        return all;
    }
    const all = [];
    for (let rest = reply.body; rest.length > 0; ) {
        const end = rest.indexOf(255);
        const size = Number([...rest.subarray(1, end)].join(""));
        const packet = rest.subarray(end + 1, end + 1 + size);
        all.push(rest[0] === 0 ? packet.toString("utf8") : `<${packet.toString("hex")}>`);
        rest = rest.subarray(end + 1 + size);
    }
    return all;
}

/// A session over long-polling.
class legacy_polling {
    #packets = [];
    end = undefined;

    static async open(t, query = {}) {
        const all = { EIO: "3", transport: "polling", ...query };
        const link = t.link();
        await link.request(t.target(all));
        const [open] = packets_of(await link.response());
        const { sid } = JSON.parse(open.slice(1));
        t.learn(sid, "id");
        return new legacy_polling(t, sid, t.target({ ...all, sid }));
    }

    constructor(t, sid, target) {
        Object.assign(this, { t, sid, target });
    }

    async poll() {
        const link = this.t.link();
        await link.request(this.target);
        return link.response();
    }

    async post(body, headers = { "Content-Type": "text/plain;charset=UTF-8" }) {
        const link = this.t.link();
        await link.request(this.target, { method: "POST", body, headers });
        return link.response();
    }

    send(...packets) {
        return this.post(texts(...packets));
    }

    async take_until(last) {
        const found = () => this.#packets.findIndex(last);
        while (found() < 0 && this.end === undefined && !this.t.over) {
            const reply = await this.poll();
            if (reply?.status !== 200) {
                this.end = reply ? `${reply.status} ${reply.body}` : "no answer";
                break;
            }
            this.#packets.push(...packets_of(reply));
            if (this.#packets.includes("1")) {
                this.end = "packet 1";
            }
        }
        const at = found();
        return this.#packets.splice(0, at < 0 ? this.#packets.length : at + 1);
    }

    /// What comes up to the welcome.
    welcomed() {
        return this.take_until((packet) => packet.startsWith('42["hello"'));
    }
}

const fence = { packet: "40/fence,", is: fences.socketio.is };

/// One POST of a welcomed session; then what comes back, and whether the session lives.
const posted = (body, { headers, query } = {}) => async (t) => {
    const session = await legacy_polling.open(t, query);
    await session.welcomed();
    t.note_answer("post", await session.post(body, headers));
    if (query?.j !== undefined) {
        session.send = (packet) => session.post(`d=${encodeURIComponent(texts(packet))}`, form);
    }
    await t.note_fate("session", session, fence);
};

const echo = '42["echo","é漢😀",1]';
const binary_echo = '451-["echo",{"_placeholder":true,"num":0}]';
const sized = (length) => `42["unheard","${"x".repeat(length - 16)}"]`;
const bytes = Buffer.from([4, 1, 2, 255]);

/// Frames of a welcomed WebSocket session; then what comes back, and whether the session lives.
const framed = (...packets) => async (t) => {
    const session = await t.websocket({ EIO: "3" });
    const [open] = await session.take(1);
    t.learn(JSON.parse(open.slice(1)).sid);
    await session.take_until((packet) => packet.startsWith('42["hello"'));
    await session.send(...packets);
    await t.note_fate("session", session, fence);
};

export const legacy = {
    "V3-6 handshake over polling": (t) => t.exchange("open", t.target({ EIO: "3", transport: "polling" })),
    "V3-9 handshake without a revision": (t) => t.exchange("open", t.target({ transport: "polling" })),
    "V3-9 handshake with an unknown revision": (t) =>
        t.exchange("open", t.target({ EIO: "5", transport: "polling" })),
    "V3-5 handshake of JSONP": (t) => t.exchange("open", t.target({ EIO: "3", transport: "polling", j: "4" })),
    "V3-5 handshake of JSONP with more than digits": (t) =>
        t.exchange("open", t.target({ EIO: "3", transport: "polling", j: "a(1);b2" })),
    "V3-9 another revision in a session": async (t) => {
        const session = await legacy_polling.open(t);
        await t.exchange("poll", t.target({ EIO: "4", transport: "polling", sid: session.sid }));
    },
    "V3-9 another revision in a session of today": async (t) => {
        const session = await t.polling();
        await t.exchange("poll", t.target({ EIO: "3", transport: "polling", sid: session.sid }));
    },
    "V3-7 the main namespace over polling": async (t) => {
        const session = await legacy_polling.open(t);
        t.note("packets", await session.welcomed());
    },
    "V3-7 the main namespace over a WebSocket": async (t) => {
        const session = await t.websocket({ EIO: "3" });
        const [open] = await session.take(1);
        const { maxPayload, sid, ...data } = JSON.parse(open.slice(1));
        t.learn(sid);
        t.note("open", data);
        t.note("packets", await session.take_until((packet) => packet.startsWith('42["hello"')));
    },
    "V3-7 a namespace": posted(texts("40/custom,")),
    "V3-7 a namespace with a query": posted(texts("40/custom?token=a%20b&x=1,")),
    "V3-7 the main namespace is asked for": posted(texts("40")),
    "V3-7 leaves the main namespace": posted(texts("41", "40/custom,")),
    "V3-8 an unknown namespace": posted(texts("40/unknown,")),
    "V3-8 a namespace that refuses": posted(texts("40/auth,")),
    "V3-8 a namespace that accepts": posted(texts("40/auth?token=secret,")),
    "V3-1 an event": posted(texts(echo)),
    "V3-1 two events": posted(texts(echo, '421["ack",null]')),
    "V3-1 a length too long": posted(`9:42["echo"]`),
    "V3-1 a length too short": posted(`5:42["echo"]`),
    "V3-1 no length": posted(`42["echo"]`),
    "V3-1 an empty body": posted(""),
    "V3-1 an empty packet": posted("0:"),
    "V3-1 an unknown type": posted("2:7a"),
    "V3-1 a letter": posted("2:xa"),
    "V3-1 exactly the limit": posted(texts(sized(limit - 7))),
    "V3-1 beyond the limit": posted(texts(sized(limit - 6))),
    "V3-2 a binary event": posted(records(binary_echo, bytes), { headers: octets }),
    "V3-2 texts only": posted(records(echo, '421["ack"]'), { headers: octets }),
    "V3-2 neither text nor binary": posted(Buffer.from([2, 1, 255, 0x32]), { headers: octets }),
    "V3-2 too short": posted(Buffer.from([0, 9, 255, 0x34, 0x32]), { headers: octets }),
    "V3-2 no packet type": posted(Buffer.from([1, 2, 255, 9, 1]), { headers: octets }),
    "V3-4 base64 in, binary out": posted(texts(binary_echo, "b4AQL/")),
    "V3-4 base64 in and out": posted(texts(binary_echo, "b4AQL/"), { query: { b64: "1" } }),
    "V3-4 base64 of today": posted(texts(binary_echo, "bAQL/")),
    "V3-5 an event in a form": posted(`d=${encodeURIComponent(texts(echo))}`, {
        headers: form,
        query: { j: "0" },
    }),
    "V3-5 line ends in a form": posted(
        `d=${encodeURIComponent('17:42["echo","a\\\\nb"]')}`,
        { headers: form, query: { j: "0" } },
    ),
    "V3-5 a form without the payload": posted("e=1", { headers: form, query: { j: "0" } }),
    "V3-6 PING": posted(texts("2")),
    "V3-6 PING with data": posted(texts("2abc")),
    "V3-6 PONG": posted(texts("3")),
    "CL-1 CLOSE": posted(texts("1")),
    "V3-3 a binary event": framed(binary_echo, bytes),
    "V3-3 an unknown type": framed(Buffer.from([9, 1, 2])),
    "V3-3 no bytes at all": framed(Buffer.alloc(0)),
    "V3-4 base64 over a WebSocket": framed(binary_echo, "b4AQL/"),
    "V3-6 PING over a WebSocket": framed("2"),
    "V3-6 PONG over a WebSocket": framed("3"),
    "V3-7 an upgrade": async (t) => {
        const session = await legacy_polling.open(t);
        await session.welcomed();
        const { link, reply } = await t.ask_websocket({ EIO: "3", sid: session.sid });
        t.note("status", reply?.status);
        const next = new websocket_session(t, link);
        await next.send("2probe");
        t.note("probe", await next.take(1));
        await next.send("5", echo);
        await t.note_fate("session", next, fence);
    },
};
