// SPDX-License-Identifier: BSL-1.0
// Many of npm's clients in one Node process: what clients/main.cpp does with cosio's, and the same report.
//   node node_clients.mjs echo|ack|broadcast|idle --url URL [--codec C] [--clients N] [--rate R] [--seconds S] [--warmup S]
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import msgpack_parser from "socket.io-msgpack-parser";

const {
    values: options,
    positionals: [mode],
} = parseArgs({
    allowPositionals: true,
    options: {
        url: { type: "string" },
        codec: { type: "string", default: "json" },
        clients: { type: "string", default: "2000" },
        rate: { type: "string", default: "4000" },
        seconds: { type: "string", default: "4" },
        warmup: { type: "string", default: "2" },
    },
});
const [clients, rate, seconds, warmup] = [options.clients, options.rate, options.seconds, options.warmup].map(Number);
const connecting_at_once = 64;
const tick_ms = 5;
const payload = "x".repeat(64);
const rss_kib = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const cpu_us = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
};

function fail(why) {
    console.error(`node_clients: a client was lost: ${why}`);
    process.exit(1);
}

const before = rss_kib();
const started = performance.now();
const all = [];
let messages = 0;

function make_client() {
    const socket = io(options.url, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        ...(options.codec === "msgpack" && { parser: msgpack_parser }),
    });
    all.push(socket);
    socket.on("connect_error", (error) => fail(error.message));
    socket.on("disconnect", fail);
    if (mode === "echo") {
        socket.on("echo", () => {
            ++messages;
            socket.emit("echo", payload);
        });
    }
    if (mode === "broadcast") {
        // The next one when the last client has this one.
        socket.on("bcast", () => ++messages % clients === 0 && all[0].emit("bcast", payload));
    }
    return new Promise((resolve) => socket.once("connect", resolve));
}

async function connect_one_after_the_other() {
    while (all.length < clients) {
        await make_client();
    }
}

/// Emits what has become due, the clients in turn.
function pace() {
    const since = performance.now();
    let emitted = 0;
    const answered = () => ++messages;
    setInterval(() => {
        const due = ((performance.now() - since) / 1000) * rate;
        for (; emitted < due; ++emitted) {
            all[emitted % clients].emit("ack", payload, answered);
        }
    }, tick_ms);
}

await Promise.all(Array.from({ length: connecting_at_once }, connect_one_after_the_other));
const connect_seconds = (performance.now() - started) / 1000;
if (mode === "echo") {
    all.forEach((socket) => socket.emit("echo", payload));
} else if (mode === "broadcast") {
    all[0].emit("bcast", payload);
} else if (mode === "ack") {
    pace();
}
await pause(1000 * warmup);
const [messages_before, cpu_before, from] = [messages, cpu_us(), performance.now()];
await pause(1000 * seconds);
const measured = (performance.now() - from) / 1000;
const [cpu, done, rss] = [cpu_us() - cpu_before, messages - messages_before, rss_kib()];
const report = {
    mode,
    clients,
    connect_seconds,
    seconds: measured,
    messages: done,
    messages_per_second: done / measured,
    cpu_percent: cpu / measured / 10_000,
    ...(done > 0 && { cpu_us_per_message: cpu / done }),
    rss_kib: { before, after: rss, per_client: (rss - before) / clients },
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
