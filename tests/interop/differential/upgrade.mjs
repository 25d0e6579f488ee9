// SPDX-License-Identifier: BSL-1.0
// From long-polling to WebSocket (features UP-1 to UP-13, HTTP-8).
import { request_bytes } from "./http_link.mjs";
import { opcode } from "./websocket_link.mjs";

/// A joined polling session and a WebSocket that asks to take it over.
async function begin(t) {
    const session = await t.joined("polling");
    const socket = await t.websocket({ sid: session.sid });
    return { session, socket };
}

async function probed(t) {
    const both = await begin(t);
    await both.socket.send("2probe");
    t.note("probe", await both.socket.take(1));
    return both;
}

async function upgraded(t) {
    const both = await probed(t);
    await both.socket.send("5");
    // The answer of an event tells that the server has read the upgrade before it.
    await both.socket.send('42["echo","upgraded"]');
    t.note("upgraded", await both.socket.take_until((packet) => packet.includes("upgraded")));
    return both;
}

/// First packets of the second link that are no probe.
const first = (...packets) => async (t) => {
    const { session, socket } = await begin(t);
    await socket.send(...packets);
    await socket.outcome("websocket");
    await session.fate("polling", t.fence);
};

/// The same after the probe.
const second = (...packets) => async (t) => {
    const { session, socket } = await probed(t);
    await socket.send(...packets);
    await socket.outcome("websocket");
    await session.fate("polling", t.fence);
};

export const probes = {
    "UP-1 an upgrade": async (t) => {
        const { socket } = await upgraded(t);
        await socket.fate("websocket", t.fence);
    },
    "UP-2 the pending GET is released by the probe": async (t) => {
        const { session, socket } = await begin(t);
        const pending = await session.start_poll();
        await socket.send("2probe");
        t.note("probe", await socket.take(1));
        t.note_answer("pending", await pending.response());
        await socket.send("5");
        await socket.fate("websocket", t.fence);
    },
    "UP-3 a GET while upgrading": async (t) => {
        const { session, socket } = await probed(t);
        t.note_answer("poll", await session.poll());
        await socket.send("5");
        await socket.fate("websocket", t.fence);
    },
    "UP-5 a message": first('42["echo",1]'),
    "UP-5 PING without a payload": first("2"),
    "UP-5 PING of something else": first("2other"),
    "UP-5 NOOP": first("6"),
    "UP-5 CLOSE": first("1"),
    "UP-5 an unknown type": first("7"),
    "UP-5 binary": first(Buffer.from([1, 2, 3])),
    "UP-5 a message after the probe": second('42["echo",1]'),
    "UP-5 NOOP after the probe": second("6"),
    "UP-4 UPGRADE without a probe": async (t) => {
        const { session, socket } = await begin(t);
        await socket.send("5", '42["echo",1]');
        await socket.fate("websocket", t.fence);
        t.note("polling", (await session.poll()).status);
    },
    "UP-5 a second probe": async (t) => {
        const { session, socket } = await probed(t);
        await socket.send("2probe");
        await socket.outcome("websocket");
        await session.fate("polling", t.fence);
    },
    "UP-5 a ping of WebSocket before the probe": async (t) => {
        const { socket } = await begin(t);
        socket.frame({ type: opcode.ping, payload: "x" });
        await socket.send("2probe");
        t.note("frames", await socket.take(2));
        await socket.send("5");
        await socket.fate("websocket", t.fence);
    },
    "UP-7 a second WebSocket while upgrading": async (t) => {
        const { session, socket } = await probed(t);
        const other = await t.note_websocket("other", { sid: session.sid });
        await other?.fate("other", { packet: "2probe", is: (packet) => packet === "3probe" });
        await socket.send("5");
        await socket.fate("websocket", t.fence);
    },
    "UP-7 a second WebSocket after the upgrade": async (t) => {
        const { session, socket } = await upgraded(t);
        const other = await t.note_websocket("other", { sid: session.sid });
        await other?.fate("other", { packet: "2probe", is: (packet) => packet === "3probe" });
        await socket.fate("websocket", t.fence);
    },
    "UP-8 what the server sends meanwhile": async (t) => {
        const { session, socket } = await probed(t);
        t.note_answer("post", await session.send('42["flood",3]'));
        await socket.send("5");
        await socket.fate("websocket", t.fence);
    },
    "UP-8 a POST that is under way": async (t) => {
        const { session, socket } = await probed(t);
        const bytes = request_bytes(session.target, { method: "POST", body: '42["echo","late"]' });
        await session.writer.write(bytes.subarray(0, -3));
        await t.round_trip();
        await socket.send("5");
        await t.round_trip();
        await session.writer.write(bytes.subarray(-3));
        t.note_answer("post", await session.writer.response("POST"));
        await socket.fate("websocket", t.fence);
    },
    "UP-11 the second link ends before its probe": async (t) => {
        const { session, socket } = await begin(t);
        socket.frame({ type: opcode.close });
        await t.ended(socket.link);
        await session.fate("polling", t.fence);
    },
    "UP-11 the second link ends after its probe": async (t) => {
        const { session, socket } = await probed(t);
        socket.frame({ type: opcode.close });
        await t.ended(socket.link);
        await session.fate("polling", t.fence);
    },
    "UP-11 the session is closed by its client meanwhile": async (t) => {
        const { session, socket } = await probed(t);
        t.note_answer("post", await session.post("1"));
        await socket.outcome("websocket");
    },
    "UP-11 the session is closed by the server meanwhile": async (t) => {
        const { session, socket } = await probed(t);
        t.note_answer("post", await session.send('42["cut"]'));
        await session.fate("polling", t.fence);
        await socket.outcome("websocket");
    },
    "HTTP-8 GET after the upgrade": async (t) => {
        const { session, socket } = await upgraded(t);
        t.note_answer("poll", await session.poll());
        await socket.fate("websocket", t.fence);
    },
    "HTTP-8 POST after the upgrade": async (t) => {
        const { session, socket } = await upgraded(t);
        t.note_answer("post", await session.post('42["echo",1]'));
        await socket.fate("websocket", t.fence);
    },
    "HTTP-8 GET for a session that began as a WebSocket": async (t) => {
        const socket = await t.joined();
        await t.exchange("poll", t.target({ EIO: "4", transport: "polling", sid: socket.sid }));
        await socket.fate("websocket", t.fence);
    },
};
