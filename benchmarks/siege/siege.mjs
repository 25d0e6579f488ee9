// SPDX-License-Identifier: BSL-1.0
// What attacks cost the well-behaved: its latency before, during and after each, and what the server pays.
//   node siege.mjs [--bin DIR] [--size N] [--seconds S] [--only A,B] [--servers cosio,node] [--json FILE] [--svg FILE]
//       [--most-echo-ms 100] [--most-connect-ms 1000]
//
// The well-behaved are ten clients of cosio_load that send 500 events a second in an open loop, and one that connects, joins
// and leaves all the time.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { run_driver, start_server, stop_server, within } from "../compare/processes.mjs";
import { find_servers } from "../compare/servers.mjs";
import { progress } from "../compare/progress.mjs";
import { faults_of } from "./judge.mjs";
import { draw } from "./picture.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const all_attacks = ["silent", "slow headers", "slow bodies", "unjoined", "reconnects", "resets", "deaf", "events", "bombs"];

const { values: options } = parseArgs({
    options: {
        bin: { type: "string", default: here("../../build/release/bin") },
        size: { type: "string", default: "5000" },
        seconds: { type: "string", default: "12" },
        only: { type: "string", default: all_attacks.join(",") },
        servers: { type: "string", default: "cosio,node" },
        json: { type: "string" },
        svg: { type: "string" },
        "most-echo-ms": { type: "string", default: "100" },
        "most-connect-ms": { type: "string", default: "1000" },
    },
});
const wanted = options.only.split(",");
const unknown = wanted.find((name) => !all_attacks.includes(name));
const seconds = Number(options.seconds);
if (unknown || !(seconds >= 1) || !(Number(options.size) >= 1)) {
    console.error(unknown ? `no attack "${unknown}": there are ${all_attacks.join(", ")}` : "--size and --seconds: from 1 up");
    process.exit(2);
}

/// Each side of a connection is a descriptor of one process.
const most = Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))[1]) - 1000;
const size = Math.min(Number(options.size), most);
const bar = new progress();

/// Samples of a process while it lives.
class watch {
    rss_mb = [];
    descriptors = [];

    constructor(pid) {
        this.pid = pid;
        this.timer = setInterval(() => this.look(), 100);
        this.look();
    }

    look() {
        try {
            const kb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))[1]);
            this.rss_mb.push(kb / 1000);
            this.descriptors.push(readdirSync(`/proc/${this.pid}/fd`).length);
        } catch {
            this.stop();
        }
    }

    stop() {
        clearInterval(this.timer);
    }

    static text(values) {
        return { before: values[0], peak: Math.max(...values), after: values.at(-1) };
    }
}

/// Latencies in microseconds of echoes and of connections.
async function well_behaved(server, length) {
    const driver = `${options.bin}/cosio_load`;
    const shared = ["--url", server.url, "--warmup", "0.2", "--no-progress", "--json", "-", "--seconds", length];
    const [echo, connect] = await Promise.all([
        run_driver([driver, "echo"], [...shared, "--clients", "10", "--rate", "500"], null, length + 60),
        run_driver([driver, "connect"], [...shared, "--clients", "1", "--depth", "1"], null, length + 60),
    ]);
    const percentiles = ({ latency_us: { p50, p99, max } }) => ({ p50, p99, max });
    return { echo: percentiles(echo), connect: percentiles(connect) };
}

/// Which limits a server of ours has reached, each with how often.
async function limits_of({ child, server }) {
    if (server.id !== "cosio") {
        return null;
    }
    const from = child.printed.length;
    const said = new Promise((done) => child.stdout.on("data", () => child.printed.slice(from).includes("limits") && done()));
    child.kill("SIGUSR1");
    await within(5000, said);
    return JSON.parse(child.printed.slice(from).trim().split("\n").at(-1)).limits;
}

function begin_attack(name, server) {
    const port = new URL(server.url).port;
    const args = [here("attacks.mjs"), "--attack", name, "--port", port, "--size", String(size)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const attack = { child, state: {} };
    process.on("exit", () => child.kill("SIGKILL"));
    attack.ended = new Promise((done) => child.on("close", done));
    attack.ready = new Promise((done) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (chunk) => {
            const lines = (text + chunk).split("\n");
            text = lines.pop();
            for (const line of lines) {
                const said = JSON.parse(line);
                said.ready ? done() : (attack.state = said);
            }
        });
    });
    return attack;
}

async function endure(name, made) {
    const flags = name === "bombs" && made.id === "cosio" ? ["--deflate"] : [];
    const server = await start_server({ ...made, command: [...made.command, ...flags] }, null, { codec: "json", tls: null });
    const seen = new watch(server.child.pid);
    const note = (what) => {
        bar.text = `${made.label}: ${name}, ${what}`;
        bar.show();
    };
    try {
        note("before");
        const before = await well_behaved(server, 3);
        const attack = begin_attack(name, server);
        note("the attack begins");
        await within(30_000, attack.ready);
        note("during");
        const during = await well_behaved(server, seconds);
        const limits = await limits_of(server);
        const { state } = attack;
        attack.child.kill("SIGTERM");
        await attack.ended;
        await pause(1000); // what is closed now is no longer the attack's
        note("after");
        const after = await well_behaved(server, 3);
        await pause(1000);
        seen.look();
        return {
            attack: name,
            server: made.id,
            before,
            during,
            after,
            rss_mb: watch.text(seen.rss_mb),
            descriptors: watch.text(seen.descriptors),
            connections: state,
            limits,
        };
    } finally {
        seen.stop();
        bar.expected_done += seconds + 8;
        await stop_server(server.child);
    }
}

const us = (value) => (value >= 10_000 ? `${(value / 1000).toFixed(0)} ms` : value >= 1000 ? `${(value / 1000).toFixed(1)} ms` : `${Math.round(value)} us`);
const three = ({ p50, p99, max }) => `${us(p50)} / ${us(p99)} / ${us(max)}`;
const passing = ({ before, peak, after }) => [before, peak, after].map((value) => Math.round(value)).join(" / ");

function row(one) {
    if (one.failure) {
        return [one.server, one.attack, one.failure];
    }
    const limits = Object.entries(one.limits ?? {}).map(([name, count]) => `${name} ${count}`);
    return [
        one.server,
        one.attack,
        three(one.before.echo),
        three(one.during.echo),
        three(one.after.echo),
        us(one.during.connect.p99),
        passing(one.rss_mb),
        passing(one.descriptors),
        `${one.connections.opened} opened, ${one.connections.cut} cut`,
        limits.join(", ") || "–",
    ];
}

const servers = find_servers(options.servers.split(","), options.bin).filter(({ label, missing }) => {
    if (missing) console.error(`${label}: ${missing}`);
    return !missing;
});
if (servers.length === 0) {
    process.exit(1);
}
bar.expect(servers.length * wanted.length * (seconds + 8));
const rows = [];
const bounds = { echo: Number(options["most-echo-ms"]), connect: Number(options["most-connect-ms"]) };
let is_lost = false;
for (const name of wanted) {
    for (const made of servers) {
        try {
            rows.push(await endure(name, made));
        } catch (error) {
            rows.push({ attack: name, server: made.id, failure: error.message });
        }
        const line = `| ${row(rows.at(-1)).join(" | ")} |`;
        process.stderr.isTTY && process.stderr.write("\r\x1b[K");
        if (rows.length === 1) {
            console.log("| server | attack | echo before: p50 / p99 / max | during | after | connect during: p99 | MB before / peak / after | descriptors | the attack's connections | limits |");
            console.log(`|${"---|".repeat(10)}`);
        }
        console.log(line);
        const last = rows.at(-1);
        const faults = last.server !== "cosio" ? [] : last.failure ? [last.failure] : faults_of(last, size, bounds);
        faults.forEach((fault) => console.error(`${name}: ${fault}`));
        is_lost ||= faults.length !== 0;
    }
}
if (options.json) {
    writeFileSync(options.json, `${JSON.stringify({ size, seconds, rows }, null, 1)}\n`);
}
if (options.svg) {
    writeFileSync(options.svg, draw(rows.filter(({ failure }) => !failure)));
}
process.exit(is_lost ? 1 : 0);
