// SPDX-License-Identifier: BSL-1.0
// A case of fuzz_cases.mjs at one server: what becomes of it there, as far as the two servers are to agree.
import notepack from "notepack.io";
import { trial } from "./trial.mjs";

const path = "/socket.io/";

/// What follows the requests of a case: refused at once, where it is one.
export const fence = `${path}?EIO=4&transport=none`;

/// How often another connection is answered before a server that has said nothing is taken to wait: npm's handles what
/// it reads some turns later.
const turns = 4;

async function quiet(t) {
    const link = t.link();
    for (let i = 0; i < turns; ++i) {
        await link.request(fence);
        if ((await link.response()) === undefined) {
            throw new Error("the server answers no more");
        }
    }
    await link.destroy();
}

const sorted = (value) => {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (value === null || typeof value !== "object") {
        return typeof value === "string" ? value.toWellFormed() : value;
    }
    const entries = Object.entries(value).map(([key, each]) => [key.toWellFormed(), sorted(each)]);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/// A packet whose values are as JavaScript reads them: the order of keys, halves of characters and digits that no
/// double holds say nothing.
function canonical(packet) {
    const begin = packet.search(/[[{"]/);
    if (begin < 0 || packet.startsWith("<")) {
        return packet;
    }
    try {
        return packet.slice(0, begin) + JSON.stringify(sorted(JSON.parse(packet.slice(begin))));
    } catch {
        return packet;
    }
}

/// Canonical packets in the order of their namespaces, between which there is none; attachments stay with their packet.
function arranged(packets) {
    const groups = [];
    for (const packet of packets.map(canonical)) {
        if (groups.length > 0 && /^[<b]/.test(packet)) {
            groups.at(-1).push(packet);
        } else {
            groups.push([packet]);
        }
    }
    const nsp_of = ([packet]) =>
        /"nsp":"([^"]*)/.exec(packet)?.[1] ?? /^4\d(?:\d+-)?(\/[^,[{"]*)/.exec(packet)?.[1] ?? "/";
    return groups.sort((a, b) => nsp_of(a).localeCompare(nsp_of(b))).flat();
}

/// Sends each input, and then lets the session come to its end or not: what it gets until its fences are answered. Where
/// they never are, it waits for the rest of something. `heard` is what came of each input, up to that which ended it.
async function fate(t, session, inputs, send) {
    const packets = [];
    const heard = [];
    // An answer to a ping would come between the fragments of a message.
    session.answers_pings = false;
    const no_ping = (packet) => packet !== "2";
    for (const input of inputs) {
        await send(input);
        await quiet(t);
        const come = session.come().filter(no_ping);
        packets.push(...come);
        if (!heard.ended) {
            heard.push(arranged(come));
            heard.ended = session.ending;
        }
    }
    let end = "open";
    for (let i = 0; i < 2 && end === "open"; ++i) {
        await session.send(t.fence.packet);
        let answered = false;
        const taken = session.take_until(t.fence.is).then((all) => {
            answered = t.fence.is(all.at(-1));
            packets.push(...(answered ? all.slice(0, -1) : all).filter(no_ping));
            return true;
        });
        if (!(await Promise.race([taken, quiet(t)]))) {
            await session.link.destroy();
            await taken;
            end = answered ? "open" : "waits";
        } else if (!answered) {
            end = session.end;
        }
    }
    return { packets: arranged(packets), end: end.startsWith("close ") ? end.slice(0, 10) : end, heard };
}

async function joined(t, joins, connect, hello) {
    const session = await t.session("websocket");
    if (joins) {
        await session.send(connect);
        t.learn((await session.take_until(hello)).at(-1)?.match(/hello\\?",\\?"([^"\\]+)/)?.[1]);
    }
    return session;
}

const json_joined = (t, joins = true) => joined(t, joins, "40", (packet) => packet.startsWith('42["hello"'));

const msgpack_joined = (t, joins = true) =>
    joined(t, joins, notepack.encode({ type: 0, nsp: "/" }), (packet) => packet.includes('"hello"'));

async function run_packets(t, { inputs, joins }) {
    const session = await json_joined(t, joins);
    return fate(t, session, inputs, (input) => session.send(input));
}

async function run_msgpack(t, { inputs, joins }) {
    const session = await msgpack_joined(t, joins);
    return fate(t, session, inputs, (input) => session.send(input));
}

async function run_frames(t, { inputs, joins }) {
    const session = await json_joined(t, joins);
    return fate(t, session, inputs, (input) => session.link.write(input));
}

async function run_posts(t, { inputs, joins }) {
    const session = await t.polling();
    if (joins) {
        await session.post("40");
        const packets = await session.take_until((packet) => packet.startsWith('42["hello"'));
        t.learn(packets.at(-1)?.match(/hello","([^"]+)/)?.[1]);
    }
    const posts = [];
    const packets = [];
    const heard = [];
    // A session is over when its end is polled, or when it is no longer known.
    const told = (all) => arranged(all.filter((packet) => packet !== "6" && packet !== "1"));
    for (const input of inputs) {
        posts.push((await session.post(input))?.status ?? "no answer");
        await quiet(t);
        const before = packets.length;
        for (let i = 0; i < 2 && session.end === undefined; ++i) {
            await session.post(t.fence.packet);
            const all = await session.take_until(t.fence.is);
            packets.push(...(t.fence.is(all.at(-1)) ? all.slice(0, -1) : all));
        }
        heard.push(told(packets.slice(before)));
        if (session.end !== undefined) {
            break;
        }
    }
    return { posts, packets: told(packets), end: session.end ? "over" : "open", heard };
}

/// The answers on a connection, as far as they can be told apart: nobody says which of them have no body.
function replies_in(bytes) {
    const replies = [];
    let text = bytes.toString("latin1");
    for (let match; (match = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text)); ) {
        const [head, status] = match;
        text = text.slice(head.length);
        const length = Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? NaN);
        let body = "";
        if (/\ntransfer-encoding: *chunked/i.test(head) && !text.startsWith("HTTP/1.")) {
            const end = text.indexOf("0\r\n\r\n");
            body = text.slice(0, end < 0 ? undefined : end + 5);
        } else if (!text.startsWith("HTTP/1.")) {
            body = text.slice(0, Number.isNaN(length) ? undefined : length);
        }
        text = text.slice(body.length);
        if (status === "101") {
            return [...replies, "101"];
        }
        replies.push(status + (body.includes('0{"sid') ? " open" : body === "ok" ? " ok" : ""));
    }
    // Whether an interim answer comes is the server's choice where the body is there already.
    const final = replies.filter((reply) => reply !== "100");
    return text === "" ? final : [...final, `and ${text.slice(0, 40)}`];
}

async function run_requests(t, { inputs }) {
    const link = t.link();
    for (const input of inputs) {
        await link.write(input);
    }
    await quiet(t);
    await link.request(fence);
    await quiet(t);
    return { replies: replies_in(link.buffer), end: link.over ? "ended" : "open" };
}

const runs = {
    packets: run_packets,
    msgpack: run_msgpack,
    frames: run_frames,
    posts: run_posts,
    requests: run_requests,
    upgrades: run_requests,
};

/// Returns when the server has dealt with what its last sessions have left, or fails where it has not survived it.
export async function settled(server) {
    const t = new trial(server, { kind: "contract", path }, 1);
    await quiet(t);
    await t.finish();
}

/// What becomes of `one` at `server`; ids are numbered in the order of their appearance.
export async function outcome_of(one, server) {
    const t = new trial(server, { kind: one.kind === "msgpack" ? "msgpack" : "contract", path }, 1);
    try {
        t.note("outcome", JSON.stringify(await runs[one.kind](t, one)));
        return JSON.parse(t.seen.outcome);
    } finally {
        await t.finish();
    }
}
