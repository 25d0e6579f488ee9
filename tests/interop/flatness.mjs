// SPDX-License-Identifier: BSL-1.0
// Clients that come and go for as long as it lasts, and a server that must not grow by it.
//   node flatness.mjs --server COMMAND [--seconds S] [--clients N] [--memory] [--report FILE]
//
// So many clients are there at any time; a third of them upgrades, and of the others every fifth polls. Each second 5 % of
// them go, by turns with a goodbye, by a lost connection, from their room first, and in the middle of a question, and others
// come. All talk meanwhile. With every fourth of those that go somebody comes who never gets so far: by turns he joins
// nothing, says nothing more once his probe is answered, or is cut off there.
// Sampled each second: memory and descriptors of the server, and what it says that it holds. Ends with 1 and one line if
// one of these grows after a warm-up, or is not what it was when all have gone; memory is asked for with --memory, because
// sanitizers keep what was freed.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { growth, tolerances } from "./flatness_slope.mjs";
import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        server: { type: "string" },
        seconds: { type: "string", default: "300" },
        clients: { type: "string", default: "200" },
        memory: { type: "boolean", default: false },
        report: { type: "string" },
    },
});
const seconds = Number(options.seconds);
const wanted = Number(options.clients);
if (!options.server || !(seconds > 0) || !(wanted > 0)) {
    console.error("usage: flatness.mjs --server COMMAND [--seconds S] [--clients N] [--memory] [--report FILE]");
    process.exit(2);
}
const churn_per_second = 0.05;
const deadline_ms = 60_000;

class mismatch extends Error {}

const server = await server_process.start(options.server, [], deadline_ms);
process.on("exit", () => server.child.kill("SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => process.exit(130));
}

/// Resident memory in MB and open descriptors of the server.
function usage() {
    const kb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))[1]);
    return { rss_mb: kb / 1000, descriptors: readdirSync(`/proc/${server.child.pid}/fd`).length };
}

const series = Object.fromEntries(Object.keys(tolerances).map((name) => [name, []]));
let held = {};
let told = () => {};
let text = "";
server.child.stdout.setEncoding("utf8").on("data", (chunk) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop();
    for (const line of lines.filter((one) => one.includes("sessions"))) {
        held = JSON.parse(line);
        told();
    }
});

/// What the server says next.
const next_word = () => within(deadline_ms, new Promise((resolve) => (told = resolve)), () => "the server says nothing");

let failed = null;
let echoes = 0;
let answers = 0;
let left = 0;
let upgrades = 0;

/// How a client connects.
function transports_of(index) {
    if (index % 3 === 0) {
        return ["polling", "websocket"];
    }
    return index % 5 === 0 ? ["polling"] : ["websocket"];
}

class churn_client {
    #sent = 0;
    #heard = 0;
    #over = false;

    constructor(index) {
        this.index = index;
        this.room = `room-${index % 50}`;
        this.socket = io(server.url(), {
            transports: transports_of(index),
            forceNew: true,
            reconnection: false,
            autoConnect: false,
        });
        this.gone = new Promise((resolve) => this.socket.on("disconnect", resolve));
        this.socket.on("connect_error", (error) => this.#over || (failed ??= `connect_error: ${error.message}`));
        this.socket.on("disconnect", (reason) => this.#over || (failed ??= `disconnect: ${reason}`));
        this.socket.io.on("open", () => this.socket.io.engine.once("upgrade", () => ++upgrades));
        this.socket.on("connect", () => {
            this.socket.emit("join", this.room, () => {});
            this.#talk();
        });
        this.socket.on("echo", (n) => {
            if (n !== this.#heard++) {
                failed ??= `echo ${n} came where ${this.#heard - 1} was next`;
            }
            ++echoes;
            this.pause = setTimeout(() => this.#talk(), 200);
        });
        // Every third question is never answered: its time is over, or its socket.
        this.socket.on("question", (n, reply) => n % 3 !== 2 && reply(n));
        this.socket.on("answered", () => ++answers);
        this.socket.open();
    }

    #talk() {
        if (this.#over) {
            return;
        }
        this.socket.emit("echo", this.#sent);
        if (this.#sent % 5 === 0) {
            this.socket.emit("ask", this.#sent / 5);
            this.socket.emit("news", this.room, "x".repeat(100));
        }
        ++this.#sent;
    }

    /// In one of four ways.
    leave(how) {
        this.#over = true;
        clearTimeout(this.pause);
        ++left;
        switch (how % 4) {
            case 0:
                this.socket.disconnect();
                break;
            case 1:
                this.socket.io.engine?.transport?.ws?.terminate?.();
                this.socket.io.engine?.close();
                break;
            case 2:
                this.socket.emit("leave", this.room, () => {});
                this.socket.disconnect();
                break;
            default:
                this.socket.emit("ask", 2);
                this.socket.disconnect();
        }
    }
}

const strays = { joined_nothing: 0, silent: 0, cut_off: 0 };
const on_their_way = new Set();

const body_of = (target) =>
    new Promise((resolve, reject) => {
        get(new URL(target, server.url()), { agent: false }, (response) => {
            let body = "";
            response.setEncoding("utf8").on("data", (chunk) => (body += chunk));
            response.on("end", () => resolve(body));
        }).on("error", reject);
    });

/// Comes as far as OPEN, or as the answer to a probe, and no further. The server's time limits end what is left of it.
async function stray(how) {
    const target = (transport) => `/socket.io/?EIO=4&transport=${transport}`;
    const { sid } = JSON.parse((await body_of(target("polling"))).slice(1));
    if (how % 3 === 0) {
        ++strays.joined_nothing;
        return;
    }
    const probe = new WebSocket(new URL(`${target("websocket")}&sid=${sid}`, server.url().replace("http", "ws")));
    await new Promise((resolve, reject) => {
        probe.on("open", () => probe.send("2probe"));
        probe.on("message", (data) => (String(data) === "3probe" ? resolve() : reject(new mismatch(`probe: ${data}`))));
        probe.on("error", reject);
    });
    if (how % 3 === 1) {
        ++strays.silent;
    } else {
        ++strays.cut_off;
        probe.terminate();
    }
}

function send_stray(how) {
    const coming = stray(how)
        .catch((error) => (failed ??= `stray: ${error.message}`))
        .finally(() => on_their_way.delete(coming));
    on_their_way.add(coming);
}

function sample(at) {
    for (const [name, value] of Object.entries({ ...held, ...usage() })) {
        series[name]?.push({ at, value });
    }
}

function show(elapsed) {
    const fraction = Math.min(1, elapsed / seconds);
    const filled = Math.round(20 * fraction);
    const bar = `[${"#".repeat(filled)}${".".repeat(20 - filled)}] ${Math.floor(100 * fraction)} %`;
    const now = Object.entries(series).map(([name, samples]) => {
        const { value = 0 } = samples.at(-1) ?? {};
        return `${name} ${name === "rss_mb" ? value.toFixed(1) : value}`;
    });
    const line = `${bar}  ${echoes} echoes, ${left} left, ${now.join(", ")}`;
    if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    } else if (Math.round(elapsed) % 15 === 0) {
        process.stderr.write(`${line}\n`);
    }
}

async function churn() {
    const clients = [];
    let made = 0;
    const started = performance.now();
    let owed = 0;
    for (let elapsed = 0; elapsed < seconds && !failed; elapsed = (performance.now() - started) / 1000) {
        // The first crowd comes over some seconds.
        for (let i = 0; clients.length < wanted && i < 200; ++i) {
            clients.push(new churn_client(made++));
        }
        owed += wanted * churn_per_second;
        for (; owed >= 1 && clients.length > 0; --owed) {
            clients.shift().leave(left);
            if (left % 4 === 0) {
                send_stray(left / 4);
            }
        }
        await next_word();
        sample(elapsed);
        show(elapsed);
    }
    clients.forEach((one, index) => one.leave(index));
    await Promise.all(on_their_way);
}

/// Waits until the server holds nothing of clients, and at most so many descriptors.
async function all_gone(at_rest) {
    const give_up = performance.now() + 30_000;
    const names = ["sessions", "sockets", "joined", "rooms", "asked", "handlers", "timers"];
    while (true) {
        await next_word();
        const kept = names.filter((name) => held[name] !== 0);
        const { descriptors } = usage();
        if (kept.length === 0 && descriptors <= at_rest) {
            return;
        }
        if (performance.now() > give_up) {
            const what = kept.map((name) => `${name} ${held[name]}`).concat(`descriptors ${descriptors} of ${at_rest}`);
            throw new mismatch(`all clients have gone, and the server keeps ${what.join(", ")}`);
        }
    }
}

try {
    // What a server opens once, for its first client, is none of the others'.
    const first = new churn_client(0);
    await within(deadline_ms, new Promise((resolve) => first.socket.on("connect", resolve)), () => "nobody can connect");
    first.leave(0);
    await all_gone(Infinity);
    await next_word();
    const at_rest = usage().descriptors;
    await churn();
    if (process.stderr.isTTY) {
        process.stderr.write("\r\x1b[K");
    }
    if (failed) {
        throw new mismatch(failed);
    }
    if (echoes === 0 || answers === 0 || left === 0) {
        throw new mismatch(`${echoes} echoes, ${answers} answers, ${left} clients left: nothing was looked at`);
    }
    if (!series.timers.some(({ value }) => value > 0)) {
        throw new mismatch("no timer was ever armed: they are not counted");
    }
    if (upgrades === 0 || Object.values(strays).includes(0)) {
        throw new mismatch(`${upgrades} upgrades, strays ${JSON.stringify(strays)}: not all were looked at`);
    }
    await all_gone(at_rest);
    if (options.report) {
        writeFileSync(options.report, JSON.stringify(series));
    }
    const memory = ["rss_mb", "allocated"];
    const grown = Object.entries(series)
        .filter(([name]) => options.memory || !memory.includes(name))
        .map(([name, samples]) => growth(name, samples))
        .find((line) => line !== null);
    if (grown) {
        throw new mismatch(grown);
    }
    const status = await server.stop(deadline_ms);
    if (status !== 0) {
        throw new mismatch(`the server ended with ${status}`);
    }
    console.log(`${echoes} echoes, ${answers} questions, ${left} clients came and went, ${upgrades} upgraded: nothing grew`);
    process.exit(0);
} catch (error) {
    console.error(`flatness: ${error.message}`);
    process.exit(1);
}
