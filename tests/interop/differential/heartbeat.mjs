// SPDX-License-Identifier: BSL-1.0
// Heartbeats, time-outs and ends (features HB-1 to HB-5, POLL-11, UP-6, SIO-8, CL-1, CL-2).
import { setTimeout } from "node:timers/promises";
import { step } from "./trial.mjs";
import { opcode } from "./websocket_link.mjs";

/// A session that leaves pings to the scenario.
async function by_hand(t, transport) {
    const session = await t.joined(transport);
    session.answers_pings = false;
    return session;
}

/// The session answers every ping with `answer`, `count` times.
async function answered(t, session, answer, count) {
    for (let i = 0; i < count; ++i) {
        t.note(`ping ${i}`, await session.take(1));
        await session.send(answer);
    }
    await session.fate("session", t.fence);
}

const connect_timeout = (transport) => ({
    kind: "conformance",
    run: async (t) => {
        const session = await t.session(transport);
        t.note("packets", await session.take(1));
        t.note("end", session.end);
    },
});

export const heartbeats = {
    "HB-1 pings over websocket": async (t) => answered(t, await by_hand(t, "websocket"), "3", 3),
    "HB-1 pings over polling": async (t) => answered(t, await by_hand(t, "polling"), "3", 3),
    "HB-5 PONG with a payload": async (t) => answered(t, await by_hand(t, "websocket"), "3probe", 3),
    "HB-3 no PONG over websocket": async (t) => {
        const observer = await t.observer();
        const session = await by_hand(t, "websocket");
        t.note("packets", await session.take(2));
        t.note("end", session.end);
        await t.note_reason("reason", observer, session.id);
    },
    "HB-3 no PONG but messages": async (t) => {
        const observer = await t.observer();
        const session = await by_hand(t, "websocket");
        t.note("ping", await session.take(1));
        await session.send('42["echo",1]');
        t.note("packets", await session.take(2));
        t.note("end", session.end);
        await t.note_reason("reason", observer, session.id);
    },
    "HB-3 a ping of WebSocket is no PONG": async (t) => {
        const session = await by_hand(t, "websocket");
        t.note("ping", await session.take(1));
        session.frame({ type: opcode.ping, payload: "3" });
        t.note("packets", await session.take(2));
        t.note("end", session.end);
    },
    "POLL-11 no PONG over polling": async (t) => {
        const observer = await t.observer();
        const session = await by_hand(t, "polling");
        t.note("ping", await session.take(1));
        t.note_answer("pending", await session.poll());
        t.note_answer("next", await session.poll());
        await t.note_reason("reason", observer, session.id);
    },
    "POLL-11 no GET for the PING": async (t) => {
        const observer = await t.observer();
        const session = await by_hand(t, "polling");
        await t.note_reason("reason", observer, session.id);
        t.note_answer("next", await session.poll());
        t.note_answer("last", await session.poll());
    },
    "UP-6 no probe in time": async (t) => {
        const session = await t.joined("polling");
        const socket = await t.websocket({ sid: session.sid });
        const next = session.take(1);
        await socket.outcome("websocket");
        await session.send('42["echo",1]');
        t.note("polling", await next);
    },
    "UP-6 no UPGRADE in time": async (t) => {
        const session = await t.joined("polling");
        const socket = await t.websocket({ sid: session.sid });
        await socket.send("2probe");
        t.note("probe", await socket.take(1));
        const outcome = socket.outcome("websocket").then(() => "ended");
        let poll = session.take(1);
        while ((await Promise.race([poll, outcome])) !== "ended") {
            // NOOP comes at once while a probe stands: ten polls in a second are enough to stay alive.
            await setTimeout(100);
            poll = session.take(1);
        }
        await session.send('42["echo",1]');
        let [packet] = await poll;
        while (packet === "6") {
            [packet] = await session.take(1);
        }
        t.note("polling", packet);
    },
    "SIO-8 no CONNECT over websocket": connect_timeout("websocket"),
    "SIO-8 no CONNECT over polling": connect_timeout("polling"),
};

/// What an event makes of the session, and the reason that the server has for it.
const ended_by = (transport, ...packets) => async (t) => {
    const observer = await t.observer();
    const session = await t.joined(transport);
    await session.send(...packets);
    t.note("packets", await session.take(10));
    t.note("end", session.end);
    await t.note_reason("reason", observer, session.id);
};

/// The same where only the namespace is left.
const left_by = (transport, ...packets) => async (t) => {
    const observer = await t.observer();
    const session = await t.joined(transport);
    await t.send_in_steps(session, packets);
    await session.fate("session", t.fence);
    await t.note_reason("reason", observer, session.id);
};

const dropped = (action) => async (t) => {
    const observer = await t.observer();
    const session = await t.joined();
    action(session);
    await t.note_reason("reason", observer, session.id);
};

export const closing = {
    "CL-1 the server closes a WebSocket": ended_by("websocket", '42["cut"]'),
    "CL-1 the server closes long-polling": ended_by("polling", '42["cut"]'),
    "CL-1 the server disconnects a socket over websocket": left_by("websocket", '42["kick",false]'),
    "CL-1 the server disconnects a socket over polling": left_by("polling", '42["kick",false]'),
    "CL-1 the server disconnects a client over websocket": ended_by("websocket", '42["kick",true]'),
    "CL-1 the server disconnects a client over polling": ended_by("polling", '42["kick",true]'),
    "CL-2 what was emitted before, over websocket": ended_by("websocket", '42["flood",3]', '42["kick",true]'),
    "CL-2 what was emitted before, over polling": ended_by("polling", '42["flood",3]', '42["kick",true]'),
    "CL-2 what was emitted before a cut, over websocket": ended_by("websocket", '42["flood",3]', '42["cut"]'),
    "CL-2 what was emitted before a cut, over polling": ended_by("polling", '42["flood",3]', '42["cut"]'),
    "CL-1 the client leaves over websocket": left_by("websocket", "41"),
    "CL-1 the client leaves over polling": left_by("polling", "41"),
    "CL-1 the client sends what is no packet": ended_by("websocket", "4x"),
    "CL-1 the client sends what is no packet over polling": ended_by("polling", "4x"),
    "CL-1 the client closes the WebSocket": dropped((session) => session.frame({ type: opcode.close })),
    "CL-1 the client ends its connection": dropped((session) => session.link.end()),
    "CL-1 the client's connection is reset": dropped((session) => session.link.reset()),
    "CL-1 the client breaks the rules of WebSocket": dropped((session) =>
        session.frame({ type: 3, payload: "x" }),
    ),
    "CL-1 events after the client has left": left_by("websocket", "41", step, '42["echo",1]'),
};
