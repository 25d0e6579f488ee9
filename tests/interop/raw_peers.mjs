// SPDX-License-Identifier: BSL-1.0
// Peers without a client library: Engine.IO packets by hand over HTTP requests and npm ws.
import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { Agent, request } from "node:http";
import { WebSocket } from "ws";
import { recorder, scenario } from "./support.mjs";

export const separator = "\x1e";
export const upto = (count) => Array.from({ length: count }, (_, i) => i);

/// The bodies of refusals, by code.
export const refusals = [
    "Transport unknown",
    "Session ID unknown",
    "Bad handshake method",
    "Bad request",
    "Forbidden",
    "Unsupported protocol version",
];

/// A test that speaks to one path of the conformance server.
export class raw_scenario extends scenario {
    constructor(server, { path, strict }) {
        super(server);
        this.path = path;
        this.strict = strict;
        this.agent = new Agent({ keepAlive: true });
        this.cleanup(() => this.agent.destroy());
    }

    /// What only a strict server does. The reference must fail it, or it does not belong here.
    async ours(name, check) {
        if (this.strict) {
            this.step(name);
            await check();
            return;
        }
        const failed = await check().then(
            () => false,
            (error) => error instanceof AssertionError || Promise.reject(error),
        );
        assert.ok(failed, `the reference meets '${name}', which is listed as ours only`);
    }

    target(query) {
        return `${this.path}?${new URLSearchParams(query)}`;
    }

    /// Starts a request: `sent` when it is with the server's kernel, `reply` when it is answered.
    start(query, { method = "GET", body, headers = {} } = {}) {
        const target = typeof query === "string" ? query : this.target(query);
        const options = { host: "127.0.0.1", port: this.server.port, path: target, method };
        const message = request({ ...options, agent: this.agent, headers });
        const reply = new Promise((resolve, reject) => {
            message.on("error", reject);
            message.on("response", (response) => {
                const chunks = [];
                response.on("data", (chunk) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () =>
                    resolve({
                        status: response.statusCode,
                        headers: response.headers,
                        body: Buffer.concat(chunks).toString("utf8"),
                    }),
                );
            });
        });
        reply.catch(() => {});
        const sent = new Promise((resolve) => message.on("finish", resolve));
        if (body !== undefined && headers["transfer-encoding"] === undefined) {
            message.setHeader("content-length", Buffer.byteLength(body));
        }
        message.end(body);
        return { sent, reply, abort: () => message.destroy() };
    }

    async fetch(query, options) {
        return this.start(query, options).reply;
    }

    /// When this returns, the server has read what was sent before.
    async round_trip() {
        await this.expect_refusal(await this.fetch({ EIO: "4", transport: "none" }), 0);
    }

    expect_refusal(reply, code, statuses = [400]) {
        assert.ok(statuses.includes(reply.status), `answered with ${reply.status} ${reply.body}`);
        assert.deepEqual(JSON.parse(reply.body), { code, message: refusals[code] });
        assert.match(reply.headers["content-type"], /^application\/json\b/);
    }

    /// Opens a WebSocket; fails when it is refused.
    async websocket(query, options) {
        const socket = new raw_websocket(this, query, options);
        const refusal = await socket.opened;
        assert.equal(refusal, undefined, `refused with ${JSON.stringify(refusal)}`);
        return socket;
    }

    /// How the server refuses a WebSocket; status 101 when it does not.
    async refused_websocket(query, options) {
        const socket = new raw_websocket(this, query, options);
        return (await socket.opened) ?? { status: 101, body: "", socket };
    }

    /// A session over a WebSocket from the start.
    async websocket_session() {
        const socket = await this.websocket({ EIO: "4", transport: "websocket" });
        socket.handshake = parse_open(await socket.next());
        return socket;
    }

    /// A session over polling.
    async polling_session() {
        const reply = await this.fetch({ EIO: "4", transport: "polling" });
        assert.equal(reply.status, 200, `answered with ${reply.status} ${reply.body}`);
        assert.match(reply.headers["content-type"], /^text\/plain; charset=utf-8$/i);
        return new polling_session(this, parse_open(reply.body));
    }

    /// A polling session and the WebSocket it was upgraded to.
    async upgraded_session() {
        const session = await this.polling_session();
        const socket = await session.probe();
        socket.send("5");
        return { session, socket };
    }
}

export function parse_open(packet) {
    assert.equal(packet[0], "0", packet);
    return JSON.parse(packet.slice(1));
}

export class polling_session {
    #packets = [];

    constructor(current, handshake) {
        this.current = current;
        this.handshake = handshake;
        this.query = { EIO: "4", transport: "polling", sid: handshake.sid };
    }

    start_poll() {
        return this.current.start(this.query);
    }

    poll() {
        return this.current.fetch(this.query);
    }

    post(body, options = {}) {
        const headers = { "content-type": "text/plain;charset=UTF-8", ...options.headers };
        return this.current.fetch(this.query, { method: "POST", body, headers });
    }

    async send(...packets) {
        const reply = await this.post(packets.join(separator));
        assert.deepEqual([reply.status, reply.body], [200, "ok"]);
    }

    /// The next packet that is no ping; pings are answered.
    async next() {
        while (this.#packets.length === 0) {
            assert.ok(!this.current.over, "the test is over");
            const reply = await this.poll();
            assert.equal(reply.status, 200, `answered with ${reply.status} ${reply.body}`);
            for (const packet of reply.body.split(separator)) {
                if (packet === "2") {
                    await this.send("3");
                } else {
                    this.#packets.push(packet);
                }
            }
        }
        return this.#packets.shift();
    }

    async take(count) {
        const packets = [];
        while (packets.length < count) {
            packets.push(await this.next());
        }
        return packets;
    }

    async expect_echo(text = "alive") {
        await this.send(`4${text}`);
        assert.equal(await this.next(), `4${text}`);
    }

    async expect_unknown() {
        this.current.expect_refusal(await this.poll(), 1);
        this.current.expect_refusal(await this.post("3"), 1);
    }

    /// Demands that the session is closed, and returns the packets that still waited for a poll.
    async expect_closed() {
        const left = [];
        while (left.at(-1) !== "1") {
            const reply = await this.poll();
            if (reply.status !== 200) {
                this.current.expect_refusal(reply, 1);
                break;
            }
            left.push(...reply.body.split(separator));
            assert.ok(!left.includes("2"), "the session is alive and pings");
        }
        await this.expect_unknown();
        return left;
    }

    /// Returns when the server no longer knows the session, which is kept from timing out.
    async until_unknown() {
        while (!this.current.over) {
            const reply = await this.post("3");
            if (reply.status === 400) {
                this.current.expect_refusal(reply, 1);
                return;
            }
        }
    }

    /// A WebSocket whose probe was answered.
    async probe() {
        const query = { EIO: "4", transport: "websocket", sid: this.handshake.sid };
        const socket = await this.current.websocket(query);
        socket.send("2probe");
        assert.equal(await socket.next(), "3probe");
        return socket;
    }
}

/// A WebSocket that answers Engine.IO pings by itself, and counts them.
export class raw_websocket {
    #messages = new recorder();
    answers_pings = true;
    pings = new recorder();

    constructor(current, query, { headers = {} } = {}) {
        const url = `ws://127.0.0.1:${current.server.port}${current.target(query)}`;
        this.socket = new WebSocket(url, { perMessageDeflate: false, headers });
        current.cleanup(() => this.socket.terminate());
        this.opened = new Promise((resolve) => {
            this.socket.on("open", () => resolve(undefined));
            this.socket.on("error", (error) => resolve({ status: 0, body: error.message }));
            this.socket.on("unexpected-response", (sent, response) => {
                let body = "";
                response.on("data", (chunk) => (body += chunk));
                response.on("end", () =>
                    resolve({ status: response.statusCode, headers: response.headers, body }),
                );
            });
        });
        this.closed = new Promise((resolve) => {
            this.socket.on("close", (code) => resolve({ closed: code }));
        });
        this.socket.on("message", (data, binary) => {
            const message = binary ? data : data.toString("utf8");
            if (message === "2" && this.answers_pings) {
                this.socket.send("3");
            }
            if (message === "2") {
                this.pings.push(message);
            } else {
                this.#messages.push(message);
            }
        });
    }

    send(...packets) {
        for (const packet of packets) {
            this.socket.send(packet);
        }
    }

    /// The next message that is no ping; fails when the connection ends.
    async next() {
        const message = await this.outcome();
        assert.equal(message.closed, undefined, `closed with ${message.closed}`);
        return message.packet;
    }

    /// The next message that is no ping as `{packet}`, or `{closed: status}`.
    outcome() {
        return Promise.race([this.#messages.next().then((packet) => ({ packet })), this.closed]);
    }

    async take(count) {
        const messages = [];
        while (messages.length < count) {
            messages.push(await this.next());
        }
        return messages;
    }

    async expect_echo(text = "alive") {
        this.send(`4${text}`);
        assert.equal(await this.next(), `4${text}`);
    }

    /// Demands a Close frame without a status, before any message and before `pings` more pings.
    async expect_close(pings = 2) {
        const alive = this.pings.take(pings).then(() => ({ alive: `after ${pings} pings` }));
        assert.deepEqual(await Promise.race([this.outcome(), alive]), { closed: 1005 });
    }
}
