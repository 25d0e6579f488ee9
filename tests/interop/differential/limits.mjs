// SPDX-License-Identifier: BSL-1.0
// What is long or many, but no attack: neither server should mind, or both should.
import { frame_bytes, opcode } from "./websocket_link.mjs";
import { step } from "./trial.mjs";

const handshake = "/socket.io/?EIO=4&transport=polling";
const get = (target, headers) => (t) => t.exchange("reply", target, { headers });
const numbered = (count, make) => Array.from({ length: count }, (_, i) => make(i));

const said = (...packets) => async (t) => {
    const session = await t.joined();
    await t.send_in_steps(session, packets);
    await session.fate("session", t.fence);
};

/// A message of so many fragments to who has joined `/`.
const fragments = (count) => async (t) => {
    const session = await t.joined();
    const text = `42["echo","${"x".repeat(count)}"]`;
    const pieces = numbered(count, (i) => text.slice(i, i === count - 1 ? undefined : i + 1));
    const frames = pieces.map((payload, i) => {
        const type = i === 0 ? opcode.text : opcode.continuation;
        return frame_bytes({ type, payload, fin: i === count - 1 });
    });
    session.link.write(Buffer.concat(frames));
    await session.fate("session", t.fence);
};

export const limits = {
    "LIMIT 60 headers": get(handshake, Object.fromEntries(numbered(60, (i) => [`X-${i}`, "y"]))),
    "LIMIT 150 headers": get(handshake, Object.fromEntries(numbered(150, (i) => [`X-${i}`, "y"]))),
    "LIMIT a cookie of 4 kB": get(handshake, { Cookie: `a=${"x".repeat(4096)}` }),
    "LIMIT cookies of 12 kB": get(handshake, { Cookie: numbered(3, (i) => `a${i}=${"x".repeat(4000)}`).join("; ") }),
    "LIMIT a query of 2 kB": get(`${handshake}&token=${"x".repeat(2000)}`),
    "LIMIT a query of 7 kB": get(`${handshake}&token=${"x".repeat(7000)}`),
    "LIMIT 100 keys in the query": get(`${handshake}&${numbered(100, (i) => `k${i}=${i}`).join("&")}`),
    "LIMIT 100 arguments": said(`42["echo",${numbered(100, String)}]`),
    "LIMIT 10 000 arguments": said(`42["echo",${numbered(10_000, String)}]`),
    "LIMIT an event name of 200 bytes": said(`42["${"e".repeat(200)}",1]`),
    "LIMIT an event name of 2 kB": said(`42["${"e".repeat(2000)}",1]`),
    "LIMIT a namespace of 200 bytes": said(`40/${"n".repeat(200)},`),
    "LIMIT a namespace of 2 kB": said(`40/${"n".repeat(2000)},`),
    "LIMIT 40 refusals": said(...numbered(40, (i) => `40/nope${i},`)),
    "LIMIT 100 refusals": said(...numbered(100, (i) => `40/nope${i},`)),
    "LIMIT a room of 10 kB": said(`421["join","${"r".repeat(10_000)}"]`),
    "LIMIT 500 rooms": said(`42["join",${JSON.stringify(numbered(500, (i) => `r${i}`))}]`, step, '421["join",[]]'),
    "LIMIT depth of 60": said(`42["echo",${"[".repeat(60)}${"]".repeat(60)}]`),
    "LIMIT depth of 100": said(`42["echo",${"[".repeat(100)}${"]".repeat(100)}]`),
    "LIMIT 1000 keys in an object": said(
        `42["echo",${JSON.stringify(Object.fromEntries(numbered(1000, (i) => [`k${i}`, i])))}]`,
    ),
    "LIMIT 100 events in one segment": async (t) => {
        const session = await t.joined();
        const frames = numbered(100, (i) => frame_bytes({ type: opcode.text, payload: `42["echo",${i}]` }));
        session.link.write(Buffer.concat(frames));
        await session.fate("session", t.fence);
    },
    "LIMIT 500 fragments": fragments(500),
    "LIMIT 2000 fragments": fragments(2000),
    "LIMIT 1000 packets in a POST": async (t) => {
        const session = await t.joined("polling");
        t.note_answer("post", await session.send(...numbered(1000, (i) => `42["echo",${i}]`)));
        await session.fate("session", t.fence);
    },
    "LIMIT auth of 100 kB": async (t) => {
        const session = await t.session("websocket");
        await session.send(`40${JSON.stringify({ token: "x".repeat(100_000) })}`);
        await session.take_until((packet) => packet.includes("hello"));
        await session.fate("session", t.fence);
    },
};

/// Offers of compression, and what is agreed on.
const offered = (offer) => async (t) => {
    const { reply } = await t.ask_websocket({}, { headers: { "Sec-WebSocket-Extensions": offer } });
    t.note("reply", { status: reply?.status, agreed: reply?.headers["sec-websocket-extensions"] ?? "nothing" });
};

export const offers = {
    "WS-15 no offer": offered(undefined),
    "WS-15 permessage-deflate": offered("permessage-deflate"),
    "WS-15 what browsers offer": offered("permessage-deflate; client_max_window_bits"),
    "WS-15 without context": offered("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    "WS-15 the client without context": offered("permessage-deflate; client_no_context_takeover"),
    "WS-15 a small window of the server": offered("permessage-deflate; server_max_window_bits=10"),
    "WS-15 a small window of the client": offered("permessage-deflate; client_max_window_bits=10"),
    "WS-15 quoted values": offered('permessage-deflate; server_max_window_bits="12"'),
    "WS-15 a window of 7": offered("permessage-deflate; server_max_window_bits=7"),
    "WS-15 a window of 8": offered("permessage-deflate; server_max_window_bits=8"),
    "WS-15 a window twice": offered("permessage-deflate; server_max_window_bits=10; server_max_window_bits=11"),
    "WS-15 an unknown parameter": offered("permessage-deflate; x=1"),
    "WS-15 a bad offer and a good one": offered("permessage-deflate; x=1, permessage-deflate"),
    "WS-15 another extension and this one": offered("x-webkit-deflate-frame, permessage-deflate"),
    "WS-15 in capitals": offered("Permessage-Deflate"),
};
