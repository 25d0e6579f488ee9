// SPDX-License-Identifier: BSL-1.0
// Measures cosio_bench_server beside the npm socket.io server: the same driver, the same load, one
// server at a time on a core of its own, in alternating order; the medians of all rounds make a table.
// Usage: node compare.mjs [--rounds N] [--seconds S] [--quick] [--codec json|msgpack]
//                         [--only cosio|node] [--bin DIR] [--json FILE]

import { spawn } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, cpus, release } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const cases = [
    { name: "echo, depth 1", load: ["echo", "--clients", 200, "--depth", 1] },
    { name: "echo, depth 8", load: ["echo", "--clients", 200, "--depth", 8] },
    { name: "ack, depth 1", load: ["ack", "--clients", 200, "--depth", 1] },
    { name: "broadcast to 1000, depth 1", load: ["broadcast", "--clients", 1000, "--depth", 1] },
    { name: "broadcast to 1000, depth 8", load: ["broadcast", "--clients", 1000, "--depth", 8] },
    { name: "long-polling echo", load: ["polling", "--clients", 200] },
    { name: "connect and leave", load: ["connect", "--depth", 32] },
    { name: "1000 idle clients", load: ["idle", "--clients", 1000] },
];

// `of` picks a number from the driver's JSON; `better` says which way is good.
const traffic = [
    { name: (run) => `CPU us/${run.unit}`, of: (run) => run.server_cpu_us_per_message, better: "less" },
    { name: (run) => `${plural(run.unit)}/s`, of: (run) => run.messages_per_second, better: "more" },
    { name: () => "latency p50, us", of: (run) => run.latency_us.p50, better: "less" },
    { name: () => "latency p99, us", of: (run) => run.latency_us.p99, better: "less" },
];
const memory = [
    { name: () => "RSS, KiB", of: (run) => run.memory_kib.rss.after, better: "less" },
    { name: () => "RSS, KiB/client", of: (run) => run.memory_kib.rss.after_per_client, better: "less" },
    { name: () => "RSS at once, KiB/client", of: (run) => run.memory_kib.rss.joined_per_client, better: "less" },
];

// A driver this busy limits what it measures, apart from the server's CPU per message.
const saturated_percent = 95;

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

function fail(why) {
    clearProgress();
    console.error(`compare: ${why}`);
    process.exit(1);
}

const plural = (unit) => (unit.endsWith("y") ? `${unit.slice(0, -1)}ies` : `${unit}s`);

function readOptions() {
    let values;
    try {
        ({ values } = parseArgs({
            options: {
                rounds: { type: "string" },
                seconds: { type: "string" },
                quick: { type: "boolean", default: false },
                codec: { type: "string", default: "json" },
                only: { type: "string" },
                bin: { type: "string", default: here("../../build/release/bin") },
                json: { type: "string" },
            },
        }));
    } catch (error) {
        fail(error.message);
    }
    const options = {
        ...values,
        bin: resolve(values.bin),
        rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
        seconds: Number(values.seconds ?? (values.quick ? 1 : 5)),
        warmup: values.quick ? 0.5 : 2,
    };
    if (!Number.isInteger(options.rounds) || options.rounds < 1) fail("--rounds must be 1 or more");
    if (!(options.seconds > 0)) fail("--seconds must be a positive number");
    if (!["json", "msgpack"].includes(options.codec)) fail("--codec must be json or msgpack");
    if (![undefined, "cosio", "node"].includes(options.only)) fail("--only must be cosio or node");
    return options;
}

/// Runs a program on one core, if there is more than one. taskset replaces itself: the pid is the program's.
function start(core, program, args, stdio) {
    const command = [program, ...args.map(String)];
    if (availableParallelism() > 1) command.unshift("taskset", "-c", String(core));
    const child = spawn(command[0], command.slice(1), {
        stdio,
        env: { ...process.env, NODE_ENV: "production" },
    });
    running.add(child);
    child.ended = new Promise((done) => {
        child.on("error", (error) => done({ code: null, error }));
        child.on("close", (code, signal) => done({ code, signal }));
    }).finally(() => running.delete(child));
    return child;
}

const freePort = () =>
    new Promise((done, failed) => {
        const probe = createServer().on("error", failed);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });

const within = (milliseconds, promise) => {
    let timer;
    const expired = new Promise((done) => (timer = setTimeout(done, milliseconds, "expired")));
    return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
};

async function startServer(kind, options) {
    const port = await freePort();
    const args = ["--port", port, "--codec", options.codec];
    const child =
        kind === "cosio"
            ? start(0, `${options.bin}/cosio_bench_server`, args, ["ignore", "pipe", "inherit"])
            : start(0, process.execPath, [here("node_server.mjs"), ...args], ["ignore", "pipe", "inherit"]);
    let printed = "";
    const listening = new Promise((done) => {
        child.stdout.on("data", (text) => {
            printed += text;
            if (printed.includes("listening")) done("listening");
        });
    });
    const outcome = await within(10_000, Promise.race([listening, child.ended]));
    if (outcome !== "listening") fail(`the ${kind} server did not start to listen`);
    return { child, port, kind };
}

async function stopServer({ child, kind }) {
    child.kill("SIGTERM");
    const outcome = await within(5_000, child.ended);
    if (outcome === "expired") fail(`the ${kind} server did not end within 5 s of SIGTERM`);
    if (outcome.code !== 0) fail(`the ${kind} server ended with ${outcome.signal ?? outcome.code}`);
}

async function runLoad(server, load, options) {
    const args = [
        ...load,
        ...["--url", `http://127.0.0.1:${server.port}`, "--pid", server.child.pid],
        ...["--codec", options.codec, "--seconds", options.seconds, "--warmup", options.warmup],
        ...["--json", "-", "--no-progress"],
    ];
    const child = start(1, `${options.bin}/cosio_load`, args, ["ignore", "pipe", "pipe"]);
    let out = "";
    let complaint = "";
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (complaint += text));
    const { code } = await child.ended;
    if (code !== 0) fail(`${load.join(" ")} against ${server.kind}: ${complaint.trim() || "no result"}`);
    return JSON.parse(out);
}

let progress_drawn = false;

function showProgress(done, total, text) {
    if (!process.stderr.isTTY) return;
    const full = Math.floor((24 * done) / total);
    progress_drawn = true;
    process.stderr.write(`\r\x1b[K[${"#".repeat(full)}${".".repeat(24 - full)}] ${text}`);
}

function clearProgress() {
    if (progress_drawn) process.stderr.write("\r\x1b[K");
}

function median(numbers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/// All rounds of all cases: `runs[kind]` is filled with what the driver reported.
async function measure(options) {
    const kinds = options.only ? [options.only] : ["cosio", "node"];
    const results = cases.map(({ name, load }) => ({ name, load, runs: { cosio: [], node: [] } }));
    const total = options.rounds * cases.length * kinds.length;
    let done = 0;
    for (let round = 0; round < options.rounds; ++round) {
        for (const { name, load, runs } of results) {
            const order = round % 2 ? [...kinds].reverse() : kinds;
            for (const kind of order) {
                showProgress(done++, total, `${name}: ${kind}, round ${round + 1} of ${options.rounds}`);
                const server = await startServer(kind, options);
                runs[kind].push(await runLoad(server, load, options));
                await stopServer(server);
            }
        }
    }
    clearProgress();
    return results;
}

function summarize({ name, load, runs }) {
    const sample = runs.cosio[0] ?? runs.node[0];
    const metrics = sample.mode === "idle" ? memory : traffic;
    const rows = metrics.map((metric) => {
        const value = (kind) => (runs[kind].length ? median(runs[kind].map(metric.of)) : null);
        const [cosio, node] = [value("cosio"), value("node")];
        // How many times better cosio is.
        const ratio = cosio && node ? (metric.better === "less" ? node / cosio : cosio / node) : null;
        return { metric: metric.name(sample), better: metric.better, cosio, node, ratio };
    });
    const busy = (kind) =>
        sample.mode !== "idle" &&
        runs[kind].length > 0 &&
        median(runs[kind].map((run) => run.driver_cpu_percent)) > saturated_percent;
    return { name, load, rows, driver_saturated: { cosio: busy("cosio"), node: busy("node") }, runs };
}

function formatNumber(value) {
    if (value === null) return "-";
    return value.toFixed(Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2);
}

function printTable(summaries) {
    const lines = [["", "", "cosio", "socket.io", "times better"]];
    let noted = false;
    for (const { name, rows, driver_saturated } of summaries) {
        rows.forEach((row, index) => {
            const mark = (kind) => (driver_saturated[kind] && !row.metric.startsWith("CPU") ? "*" : "");
            noted ||= driver_saturated.cosio || driver_saturated.node;
            lines.push([
                index === 0 ? name : "",
                row.metric,
                formatNumber(row.cosio) + mark("cosio"),
                formatNumber(row.node) + mark("node"),
                row.ratio === null ? "-" : row.ratio.toFixed(2),
            ]);
        });
    }
    const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
    for (const line of lines) {
        const cells = line.map((cell, column) =>
            column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
        );
        console.log(cells.join("  ").trimEnd());
    }
    if (noted) console.log("* the load driver was saturated: the server could do better");
}

const options = readOptions();
const needed = options.only === "node" ? ["cosio_load"] : ["cosio_load", "cosio_bench_server"];
for (const name of needed) {
    try {
        accessSync(`${options.bin}/${name}`, constants.X_OK);
    } catch {
        fail(`${options.bin}/${name} is not there: build it with scripts/build`);
    }
}

const summaries = (await measure(options)).map(summarize);
printTable(summaries);
if (options.json) {
    const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), kernel: release(), node: process.version };
    const { rounds, seconds, warmup, codec } = options;
    try {
        writeFileSync(options.json, JSON.stringify({ machine, rounds, seconds, warmup, codec, cases: summaries }, null, 1));
    } catch (error) {
        fail(error.message);
    }
}
