// SPDX-License-Identifier: BSL-1.0
// How the two servers may differ over inputs that nobody has thought of: docs/differences.md has the reasons, under the
// same names.
import { isDeepStrictEqual } from "node:util";
import notepack from "notepack.io";
import { fence } from "./fuzz_run.mjs";
import { request_bytes } from "./http_link.mjs";
import { opcode } from "./websocket_link.mjs";

const text_of = ({ inputs }) => inputs.map((input) => Buffer.from(input).toString("latin1")).join("\n");

/// Texts that a WebSocket carries, as far as its frames can be read.
function* frame_texts({ inputs }) {
    let bytes = Buffer.concat(inputs.map((input) => Buffer.from(input)));
    let parts = [];
    while (bytes.length >= 2) {
        let size = bytes[1] & 127;
        let at = 2;
        if (size === 126 && bytes.length >= 4) {
            [size, at] = [bytes.readUInt16BE(2), 4];
        }
        const mask = bytes[1] & 128 ? bytes.subarray(at, at + 4) : Buffer.alloc(4);
        at += bytes[1] & 128 ? 4 : 0;
        const payload = Buffer.from(bytes.subarray(at, at + size).map((byte, i) => byte ^ mask[i & 3]));
        const type = bytes[0] & 15;
        if (type === opcode.text) {
            parts = [payload];
        } else if (type === opcode.continuation) {
            parts.push(payload);
        }
        if (bytes[0] & 128 && (type === opcode.text || type === opcode.continuation)) {
            yield Buffer.concat(parts).toString("utf8");
        }
        bytes = bytes.subarray(at + size);
    }
}

/// Packets that are text, of whatever kind of case.
function texts(one) {
    switch (one.kind) {
        case "packets":
            return one.inputs.filter((input) => typeof input === "string");
        case "frames":
            return [...frame_texts(one)];
        case "posts":
            return one.inputs.flatMap((body) => body.toString("utf8").split("\x1e"));
        default:
            return [];
    }
}

const over_http = ({ kind }) => kind === "requests" || kind === "upgrades";
const over_websocket = ({ kind }) => kind === "packets" || kind === "frames" || kind === "msgpack";
const closed = ({ end }) => end !== "open" && end !== "waits";

/// Ids are numbered as they appear: the numbers say nothing where some do not.
const without_numbers = (packet) => JSON.stringify(packet).replaceAll(/<id \d+>/g, "<id>");

/// `few` is what remains of `many` when some are left out.
function left_of(few = [], many = []) {
    let at = 0;
    for (const packet of many) {
        if (at < few.length && without_numbers(few[at]) === without_numbers(packet)) {
            ++at;
        }
    }
    return at === few.length;
}

/// What ends the session is of the same input at both, and the same came of those before it. Ours may see by the first
/// byte of a frame that it is none; Node's server waits for more, of which nothing comes.
const same_before_the_end = ({ kind }, theirs, ours) => {
    const last = ours.heard.length - 1;
    const later = theirs.heard.slice(last + 1);
    return (
        theirs.heard.length > last &&
        isDeepStrictEqual(theirs.heard.slice(0, last), ours.heard.slice(0, last)) &&
        (later.length === 0 || (kind === "frames" && later.flat().length === 0))
    );
};

/// Ours ends it over an input that Node's server takes, which ends it over a later one.
const ends_later = (theirs, ours) =>
    closed(theirs) &&
    theirs.heard?.length > ours.heard?.length &&
    isDeepStrictEqual(theirs.heard.slice(0, ours.heard.length - 1), ours.heard.slice(0, -1));

/// How Node's server and ours end a session over an input with a fault of Socket.IO and one of a frame behind it.
const two_faults = [["close 1005", "close 1002"]];

/// Ours ends what goes on at Node's, at least for a while, and nothing came before that is missing there.
const refused_by_ours = (theirs, ours) => closed(ours) && left_of(ours.packets, theirs.packets);

const is_utf8 = (bytes) => Buffer.from(bytes.toString("utf8")).equals(bytes);
const is_base64 = (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

/// Heads of requests, as far as those before have an end. The last one may go on with the fence.
function* heads({ inputs }) {
    let text = Buffer.concat([...inputs, request_bytes(fence)]).toString("latin1");
    for (let end; (end = text.indexOf("\r\n\r\n")) >= 0; ) {
        const head = text.slice(0, end + 2);
        yield head;
        text = text.slice(end + 4);
        if (/\ntransfer-encoding: *chunked/i.test(head)) {
            const last = text.indexOf("0\r\n");
            text = last < 0 ? "" : text.slice(text.indexOf("\r\n\r\n", last) + 4);
        } else {
            text = text.slice(Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0));
        }
    }
    if (text !== "") {
        yield text;
    }
}

/// Faults of HTTP that Node's parser lets pass or answers otherwise, in a head.
const http_faults = [
    /^(?!(GET|POST|OPTIONS|HEAD|PUT|PATCH|DELETE) )/, // a method that nobody knows
    /\nhost:[^\n]*\n([^\n]+\n)*host:/i, // two Hosts
    /\nhost:(?![ \t]*[\w.-]*(:\d*)?[ \t]*\r?(\n|$))/i, // a Host that is none
    /^\w+ (?!\/|http:\/\/)/, // a target that is none
    /^\w+ [^\r\n]*[^\x21-\x7e][^\r\n]* HTTP/, // nor that
    /^\w+ [^ ]*#/, // nor that
    /^\w+ \/\S*(\r|\n|$)/, // no version
    /^\w+ [^\r\n]*HTTP\/(?!1\.[01]\r)/, // another version
    /\nconnection:(?![ \t]*[\w-]*[ \t]*(,[ \t]*[\w-]*[ \t]*)*\r)/i, // a list that is none
    /HTTP\/1\.0\r\n([^\n]+\n)*transfer-encoding/i, // chunks in HTTP/1.0
    /\ntransfer-encoding:(?![ \t]*chunked[ \t]*\r)/i, // an unknown coding
    /\r(?!\n)|[^\r]\n/, // half a line end
];

const begins_with = (whole, begin) => begin.every((each, i) => each === whole[i]);

/// Ours refuses one, ends the connection, and differs in none before.
const refused_request = (theirs, ours) =>
    ours.end === "ended" &&
    /^(400|414|431|501|505)$/.test(ours.replies.at(-1)) &&
    begins_with(theirs.replies, ours.replies.slice(0, -1));

const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

function packets_of_msgpack({ kind, inputs }) {
    if (kind !== "msgpack") {
        return [];
    }
    return inputs.flatMap((input) => {
        try {
            return [notepack.decode(input)];
        } catch {
            return [];
        }
    });
}

/// Equal but for whole numbers of 64 bits and more, of which Node's server sends the lower bits.
function is_same_but_for_numbers(theirs, ours) {
    const is_object = (value) => value !== null && typeof value === "object";
    const is_same = (their, our) => {
        if (typeof our === "number" && typeof their === "number") {
            return their === our || (Number.isInteger(our) && Math.abs(our) >= 2 ** 63);
        }
        if (!is_object(their) || !is_object(our)) {
            return their === our;
        }
        const keys = Object.keys(our);
        return (
            Array.isArray(their) === Array.isArray(our) &&
            keys.length === Object.keys(their).length &&
            keys.every((key) => Object.hasOwn(their, key) && is_same(their[key], our[key]))
        );
    };
    try {
        return is_same(JSON.parse(theirs), JSON.parse(ours));
    } catch {
        return theirs === ours;
    }
}

/// A type, a count or an id that JavaScript's Number() takes, and that is no plain number.
function has_odd_digits(text) {
    const plain = /^(0|[1-9]\d*)$/;
    const found = /^4(.)(?:(?<=[56])([^-]*)-)?(?:\/[^,]*,?)?([\d\s]*)/s.exec(text);
    if (found === null) {
        return false;
    }
    const [, type, count = "0", id] = found;
    return /\s/.test(type) || !plain.test(count) || !plain.test(id || "0");
}

/// What ends npm's server itself, or keeps it from answering.
export const ended = "npm's server does not survive it";

export const rules = {
    [ended]: () => false,
    "a body that cannot be read": ({ kind }, theirs, ours) =>
        kind === "posts" &&
        closed(theirs) &&
        closed(ours) &&
        theirs.posts.at(-1) === 200 &&
        ours.posts.at(-1) === 400 &&
        left_of(theirs.packets, ours.packets),
    "no Base64, or no UTF-8, in a body": ({ kind, inputs }, theirs, ours) =>
        kind === "posts" &&
        !closed(theirs) &&
        ours.posts.at(-1) === 400 &&
        inputs.some(
            (body) =>
                !is_utf8(body) ||
                body.toString("utf8").split("\x1e").some((text) => text.startsWith("b") && !is_base64(text.slice(1))),
        ),
    "what came before a fault": (one, theirs, ours) =>
        !over_http(one) &&
        closed(theirs) &&
        closed(ours) &&
        theirs.end === ours.end &&
        same_before_the_end(one, theirs, ours) &&
        (left_of(theirs.packets, ours.packets) || left_of(ours.packets, theirs.packets)),
    "CLOSE over WebSocket": (one, theirs, ours) =>
        over_websocket(one) &&
        ours.end === "close 1005" &&
        refused_by_ours(theirs, ours) &&
        texts(one).some((text) => text.startsWith("1")),
    "no UTF-8 in a frame": ({ kind }, theirs, ours) =>
        kind === "frames" && ours.end === "close 1007" && theirs.end !== "open",
    "behind CONNECT in one body": ({ kind, inputs }, theirs, ours) =>
        kind === "posts" &&
        closed(theirs) &&
        left_of(theirs.packets, ours.packets) &&
        inputs.some((body) => /(^|\x1e)40.*\x1e/s.test(body.toString("latin1"))),
    "around the end of a namespace in one body": ({ kind, inputs }, theirs, ours) =>
        kind === "posts" &&
        (left_of(ours.packets, theirs.packets) || left_of(theirs.packets, ours.packets)) &&
        inputs.some((body) => /\x1e/.test(body.toString("latin1")) && /(^|\x1e)41|kick|cut/.test(body.toString("latin1"))),
    "two faults": (one, theirs, ours) =>
        over_websocket(one) &&
        two_faults.some(([their_end, our_end]) => theirs.end === their_end && ours.end === our_end) &&
        same_before_the_end(one, theirs, ours) &&
        (left_of(theirs.packets, ours.packets) || left_of(ours.packets, theirs.packets)),
    "digits of ids and counts": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) &&
        texts(one).some(has_odd_digits),
    "an id beyond 2^53 - 1": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) &&
        texts(one).some((text) => /^4[0-6](?:\d+-)?(?:\/[^,]*,)?(\d+)/.exec(text)?.[1] > Number.MAX_SAFE_INTEGER),
    "an event without a name": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) && texts(one).some((text) => /^4[25](?:\d+-)?(?:\/[^,]*,?)?\d*$/.test(text)),
    "attachments for a namespace that was not joined": (one, theirs, ours) =>
        (theirs.end === "waits" || ends_later(theirs, ours)) &&
        refused_by_ours(theirs, ours) &&
        texts(one).some((text) => /^4[56]\d+-/.test(text)),
    "a namespace of two slashes": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) && texts(one).some((text) => /^4\d(?:\d+-)?\/\/(,|$)/.test(text)),
    "a number beyond all": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) && texts(one).some((text) => /[eE]\+?\d{3}|\d{309}/.test(text)),
    "a request that is refused": (one, theirs, ours) =>
        over_http(one) &&
        refused_request(theirs, ours) &&
        [...heads(one)].some((head) => http_faults.some((fault) => fault.test(head))),
    "no answer to a fault behind an answer": (one, theirs, ours) =>
        over_http(one) &&
        theirs.end === "ended" &&
        ours.end === "ended" &&
        /^(400|501|505)$/.test(ours.replies.at(-1)) &&
        theirs.replies.length < ours.replies.length &&
        left_of(theirs.replies.filter((reply) => reply !== "400"), ours.replies),
    "a fault behind the last request": (one, theirs, ours) =>
        over_http(one) &&
        theirs.end === "ended" &&
        ours.end === "ended" &&
        theirs.replies.at(-1) === "400" &&
        begins_with(ours.replies, theirs.replies.slice(0, -1)) &&
        one.inputs.some((input) => /connection: *close|HTTP\/1\.0/i.test(input.toString("latin1"))),
    "an upgrade to something else, or to that too": (one, theirs, ours) =>
        over_http(one) &&
        theirs.end === "ended" &&
        theirs.replies.at(-1) === "400" &&
        begins_with(ours.replies, theirs.replies.slice(0, -1)) &&
        [...heads(one)].some((head) => /\nupgrade:(?![ \t]*websocket[ \t]*\r)/i.test(head)),
    "an upgrade at a foreign path": (one, theirs, ours) =>
        one.kind === "upgrades" &&
        theirs.end === "open" &&
        (theirs.replies.length === 0 || theirs.replies[0] === "404") &&
        /^40[04]$/.test(ours.replies[0]),
    "half an upgrade": (one, theirs, ours) =>
        over_http(one) &&
        refused_request(theirs, ours) &&
        [...heads(one)].some((head) => /\nupgrade:/i.test(head) !== /\nconnection:([^\n]*,)?[ \t]*upgrade[ \t]*[,\r]/i.test(head)),
    "a WebSocket that is refused after 101, or not at all": (one, theirs, ours) =>
        one.kind === "upgrades" &&
        theirs.replies[0] === "101" &&
        ours.replies[0] === "400" &&
        [...heads(one)].some(
            (head) => !/EIO=4(&[^\n]*)?&transport=websocket/.test(head) || !/\nsec-websocket-version: *13\r/i.test(head),
        ),
    "another expectation": (one, theirs, ours) =>
        over_http(one) &&
        ours.end === "ended" &&
        ours.replies.at(-1) === "417" &&
        begins_with(theirs.replies, ours.replies.slice(0, -1)),
    "HTTP/1.0 that keeps its connection": (one, theirs, ours) =>
        over_http(one) &&
        theirs.end === "ended" &&
        begins_with(ours.replies, theirs.replies) &&
        /HTTP\/1\.0\r\n([^\n]+\n)*connection: *keep-alive/i.test(text_of(one)),
    "an answer before the end of a request": (one, theirs, ours) =>
        over_http(one) &&
        refused_request(theirs, ours) &&
        theirs.replies.length >= ours.replies.length &&
        [...heads(one)].some((head) => /\ntransfer-encoding: *chunked/i.test(head)),
    "names and namespaces of msgpack": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) &&
        packets_of_msgpack(one).some(
            ({ type, nsp, data }) =>
                !String(nsp).startsWith("/") ||
                (type === 2 && (!Array.isArray(data) || data.length === 0 || reserved.includes(data[0]))),
        ),
    "nil of msgpack": (one, theirs, ours) =>
        closed(theirs) &&
        !closed(ours) &&
        packets_of_msgpack(one).some(({ type, data }) => (type === 0 || type === 1) && data === null),
    "no UTF-8 of msgpack": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) &&
        packets_of_msgpack(one).some((packet) => JSON.stringify(packet).includes("\ufffd")),
    "numbers of msgpack": (one, theirs, ours) =>
        one.kind === "msgpack" &&
        theirs.end === ours.end &&
        theirs.packets.length === ours.packets.length &&
        ours.packets.every((packet, i) => is_same_but_for_numbers(theirs.packets[i], packet)),
    "ids of msgpack": (one, theirs, ours) =>
        refused_by_ours(theirs, ours) &&
        packets_of_msgpack(one).some(({ id }) => typeof id === "number" && (id < 0 || id > Number.MAX_SAFE_INTEGER)),
};

/// The name of a rule that says why they differ, or undefined.
export function rule_for(one, theirs, ours) {
    if (theirs.fault !== undefined || ours.fault !== undefined) {
        return undefined;
    }
    return Object.keys(rules).find((name) => rules[name](one, theirs, ours));
}
