// SPDX-License-Identifier: BSL-1.0
// Our clients on npm's server and npm's clients on ours, at the same time; nothing may be lost, come twice or out of order.
//   node soak.mjs --bin DIR [--seconds S] [--clients N] [--growth MB]
//
// Both fleets print lines of JSON: {"joined": n}, each second {"so far": totals}, and at the end {"done": totals}, or
// {"failed": why}. `totals` has for each kind of work [sent, their sum, received, their sum]: the sums are of numbers and
// senders, so that each message counts once wherever it goes. A fleet checks order and contents by itself.
// `growth` is how many MB a process of cosio may grow by after a quarter of the time; without it nobody asks.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        bin: { type: "string" },
        seconds: { type: "string", default: "300" },
        clients: { type: "string", default: "200" },
        growth: { type: "string" },
    },
});
if (!options.bin) {
    console.error("usage: soak.mjs --bin DIR [--seconds S] [--clients N] [--growth MB]");
    process.exit(2);
}

const seconds = Number(options.seconds);
const room_size = 10;
if (!(options.clients > 0 && options.clients % room_size === 0)) {
    console.error(`soak: --clients is a multiple of ${room_size}`);
    process.exit(2);
}
const deadline_ms = 60_000;
const node = `'${process.execPath}'`;
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => process.exit(130));
}

class mismatch extends Error {}

/// Resident memory in MB and open descriptors of a process; nothing once it has ended.
function usage(pid) {
    try {
        const kb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
        return { mb: kb / 1000, descriptors: readdirSync(`/proc/${pid}/fd`).length };
    } catch {
        return null;
    }
}

/// One server and the clients of the other side.
class pair {
    totals = null;
    samples = { server: [], clients: [] };
    #failed = null;

    constructor(name, { server, clients, ours }) {
        Object.assign(this, { name, server_command: server, clients_command: clients, ours });
    }

    async start() {
        this.server = await server_process.start(this.server_command, [], deadline_ms);
        running.add(this.server.child);
        this.at_rest = usage(this.server.child.pid).descriptors;
        const line = `exec ${this.clients_command} --url ${this.server.url()} --clients ${options.clients} --seconds ${seconds}`;
        this.clients = spawn("/bin/sh", ["-c", line], { stdio: ["ignore", "pipe", "inherit"] });
        running.add(this.clients);
        const joined = new Promise((resolve) => (this.on_joined = resolve));
        this.ended = new Promise((resolve) => this.clients.on("close", (status, signal) => resolve(signal ?? status)));
        let text = "";
        this.clients.stdout.setEncoding("utf8").on("data", (chunk) => {
            const lines = (text + chunk).split("\n");
            text = lines.pop();
            lines.forEach((one) => this.#hear(JSON.parse(one)));
        });
        await within(deadline_ms, Promise.race([joined, this.ended]), () => `${this.name}: the clients never joined`);
    }

    #hear(line) {
        if (line.failed) {
            this.#failed ??= line.failed;
        }
        if (line.joined) {
            this.on_joined();
        }
        this.done = line.done;
        this.totals = line.done ?? line["so far"] ?? this.totals;
    }

    sample() {
        for (const [who, { pid }] of [
            ["server", this.server.child],
            ["clients", this.clients],
        ]) {
            const found = usage(pid);
            if (found) {
                this.samples[who].push(found);
            }
        }
    }

    text() {
        const count = (at) => Object.values(this.totals ?? {}).reduce((sum, kind) => sum + kind[at], 0);
        const parts = ["clients", "server"].map((who) => {
            const { mb = 0, descriptors = 0 } = this.samples[who].at(-1) ?? {};
            return `${who} ${mb.toFixed(1)} MB ${descriptors} fd`;
        });
        return `${this.name}: ${count(0)} sent, ${count(2)} received, ${parts.join(", ")}`;
    }

    /// Throws the first thing that does not add up.
    async check() {
        const limit_ms = seconds * 1000 + deadline_ms + 40_000;
        const status = await within(limit_ms, this.ended, () => `${this.name}: the clients never ended`);
        running.delete(this.clients);
        const wrong = (why) => new mismatch(`${this.name}: ${why}`);
        if (this.#failed) {
            throw wrong(this.#failed);
        }
        if (status !== 0 || !this.done) {
            throw wrong(`the clients ended with ${status}`);
        }
        for (const [kind, [sent, sent_sum, received, received_sum]] of Object.entries(this.done)) {
            // A room hears of each other member.
            const times = kind === "news" ? room_size - 1 : 1;
            if (sent === 0) {
                throw wrong(`no ${kind} was sent`);
            }
            if (received !== sent * times || received_sum !== Math.imul(sent_sum, times) >>> 0) {
                throw wrong(`${kind}: ${sent} sent, ${received} received, sums ${sent_sum} and ${received_sum}`);
            }
        }
        await this.#at_rest_again(wrong);
        this.#check_growth(wrong);
        const ended = await this.server.stop(deadline_ms);
        running.delete(this.server.child);
        if (ended !== 0) {
            throw wrong(`the server ended with ${ended}`);
        }
    }

    /// The server has closed what its clients had opened.
    async #at_rest_again(wrong) {
        const give_up = Date.now() + 30_000;
        let now = usage(this.server.child.pid);
        // What Node's garbage collector or its resolver opens once is none of theirs.
        while (now.descriptors > this.at_rest + 4) {
            if (Date.now() > give_up) {
                throw wrong(`the server keeps ${now.descriptors} descriptors, and had ${this.at_rest} before`);
            }
            await pause(100);
            now = usage(this.server.child.pid);
        }
    }

    #check_growth(wrong) {
        const samples = this.samples[this.ours];
        const early = samples[Math.floor(samples.length / 4)];
        const late = samples.at(-1);
        if (options.growth && late.mb - early.mb > Number(options.growth)) {
            throw wrong(`the ${this.ours} grew from ${early.mb.toFixed(1)} to ${late.mb.toFixed(1)} MB`);
        }
    }
}

const pairs = [
    new pair("our clients on npm's server", {
        server: `${node} reference_server.mjs`,
        clients: `'${join(options.bin, "cosio_soak_client")}'`,
        ours: "clients",
    }),
    new pair("npm's clients on our server", {
        server: `'${join(options.bin, "cosio_interop_server")}'`,
        clients: `${node} soak_clients.mjs`,
        ours: "server",
    }),
];

function show(started) {
    const elapsed = (performance.now() - started) / 1000;
    const fraction = Math.min(1, elapsed / seconds);
    const filled = Math.round(20 * fraction);
    const bar = `[${"#".repeat(filled)}${".".repeat(20 - filled)}] ${Math.floor(100 * fraction)} %`;
    const line = `${bar}  ${pairs.map((one) => one.text()).join(" | ")}`;
    if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    } else if (Math.round(elapsed) % 15 === 0) {
        process.stderr.write(`${line}\n`);
    }
}

try {
    await Promise.all(pairs.map((one) => one.start()));
    const started = performance.now();
    const watching = setInterval(() => {
        pairs.forEach((one) => one.sample());
        show(started);
    }, 1000);
    try {
        // The first that fails ends everything.
        await Promise.all(pairs.map((one) => one.check()));
    } finally {
        clearInterval(watching);
        if (process.stderr.isTTY) {
            process.stderr.write("\r\x1b[K");
        }
    }
    pairs.forEach((one) => console.log(one.text()));
    console.log("nothing was lost, came twice or out of order");
    process.exit(0);
} catch (error) {
    console.error(`soak: ${error.message}`);
    process.exit(1);
}
