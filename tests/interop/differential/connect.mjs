// SPDX-License-Identifier: BSL-1.0
// CONNECT, DISCONNECT and namespaces (features SIO-1 to SIO-18).
import { step } from "./trial.mjs";

/// Packets of a client that has joined nothing yet.
const fresh = (...packets) => async (t) => {
    const session = await t.session("websocket");
    await session.send(...packets);
    await session.fate("session", t.fence);
};

/// The CONNECT of `nsp`, what it is answered, and packets after that.
const after_answer = (connect, ...packets) => async (t) => {
    const session = await t.session("websocket");
    await session.send(connect);
    t.note("answer", await session.take_until((packet) => packet.startsWith("42") || packet.startsWith("44")));
    await t.send_in_steps(session, packets);
    await session.fate("session", t.fence);
};

/// An answered CONNECT and nothing else.
const joining = (connect) => after_answer(connect);

/// Packets of a client that has joined `/`.
const joined = (...packets) => after_answer("40", ...packets);

const handshake_of = (connect, query, prefix = "") => async (t) => {
    const session = await t.note_websocket("reply", query, { headers: { "X-Token": "abc", Cookie: "a=b" } });
    await session.send(connect);
    await session.take_until((packet) => packet.startsWith(`42${prefix}["hello"`));
    await session.send(`42${prefix}1["handshake"]`);
    const [packet] = await session.take(1);
    const [{ auth, query: seen, url, secure, headers }] = JSON.parse(packet.slice(packet.indexOf("[")));
    t.note("handshake", { auth: JSON.stringify(auth), query: JSON.stringify(seen), url, secure });
    t.note("token", headers["x-token"]);
    t.note("cookie", headers.cookie);
};

export const connections = {
    "SIO-1 CONNECT": joining("40"),
    "SIO-1 CONNECT with auth": joining('40{"token":"x"}'),
    "SIO-1 CONNECT to another namespace": joining("40/custom,"),
    "SIO-1 CONNECT without the comma": joining("40/custom"),
    "SIO-1 CONNECT over polling": async (t) => {
        const session = await t.polling();
        t.note_answer("post", await session.post("40"));
        t.note("packets", await session.take(2));
        await session.fate("session", t.fence);
    },
    "SIO-1 nothing is joined by itself": fresh(),
    "SIO-3 an unknown namespace": joining("40/nope,"),
    "SIO-3 an unknown namespace with auth": joining('40/nope,{"a":1}'),
    "SIO-3 a namespace of Object.prototype": joining("40/__proto__,"),
    "SIO-3 a namespace in capitals": joining("40/Custom,"),
    "SIO-4 refused by a middleware": joining("40/auth,"),
    "SIO-4 refused, then accepted": after_answer("40/auth,", '40/auth,{"token":"secret"}', step, '42/auth,1["ack",1]'),
    "SIO-4 accepted by a middleware": joining('40/auth,{"token":"secret"}'),
    "SIO-4 an event where it was refused": after_answer("40/auth,", '42/auth,["echo",1]'),
    "SIO-5 CONNECT twice": joined("40"),
    "SIO-5 CONNECT twice to another namespace": after_answer("40/custom,", "40/custom,"),
    "SIO-6 EVENT before CONNECT": fresh('42["echo",1]'),
    "SIO-6 ACK before CONNECT": fresh("431[1]"),
    "SIO-6 DISCONNECT before CONNECT": fresh("41"),
    "SIO-6 EVENT for a namespace that is not joined": joined('42/custom,["echo",1]'),
    "SIO-6 EVENT for an unknown namespace": joined('42/nope,["echo",1]'),
    "SIO-6 ACK for a namespace that is not joined": joined("43/custom,1[]"),
    "SIO-6 DISCONNECT of a namespace that is not joined": joined("41/custom,"),
    "SIO-6 CONNECT and EVENT in one POST": async (t) => {
        const session = await t.polling();
        t.note_answer("post", await session.send("40", '42["echo",1]'));
        t.note("packets", await session.take_until((packet) => packet.includes("echo")));
        t.note("end", session.end);
    },
    "SIO-7 CONNECT_ERROR": joined('44{"message":"x"}'),
    "SIO-7 CONNECT_ERROR before CONNECT": fresh('44{"message":"x"}'),
    "SIO-9 DISCONNECT": joined("41"),
    "SIO-9 DISCONNECT, then CONNECT": async (t) => {
        const session = await t.joined();
        await t.send_in_steps(session, ["41", step, "40"]);
        t.note("packets", await session.take(2));
        await session.fate("session", t.fence);
    },
    "SIO-9 DISCONNECT twice": joined("41", step, "41"),
    "SIO-9 DISCONNECT leaves the other namespace": async (t) => {
        const session = await t.joined();
        await t.join(session, "/custom");
        await t.send_in_steps(session, ["41/custom,", step, '42["echo",1]']);
        await session.fate("session", t.fence);
    },
    "SIO-9 DISCONNECT of / leaves the other namespace": async (t) => {
        const session = await t.joined();
        await t.join(session, "/custom");
        await t.send_in_steps(session, ["41", step, '42/custom,["echo",1]']);
        await session.fate("session", t.fence);
    },
    "SIO-9 DISCONNECT with a payload": joined('41{"a":1}'),
    "SIO-9 DISCONNECT with garbage": joined("41x"),
    "SIO-9 EVENT after DISCONNECT": joined("41", step, '42["echo",1]'),
};

export const namespaces = {
    "SIO-10 auth is a string": fresh('40"x"'),
    "SIO-10 auth is an array": fresh("40[1]"),
    "SIO-10 auth is a number": fresh("401"),
    "SIO-10 auth is null": fresh("40null"),
    "SIO-10 auth is true": fresh("40true"),
    "SIO-10 auth is no JSON": fresh("40{x}"),
    "SIO-10 auth is cut": fresh('40{"a":'),
    "SIO-10 auth with bytes after it": fresh('40{"a":1}x'),
    "SIO-10 auth with blanks": joining('40{"a" : 1 } '),
    "SIO-10 a blank before auth": joining('40 {"a":1}'),
    "SIO-10 auth with an id": joining('4012{"a":1}'),
    "SIO-11 the namespace goes on to the comma": joining("40/custom,{}"),
    "SIO-11 a namespace without a slash": fresh("40custom,"),
    "SIO-11 EVENT without a comma": fresh('42/custom["echo",1]'),
    "SIO-11 an empty name": joining("40/,{}"),
    "SIO-12 a query in the name": joining("40/custom?a=1,"),
    "SIO-12 a query of the main namespace": joining("40/?a=1,"),
    "SIO-13 / written down": joining("40/,"),
    "SIO-13 / without a comma": joining("40/"),
    "SIO-13 EVENT for / written down": joined('42/,["echo",1]'),
    "SIO-16 the answer comes before what the handler emits": async (t) => {
        const session = await t.session("websocket");
        await session.send("40");
        t.note("packets", await session.take(2));
    },
    "SIO-17 what the server knows of the handshake": handshake_of('40{"token":"x","n":[1,null]}', { a: "1", b: "2 3" }),
    "SIO-17 a query twice": handshake_of("40", { "x[]": "1" }),
    "SIO-17 auth of another namespace": handshake_of('40/custom,{"n":1}', {}, "/custom,"),
    "SIO-18 rooms": joined('421["join",[]]', step, '422["join",["a","b"]]', step, '423["leave","a"]'),
    "SIO-2 ids of two namespaces": async (t) => {
        const session = await t.joined();
        const other = await t.join(session, "/custom");
        t.note("differ", new Set([session.id, other, session.sid]).size);
        t.note("lengths", Math.min(...[session.id, other, session.sid].map((id) => id.length)));
    },
};
