// SPDX-License-Identifier: BSL-1.0
// A fleet of npm's clients that keeps a server of CONTRACT.md at work and accounts for every message: soak_client.cpp is
// the same with ours, and soak.mjs says what their lines mean.
//   node soak_clients.mjs --url URL [--clients N] [--seconds S]
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { io } from "socket.io-client";

const { values: options } = parseArgs({
    options: {
        url: { type: "string" },
        clients: { type: "string", default: "200" },
        seconds: { type: "string", default: "300" },
    },
});
const size = Number(options.clients);
const room_size = 10;
const echoes_at_once = 4;
const flood_size = 5;
const patience_ms = 30_000;
const pace_ms = 100;
const ways = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };

const tell = (line) => console.log(JSON.stringify(line));

function fail(line) {
    tell({ failed: line });
    process.exit(1);
}

/// How many messages, and a sum of all of them in which their order does not matter.
class tally {
    count = 0;
    sum = 0;

    add(sender, n) {
        ++this.count;
        let mixed = Math.imul(sender + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b);
        mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
        this.sum = (this.sum + (mixed ^ (mixed >>> 13))) >>> 0;
    }
}

const kinds = ["echo", "ack", "news", "flood"];

/// What the message of a number carries: every other one has bytes.
function content_of(sender, n) {
    const text = `${sender}/${n} `.padEnd(10 + (n % 200), "x");
    return { text, bytes: n % 2 === 1 ? Buffer.from(text) : null };
}

function is_content_of(sender, n, text, bytes) {
    const expected = content_of(sender, n);
    return text === expected.text && (bytes ? expected.bytes?.equals(Buffer.from(bytes)) === true : expected.bytes === null);
}

class soak_client {
    sent = Object.fromEntries(kinds.map((kind) => [kind, new tally()]));
    received = Object.fromEntries(kinds.map((kind) => [kind, new tally()]));
    awaited = "its connection";
    since = performance.now();
    #heard = Array(room_size).fill(0);
    #wake = () => {};
    #leaving = false;

    constructor(index) {
        this.index = index;
        this.way = Object.keys(ways)[index % 3];
        this.room = `room-${Math.floor(index / room_size)}`;
        this.first_of_room = index - (index % room_size);
        this.socket = io(options.url, { transports: ways[this.way], forceNew: true, reconnection: false });
        this.socket.on("connect_error", (error) => this.fail(`connect_error: ${error.message}`));
        this.socket.on("disconnect", (reason) => this.#leaving || this.fail(`disconnect: ${reason}`));
        this.socket.on("echo", (n, text, bytes) => this.#hear("echo", n, text, bytes));
        this.socket.on("news", (...news) => this.#hear_news(...news));
        this.socket.on("flood", (n) => {
            const received = this.received.flood;
            if (n !== received.count % flood_size) {
                this.fail(`flood ${n} came out of order`);
            }
            received.add(this.index, received.count);
            this.#wake();
        });
    }

    fail(why) {
        fail(`client ${this.index} (${this.way}): ${why}`);
    }

    expect(what) {
        this.awaited = what;
        this.since = performance.now();
    }

    async until(condition) {
        while (!condition()) {
            await new Promise((resolve) => (this.#wake = resolve));
        }
    }

    async ask(...event) {
        try {
            return await new Promise((resolve, reject) =>
                this.socket
                    .timeout(patience_ms)
                    .emit(...event, (error, ...values) => (error ? reject(error) : resolve(values))),
            );
        } catch (error) {
            return this.fail(`${event[0]}: ${error.message}`);
        }
    }

    #hear(kind, n, text, bytes) {
        const received = this.received[kind];
        if (n !== received.count) {
            this.fail(`${kind} ${n} came where ${received.count} was next`);
        } else if (!is_content_of(this.index, n, text, bytes)) {
            this.fail(`${kind} ${n} came with other contents`);
        }
        received.add(this.index, n);
        this.#wake();
    }

    #hear_news(sender, n, text, bytes) {
        const next = this.#heard[sender - this.first_of_room];
        if (next === undefined || sender === this.index) {
            this.fail(`news of client ${sender}`);
        } else if (n !== next) {
            this.fail(`news ${n} of client ${sender} came where ${next} was next`);
        } else if (!is_content_of(sender, n, text, bytes)) {
            this.fail(`news ${n} of client ${sender} came with other contents`);
        }
        ++this.#heard[sender - this.first_of_room];
        this.received.news.add(sender, n);
    }

    /// The next number of a kind and what it carries.
    #next(kind) {
        const n = this.sent[kind].count;
        this.sent[kind].add(this.index, n);
        const { text, bytes } = content_of(this.index, n);
        return [n, text, bytes];
    }

    async join() {
        await this.ask("join", this.room);
        this.expect("the others");
    }

    async work(over) {
        while (!over()) {
            for (let i = 0; i < echoes_at_once; ++i) {
                this.socket.emit("echo", ...this.#next("echo"));
            }
            this.expect("an echo");
            await this.until(() => this.received.echo.count === this.sent.echo.count);
            this.expect("an acknowledgement");
            this.#hear("ack", ...(await this.ask("ack", ...this.#next("ack"))));
            this.expect("the answer to news");
            await this.ask("relay", { to: [this.room] }, "news", this.index, ...this.#next("news"));
            for (let i = 0; i < flood_size; ++i) {
                this.sent.flood.add(this.index, this.sent.flood.count);
            }
            this.socket.emit("flood", flood_size);
            this.expect("a flood");
            await this.until(() => this.received.flood.count === this.sent.flood.count);
            this.expect("the next round");
            await pause(pace_ms);
        }
        this.expect("the others");
    }

    /// Once all senders have ended: what was sent to it before has come when this is answered.
    async settle() {
        this.expect("the last answer");
        await this.ask("ack");
        this.#heard.forEach((heard, place) => {
            const sender = this.first_of_room + place;
            const sent = sender === this.index ? 0 : (clients[sender]?.sent.news.count ?? 0);
            if (heard !== sent) {
                this.fail(`${heard} of the ${sent} news of client ${sender} came`);
            }
        });
        this.#leaving = true;
        this.socket.disconnect();
    }
}

/// Counts and sums of all clients, as soak_client.cpp gives them.
function totals() {
    const all = (of) => [of.reduce((sum, { count }) => sum + count, 0), of.reduce((sum, one) => (sum + one.sum) >>> 0, 0)];
    return Object.fromEntries(
        kinds.map((kind) => [
            kind,
            [...all(clients.map(({ sent }) => sent[kind])), ...all(clients.map(({ received }) => received[kind]))],
        ]),
    );
}

const clients = Array.from({ length: size }, (_, index) => new soak_client(index));
setInterval(() => {
    tell({ "so far": totals() });
    const now = performance.now();
    const stuck = clients.find(({ awaited, since }) => awaited !== "the others" && now - since > patience_ms + 5000);
    stuck?.fail(`never got ${stuck.awaited}`);
}, 1000).unref();
await Promise.all(clients.map((one) => one.join()));
tell({ joined: size });
const end = performance.now() + 1000 * Number(options.seconds);
await Promise.all(clients.map((one) => one.work(() => performance.now() >= end)));
await Promise.all(clients.map((one) => one.settle()));
tell({ done: totals() });
process.exit(0);
