// SPDX-License-Identifier: BSL-1.0
// Volatile events, rooms, recovery, and the other codec (features VOL-1 to 3, ORD-1 to 4, CSR-1 to 9, MSG-1).
import notepack from "notepack.io";
import { request_bytes } from "./http_link.mjs";

const { encode } = notepack;

/// The events of one turn, to a client over `transport`.
const at_once = (transport, packet) => async (t) => {
    const session = await t.joined(transport);
    await session.send(packet);
    await session.fate("session", t.fence);
};

/// Three clients: the first two in room `r`, the second in `s` as well.
async function three(t) {
    const peers = [await t.joined(), await t.joined(), await t.joined()];
    const join = async (peer, ...rooms) => {
        await peer.send(`421["join",${JSON.stringify(rooms)}]`);
        await peer.take_until((packet) => packet.startsWith("431"));
    };
    await join(peers[0], "r");
    await join(peers[1], "r", "s");
    return peers;
}

const relayed = (spec) => async (t) => {
    const peers = await three(t);
    await peers[0].send(`427["relay",${JSON.stringify(spec)},"news",1]`);
    await peers[0].fate("sender", t.fence);
    await peers[1].fate("both rooms", t.fence);
    await peers[2].fate("no room", t.fence);
};

export const delivery = {
    "VOL-1 volatile events over websocket": at_once("websocket", '42["volatile",5]'),
    "VOL-1 volatile events over polling, nobody polls": at_once("polling", '42["volatile",5]'),
    "VOL-1 volatile events over polling, a GET is pending": async (t) => {
        const session = await t.joined("polling");
        const pending = await session.start_poll();
        await session.send('42["volatile",5]');
        t.note_answer("pending", await pending.response());
        await session.fate("session", t.fence);
    },
    "ORD-1 many events of one turn over websocket": at_once("websocket", '42["flood",50]'),
    "ORD-1 many events of one turn over polling": at_once("polling", '42["flood",50]'),
    "ORD-1 events and acknowledgements in one pipeline": async (t) => {
        const session = await t.joined("polling");
        const post = (body) => request_bytes(session.target, { method: "POST", body });
        await session.writer.write(Buffer.concat([post('42["echo",1]'), post('421["ack",2]'), post('42["echo",3]')]));
        for (const i of [1, 2, 3]) {
            t.note_answer(`post ${i}`, await session.writer.response("POST"));
        }
        await session.fate("session", t.fence);
    },
    "ORD-2 to two rooms": relayed({ to: ["r", "s"] }),
    "ORD-2 to two rooms and the sender": relayed({ to: ["r", "s"], sender: true }),
    "ORD-2 except a room": relayed({ to: ["r"], except: ["s"], sender: true }),
    "ORD-2 to all": relayed({ sender: true }),
    "ORD-2 to an unknown room": relayed({ to: ["nobody"], sender: true }),
    "ORD-4 to all but the sender": relayed({}),
    "ORD-4 to the sender's room without the sender": relayed({ to: ["r"] }),
};

/// A recovering client that has joined `/`; it has `pid` and the sid of its socket.
async function recovering(t, auth = {}) {
    const session = await t.session("websocket");
    await session.send(`40${JSON.stringify(auth)}`);
    session.welcome = await session.take_until((packet) => packet.startsWith("40"));
    Object.assign(session, JSON.parse(session.welcome.at(-1)?.slice(2) ?? "{}"));
    return session;
}

/// Emits `event` by `session` and returns what comes up to its acknowledgement.
async function asked(session, ...event) {
    await session.send(`427${JSON.stringify(event)}`);
    return session.take_until((packet) => packet.startsWith("437"));
}

/// Something is said that `session` hears; its offset.
async function offset_of(t, session, speaker) {
    await asked(speaker, "say", {}, "first");
    const [heard] = await session.take(1);
    const offset = JSON.parse(heard.slice(2)).at(-1);
    t.learn(offset, "offset");
    return offset;
}

/// The session's connection is lost, and the server knows.
async function lost(session, witness) {
    session.link.reset();
    const { sid } = session;
    for (;;) {
        const answer = await asked(witness, "is-here", sid);
        if (answer.at(-1) !== "437[true]") {
            return;
        }
    }
}

/// A client that was lost with a session and an offset; `back` says what it comes back with.
const comes_back = (back, { before = async () => {}, meanwhile = [] } = {}) => async (t) => {
    const speaker = await recovering(t);
    const session = await recovering(t);
    const offset = await offset_of(t, session, speaker);
    await before(session);
    await lost(session, speaker);
    for (const event of meanwhile) {
        await asked(speaker, ...event);
    }
    const again = await recovering(t, back({ pid: session.pid, offset }));
    t.note("welcome", without_offsets(again.welcome));
    t.note("same id", again.sid === session.sid);
    await again.fate("session", t.fence);
};

const whole = (session) => session;

/// npm's server has the time in its offsets, and what comes within one millisecond is numbered.
function without_offsets(packets) {
    return packets.map((packet) => packet.replace(/,"[\w-]{7}(?:\.[\w-]+)?"\]$/, ',"<offset>"]'));
}

export const recovery = {
    "CSR-1 CONNECT is answered with a private id": async (t) => t.note("welcome", (await recovering(t)).welcome),
    "CSR-2 an event has an offset": async (t) => {
        const session = await recovering(t);
        const speaker = await recovering(t);
        await offset_of(t, session, speaker);
        for (const event of [["say", {}, "one"], ["volatile", "two"], ["others", "three"], ["ask", "four"]]) {
            const seen = await asked(speaker, ...event);
            t.note(event[0], without_offsets(seen));
        }
    },
    "CSR-3 what was missed comes before CONNECT": comes_back(whole, { meanwhile: [["say", {}, "missed"]] }),
    "CSR-3 nothing was missed": comes_back(whole),
    "CSR-4 with other keys of auth": comes_back((session) => ({ ...session, name: "x" })),
    "CSR-6 an unknown private id": comes_back(({ offset }) => ({ pid: "unknown", offset })),
    "CSR-6 an unknown offset": comes_back(({ pid }) => ({ pid, offset: "unknown" })),
    "CSR-6 numbers": comes_back(() => ({ pid: 1, offset: 2 })),
    "CSR-5 without an offset": comes_back(({ pid }) => ({ pid })),
    "CSR-7 rooms come back": comes_back(whole, {
        before: (session) => asked(session, "join", "r"),
        meanwhile: [["say", { rooms: ["r"] }, "to the room"], ["say", { rooms: ["s"] }, "to another"]],
    }),
    "CSR-9 the client has left": comes_back(whole, { before: (session) => session.send("41") }),
    "CSR-6 the old connection still stands": async (t) => {
        const speaker = await recovering(t);
        const session = await recovering(t);
        const offset = await offset_of(t, session, speaker);
        const again = await recovering(t, { pid: session.pid, offset });
        t.note("welcome", again.welcome);
        t.note("same id", again.sid === session.sid);
        await again.fate("session", t.fence);
        await session.fate("old session", t.fence);
    },
    "CSR-8 a session is used twice": async (t) => {
        const speaker = await recovering(t);
        const session = await recovering(t);
        const offset = await offset_of(t, session, speaker);
        await lost(session, speaker);
        const first = await recovering(t, { pid: session.pid, offset });
        const second = await recovering(t, { pid: session.pid, offset });
        t.note("same id", [first.sid === session.sid, second.sid === session.sid]);
    },
};

/// Values as msgpack packets to a client that has joined `/`; buffers go as they are.
const packed = (...values) => async (t) => {
    const session = await t.session("websocket");
    await session.send(encode({ type: 0, nsp: "/" }));
    t.note("welcome", await session.take(2));
    await session.send(...values.map((value) => (Buffer.isBuffer(value) ? value : encode(value))));
    await session.fate("session", t.fence);
};

const event = (...data) => ({ type: 2, nsp: "/", data });

export const msgpack = {
    "MSG-1 an event": packed(event("echo", 1, "two", { three: [null, true] })),
    "MSG-1 binary": packed(event("echo", Buffer.from([1, 2, 3]))),
    "MSG-1 an acknowledgement": packed({ ...event("ack", 1.5), id: 7 }),
    "MSG-1 an unknown namespace": packed({ type: 0, nsp: "/nope" }),
    "MSG-1 CONNECT without a namespace": packed({ type: 0 }),
    "MSG-1 a type of BINARY_EVENT": packed({ ...event("echo", 1), type: 5 }),
    "MSG-1 an unknown type": packed({ type: 9, nsp: "/" }),
    "MSG-1 a string for a type": packed({ type: "2", nsp: "/", data: ["echo"] }),
    "MSG-1 a number for a namespace": packed({ type: 2, nsp: 1, data: ["echo"] }),
    "MSG-1 a string for an id": packed({ ...event("ack", 1), id: "7" }),
    "MSG-1 a fraction for an id": packed({ ...event("ack", 1), id: 1.5 }),
    "MSG-1 other keys": packed({ ...event("echo", 1), attachments: 0, x: 1 }),
    "MSG-1 no data": packed({ type: 2, nsp: "/" }),
    "MSG-1 no event name": packed(event()),
    "MSG-1 a reserved name": packed(event("connect")),
    "MSG-1 a list": packed([2, "/", ["echo"]]),
    "MSG-1 bytes after the packet": packed(Buffer.concat([encode(event("echo", 1)), Buffer.from([0])])),
    "MSG-1 a cut packet": packed(encode(event("echo", "cut")).subarray(0, -1)),
    "MSG-1 a text frame": async (t) => {
        const session = await t.session("websocket");
        await session.send("40");
        await session.fate("session", t.fence);
    },
    "MSG-1 over polling": async (t) => {
        const session = await t.polling();
        t.note_answer("post", await session.send(encode({ type: 0, nsp: "/" })));
        t.note("welcome", await session.take(2));
        await session.send(encode(event("echo", 1)));
        await session.fate("session", t.fence);
    },
};
