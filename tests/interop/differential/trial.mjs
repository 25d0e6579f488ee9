// SPDX-License-Identifier: BSL-1.0
// One scenario against one server: what it does there, and what it has seen.
import notepack from "notepack.io";
import { http_link } from "./http_link.mjs";
import { polling_session } from "./polling_session.mjs";
import { accept_of, new_key, upgrade_headers, websocket_session } from "./websocket_link.mjs";

/// Headers without the time, what HTTP/1.1 means anyway, and how the end of a body is told. An answer without a body
/// is another matter: RFC 9110 says when it must not have a length.
function telling(status, headers) {
    const silent = (name, value) =>
        name === "date" ||
        name === "keep-alive" ||
        (name === "connection" && value.toLowerCase() === "keep-alive") ||
        (status !== 204 && (name === "content-length" || name === "transfer-encoding"));
    return Object.fromEntries(Object.entries(headers).filter(([name, value]) => !silent(name, value)));
}

/// What tells that everything sent before has had its effect: a packet to send, and what its answer is like.
export const fences = {
    engine: { packet: "4fence", is: (packet) => packet === "4fence" },
    // An unknown namespace is refused at once, whatever else is joined.
    socketio: { packet: "40/fence,", is: (packet) => packet?.startsWith("44/fence,") ?? false },
    msgpack: {
        packet: notepack.encode({ type: 0, nsp: "/fence" }),
        is: (packet) => /"\/fence".*"type":4/.test(packet ?? ""),
    },
};

/// Among packets: what comes before is read and handled before the next is sent.
export const step = Symbol("step");

export class trial {
    /// True when nobody waits for it any more.
    over = false;
    seen = {};
    #ids = new Map();
    #cleanups = [];

    constructor(server, { kind, path }, shards) {
        this.server = server;
        this.shards = shards;
        this.kind = kind;
        this.path = path;
        this.fence =
            path === "/engine.io/" ? fences.engine : (fences[kind] ?? fences.socketio);
    }

    async finish() {
        this.over = true;
        for (const action of this.#cleanups) {
            await action();
        }
    }

    /// From now on `id` reads `<name N>`, in the order of appearance.
    learn(id, name = "id") {
        if (!this.#ids.has(id)) {
            this.#ids.set(id, `<${name} ${this.#ids.size + 1}>`);
        }
    }

    #normal(text) {
        for (const [, id] of text.matchAll(/\\?"(?:sid|pid)\\?":\\?"([^"\\]+)/g)) {
            this.learn(id);
        }
        for (const [, id] of text.matchAll(/\["hello","([^"]+)"/g)) {
            this.learn(id);
        }
        for (const [id, name] of this.#ids) {
            text = text.replaceAll(id, name);
        }
        // The length of an OPEN packet is that of its id as well.
        text = text.replace(/(^|")\d+(:0\{\\?"sid)/g, "$1<n>$2");
        // Ids of questions are counted by socket or by namespace, over all scenarios.
        return text.replaceAll(/(4[25](?:\d-)?(?:\/\w+,)?)\d+(\[\\?"question)/g, "$1<n>$2");
    }

    /// Keeps `value` for the comparison; the fields of an object each for itself.
    note(field, value) {
        if (value !== null && typeof value === "object" && !Array.isArray(value)) {
            for (const [key, each] of Object.entries(value)) {
                this.note(`${field}.${key}`, each);
            }
        } else if (value !== undefined) {
            const text = typeof value === "string" ? value : JSON.stringify(value);
            this.seen[field] = this.#normal(text);
        }
    }

    target(query) {
        return `${this.path}?${new URLSearchParams(query)}`;
    }

    link() {
        const link = new http_link(this.server.port);
        this.#cleanups.push(() => link.destroy());
        return link;
    }

    /// When this returns, the server has read what was sent before: on each of its shards, as often as connections are
    /// dealt to them.
    async round_trip() {
        const count = this.shards === 1 ? 1 : 10 * this.shards;
        await Promise.all(Array.from({ length: count }, () => this.#one_round_trip()));
    }

    async #one_round_trip() {
        const link = this.link();
        await link.request(this.target({ EIO: "4", transport: "none" }));
        await link.response();
        await link.destroy();
    }

    /// Whether another request is answered on the connection.
    async still_open(link) {
        await link.request(this.target({ EIO: "4", transport: "none" }));
        return (await link.response("GET")) !== undefined;
    }

    /// Notes an answer, and what became of its connection.
    async note_reply(name, link, reply) {
        if (reply === undefined) {
            this.note(name, { status: "the connection ends without an answer" });
            return;
        }
        this.note(name, {
            status: reply.status,
            headers: telling(reply.status, reply.headers),
            body: reply.body.toString("utf8"),
            interim: link.interim.splice(0),
            connection: (await this.still_open(link)) ? "open" : "closed",
        });
    }

    /// A request on a connection of its own, noted.
    async exchange(name, target, options) {
        const link = this.link();
        await link.request(target, options);
        const reply = await link.response();
        await this.note_reply(name, link, reply);
        return reply;
    }

    /// The same of bytes that are no good HTTP: what matters is the status, and whether the connection goes on.
    async raw_exchange(name, ...parts) {
        const link = this.link();
        for (const part of parts) {
            await link.write(Buffer.from(part, "latin1"));
        }
        const status = (await link.response("GET"))?.status ?? "the connection ends without an answer";
        const connection = (await this.still_open(link)) ? "open" : "closed";
        this.note(name, { status, interim: link.interim, connection });
    }

    /// Notes what a session gets until a fence is answered, or how it ends before. Twice: npm's server handles events in a
    /// later turn than it reads them, so that the first answer can come before theirs.
    async note_fate(name, session, fence) {
        const all = [];
        for (let i = 0; i < 2; ++i) {
            // A session that has ended refuses this, which its next packet shows as well.
            await session.send(fence.packet);
            const packets = await session.take_until(fence.is);
            const answered = fence.is(packets.at(-1));
            all.push(...(answered ? packets.slice(0, -1) : packets));
            if (!answered) {
                this.note(name, { packets: all, end: session.end });
                return;
            }
        }
        this.note(name, { packets: all, end: "open" });
    }

    /// Sends packets one after the other, and notes what comes where there is a `step` between them.
    async send_in_steps(session, packets) {
        for (const [i, packet] of packets.entries()) {
            if (packet === step) {
                await session.fate(`before ${i}`, this.fence);
            } else {
                await session.send(packet);
            }
        }
    }

    /// Notes the answer of a POST or GET of a session without its connection.
    note_answer(name, reply) {
        this.note(name, {
            status: reply?.status ?? "no answer",
            headers: telling(reply?.status, reply?.headers ?? {}),
            body: reply?.body.toString("utf8"),
        });
    }

    async polling() {
        const link = this.link();
        await link.request(this.target({ EIO: "4", transport: "polling" }));
        const reply = await link.response();
        return new polling_session(this, JSON.parse(reply.body.toString("utf8").slice(1)).sid);
    }

    /// Asks for a WebSocket: `{link, reply, key}`. `head` is sent with the request.
    async ask_websocket(query, { headers = {}, head = "", target, ...more } = {}) {
        const key = new_key();
        const link = this.link();
        const all = { ...upgrade_headers(key), ...headers };
        const where = target ?? this.target({ EIO: "4", transport: "websocket", ...query });
        link.socket.cork();
        link.request(where, { headers: all, ...more });
        link.write(head);
        link.socket.uncork();
        return { link, key, reply: await link.response("GET") };
    }

    /// The same, noted, with what follows after a 101.
    async note_websocket(name, query, options) {
        const { link, key, reply } = await this.ask_websocket(query, options);
        const { "sec-websocket-accept": accept, connection, upgrade, ...headers } = telling(
            reply?.status,
            reply?.headers ?? {},
        );
        if (reply?.status !== 101) {
            this.note(name, {
                status: reply?.status ?? "no answer",
                body: reply?.body.toString("utf8"),
                versions: headers["sec-websocket-version"],
                connection: (await this.still_open(link)) ? "open" : "closed",
            });
            return undefined;
        }
        const rightly =
            accept === accept_of(key) && /^upgrade$/i.test(connection) && /^websocket$/i.test(upgrade);
        this.note(name, { status: rightly ? 101 : `101 with ${JSON.stringify(reply.headers)}`, headers });
        return new websocket_session(this, link);
    }

    /// A WebSocket; fails where it is refused.
    async websocket(query) {
        const { link, reply } = await this.ask_websocket(query);
        if (reply?.status !== 101) {
            throw new Error(`a WebSocket is refused with ${reply?.status}`);
        }
        return new websocket_session(this, link);
    }

    /// A session over `transport` that has had its OPEN.
    async session(transport) {
        if (transport === "polling") {
            return this.polling();
        }
        const socket = await this.websocket();
        const [open] = await socket.take(1);
        socket.sid = JSON.parse(open.slice(1)).sid;
        return socket;
    }

    /// A session that has joined `nsp` of the contract and was welcomed there.
    async joined(transport = "websocket", nsp = "/") {
        const session = await this.session(transport);
        session.id = await this.join(session, nsp);
        return session;
    }

    async join(session, nsp) {
        const prefix = nsp === "/" ? "" : `${nsp},`;
        await session.send(`40${prefix}`);
        const packets = await session.take_until((packet) => packet.startsWith(`42${prefix}["hello"`));
        const [, id] = JSON.parse(packets.at(-1)?.slice(2 + prefix.length) ?? "[]");
        this.learn(id);
        return id;
    }

    /// A joined socket that is told of every socket that goes.
    async observer() {
        const session = await this.joined();
        await session.send('421["join","observers"]');
        await session.take_until((packet) => packet.startsWith("431"));
        return session;
    }

    /// Notes the reason that the server has for the end of socket `id`.
    async note_reason(name, observer, id) {
        const gone = `42["gone","${id}"`;
        const packets = await observer.take_until((packet) => packet.startsWith(gone));
        this.note(name, packets.at(-1)?.startsWith(gone) ? JSON.parse(packets.at(-1).slice(2))[2] : "nothing");
    }

    show_binary(bytes) {
        if (this.kind !== "msgpack") {
            return `<${bytes.toString("hex")}>`;
        }
        // The order of keys says nothing.
        const entries = Object.entries(notepack.decode(bytes)).sort(([a], [b]) => (a < b ? -1 : 1));
        return JSON.stringify(Object.fromEntries(entries));
    }

    show_packet(packet) {
        const coded = this.kind === "msgpack" && packet.startsWith("b");
        return coded ? this.show_binary(Buffer.from(packet.slice(1), "base64")) : packet;
    }

    /// Returns when the connection has ended.
    async ended(link) {
        await link.until(() => false);
    }
}
