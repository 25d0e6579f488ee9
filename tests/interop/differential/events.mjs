// SPDX-License-Identifier: BSL-1.0
// Events, acknowledgements and attachments (features EV-1 to EV-9, BIN-1 to BIN-12).
import { step } from "./trial.mjs";

/// Packets of a client that has joined `/`; then what comes back, and whether the session lives.
const said = (...packets) => async (t) => {
    const session = await t.joined();
    await t.send_in_steps(session, packets);
    await session.fate("session", t.fence);
};

export const events = {
    "EV-1 EVENT": said('42["echo",1,"two",{"three":[null,true]}]'),
    "EV-1 EVENT without arguments": said('42["echo"]'),
    "EV-1 EVENT over polling": async (t) => {
        const session = await t.joined("polling");
        t.note_answer("post", await session.post('42["echo",1]'));
        await session.fate("session", t.fence);
    },
    "EV-1 an event nobody handles": said('42["unheard",1]'),
    "EV-1 no payload": said("42"),
    "EV-1 no payload but an id": said("421"),
    "EV-1 an empty array": said("42[]"),
    "EV-1 null for a name": said("42[null]"),
    "EV-1 an object for a name": said("42[{}]"),
    "EV-1 an array for a name": said('42[["echo"]]'),
    "EV-1 true for a name": said("42[true]"),
    "EV-1 an object": said('42{"a":1}'),
    "EV-1 a string": said('42"echo"'),
    "EV-1 an empty name": said('42[""]'),
    "EV-2 connect": said('42["connect"]'),
    "EV-2 connect_error": said('42["connect_error"]'),
    "EV-2 disconnect": said('42["disconnect"]'),
    "EV-2 disconnecting": said('42["disconnecting"]'),
    "EV-2 newListener": said('42["newListener"]'),
    "EV-2 removeListener": said('42["removeListener"]'),
    "EV-2 connection": said('42["connection"]'),
    "EV-2 message": said('42["message"]'),
    "EV-2 __proto__": said('42["__proto__",{"__proto__":1}]'),
    "EV-3 a number for a name": said('42[1,"x"]'),
    "EV-4 bytes after the payload": said('42["echo",1]x'),
    "EV-4 two payloads": said('42["echo",1]["echo",2]'),
    "EV-4 no JSON": said('42["echo",]'),
    "EV-4 cut JSON": said('42["echo",'),
    "EV-4 a single quote": said("42['echo']"),
    "EV-4 blanks": said('42[ "echo" , 1 ] '),
    "EV-4 packet type 7": said("47[]"),
    "EV-4 packet type 9": said("49"),
    "EV-4 a letter for a type": said("4x"),
    "EV-4 no packet type": said("4"),
    "EV-4 a negative type": said('4-2["echo"]'),
    "BIN-12 numbers": said('42["echo",0,-0,1e3,1.5,9007199254740993,0.1,1e-7,1e21,123456789012345680000]'),
    "BIN-12 a number beyond all": said('42["echo",1e400]'),
    "BIN-12 leading zeros": said('42["echo",01]'),
    "BIN-12 NaN": said('42["echo",NaN]'),
    "BIN-12 escapes": said('42["echo","\\u0041\\n\\/\\u0000\\ud83d\\ude00"]'),
    "BIN-12 a lone surrogate": said('42["echo","\\ud800"]'),
    "BIN-12 a control character": said('42["echo","a\nb"]'),
    "BIN-12 line separators": said('42["echo","\u2028\u2029"]'),
    "BIN-11 keys twice": said('42["echo",{"a":1,"a":2}]'),
    "BIN-11 __proto__ as a key": said('42["echo",{"__proto__":{"x":1},"constructor":2}]'),
    "BIN-11 depth of 30": said(`42["echo",${"[".repeat(30)}${"]".repeat(30)}]`),
    "BIN-11 depth of 1000": said(`42["echo",${"[".repeat(1000)}${"]".repeat(1000)}]`),
    "BIN-11 depth of 100 000": said(`42["echo",${"[".repeat(100_000)}`),
};

export const acknowledgements = {
    "EV-5 an id": said('4212["ack",1,"two"]'),
    "EV-5 id 0": said('420["ack"]'),
    "EV-5 an id with zeros": said('42007["ack"]'),
    "EV-5 an id of 2^53 - 1": said('429007199254740991["ack"]'),
    "EV-5 an id of 2^53 + 1": said('429007199254740993["ack"]'),
    "EV-5 an id of 25 digits": said('421234567890123456789012345["ack"]'),
    "EV-5 an id of 400 digits": said(`42${"9".repeat(400)}["ack"]`),
    "EV-5 a blank for an id": said('42 ["ack"]'),
    "EV-5 a negative id": said('42-1["ack"]'),
    "EV-5 an id in another namespace": async (t) => {
        const session = await t.session("websocket");
        await t.join(session, "/custom");
        await session.send('42/custom,5["ack",1]');
        await session.fate("session", t.fence);
    },
    "EV-5 an id in use twice": said('421["ack","a"]', '421["ack","b"]'),
    "EV-5 an id for an event nobody handles": said('421["unheard"]'),
    "EV-6 an unknown id": said("4399[1]"),
    "EV-6 no id": said("43[1]"),
    "EV-6 no payload": said("431"),
    "EV-6 an object": said('431{"a":1}'),
    "EV-6 an empty array": said("431[]"),
    "EV-7 an answer, twice": async (t) => {
        const session = await t.joined();
        await session.send('42["ask",5000,"?"]');
        const [question] = await session.take(1);
        t.note("question", question);
        const id = /^42(\d+)\[/.exec(question)[1];
        await session.send(`43${id}["a",2]`, `43${id}["b"]`);
        await session.fate("session", t.fence);
    },
    "EV-9 ids of two namespaces": async (t) => {
        const session = await t.joined();
        await t.join(session, "/custom");
        await session.send('42["ask",5000]', '42/custom,["ask",5000]', '42["ask",5000]');
        await session.fate("session", t.fence);
    },
    "EV-12 no answer in time": async (t) => {
        const session = await t.joined();
        await session.send('42["ask",50]');
        t.note("packets", await session.take(2));
    },
    "EV-11 a room is asked": async (t) => {
        const session = await t.joined();
        await session.send('42["join","r"]', '421["ask-room",5000,"r","?"]');
        const [question] = await session.take(1);
        t.note("question", question);
        await session.send(`43${/^42(\d+)\[/.exec(question)[1]}["here"]`);
        await session.fate("session", t.fence);
    },
    "EV-11 an empty room is asked": async (t) => {
        const session = await t.joined();
        await session.send('421["ask-room",5000,"nobody","?"]');
        t.note("packets", await session.take(1));
    },
    "EV-13 the client leaves without an answer": async (t) => {
        const observer = await t.observer();
        const session = await t.joined();
        await session.send('42["ask",60000]');
        await session.take(1);
        await session.send("41");
        // Others go as well while it is observed.
        const packets = await observer.take_until((packet) => packet.startsWith('42["asked"'));
        t.note("outcome", packets.filter((packet) => packet.includes(session.id)));
    },
};

const hole = (num) => JSON.stringify({ _placeholder: true, num });
const [one, two] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5])];

export const binaries = {
    "BIN-1 an attachment": said(`451-["echo",${hole(0)}]`, one),
    "BIN-1 two attachments": said(`452-["echo",${hole(0)},{"a":[${hole(1)}]}]`, one, two),
    "BIN-1 an acknowledgement with an attachment": said(`451-7["ack",${hole(0)}]`, one),
    "BIN-1 an attachment in another namespace": async (t) => {
        const session = await t.session("websocket");
        await t.join(session, "/custom");
        await session.send(`451-/custom,["echo",${hole(0)}]`, one);
        await session.fate("session", t.fence);
    },
    "BIN-1 an attachment over polling": async (t) => {
        const session = await t.joined("polling");
        t.note_answer("post", await session.send(`451-["echo",${hole(0)}]`, one));
        await session.fate("session", t.fence);
    },
    "BIN-1 an empty attachment": said(`451-["echo",${hole(0)}]`, Buffer.alloc(0)),
    "BIN-1 an answer with an attachment": async (t) => {
        const session = await t.joined();
        await session.send('42["ask",5000,"?"]');
        const [question] = await session.take(1);
        await session.send(`461-${/^42(\d+)\[/.exec(question)[1]}[${hole(0)}]`, one);
        await session.fate("session", t.fence);
    },
    "BIN-3 CONNECT with an attachment": said(`451-/custom,{"a":${hole(0)}}`, one),
    "BIN-4 ten attachments": said(
        `4510-["echo",${Array.from({ length: 10 }, (_, i) => hole(i))}]`,
        ...Array.from({ length: 10 }, () => two),
    ),
    "BIN-4 eleven attachments": said(`4511-["echo",${hole(0)}]`),
    "BIN-4 a dash without a count": said('45-["echo"]'),
    "BIN-4 no dash": said('45["echo"]'),
    "BIN-4 a count alone": said("451-"),
    "BIN-4 a count for an event without attachments": said('421-["echo",1]'),
    "BIN-5 a count of zero": said('450-["echo",1]'),
    "BIN-6 a count in scientific notation": said(`451e0-["echo",${hole(0)}]`, one),
    "BIN-6 a count in hexadecimal": said(`450x1-["echo",${hole(0)}]`, one),
    "BIN-6 a count after a blank": said(`45 1-["echo",${hole(0)}]`, one),
    "BIN-6 a count with a zero before it": said(`4501-["echo",${hole(0)}]`, one),
    "BIN-6 a negative count": said('45-1-["echo"]'),
    "BIN-7 a number beyond the count": said(`451-["echo",${hole(1)}]`, one),
    "BIN-7 a negative number": said(`451-["echo",${hole(-1)}]`, one),
    "BIN-7 a string for a number": said(`451-["echo",${hole("0")}]`, one),
    "BIN-7 a fraction for a number": said(`451-["echo",${hole(0.5)}]`, one),
    "BIN-7 no number": said('451-["echo",{"_placeholder":true}]', one),
    "BIN-7 the same number twice": said(`451-["echo",${hole(0)},${hole(0)}]`, one),
    "BIN-7 numbers in another order": said(`452-["echo",${hole(1)},${hole(0)}]`, one, two),
    "BIN-7 an attachment that nothing names": said('451-["echo",1]', one),
    "BIN-7 a placeholder with other keys": said('451-["echo",{"_placeholder":true,"num":0,"x":1}]', one),
    "BIN-7 a placeholder that is not": said('451-["echo",{"_placeholder":false,"num":0}]', one),
    "BIN-8 text where an attachment is due": said(`451-["echo",${hole(0)}]`, '42["echo",1]'),
    "BIN-8 an attachment that nobody waits for": said(one),
    "BIN-8 one attachment too many": said(`451-["echo",${hole(0)}]`, one, step, two),
    "BIN-10 a placeholder in an event without attachments": said(`42["echo",${hole(0)}]`),
    "BIN-7 a placeholder for a name": said(`451-[${hole(0)}]`, one),
    "EV-2 connect with an attachment": said(`451-["connect",${hole(0)}]`, one),
    "WS-6 an attachment as Base64": said(`451-["echo",${hole(0)}]`, "bAQID"),
};
