// SPDX-License-Identifier: BSL-1.0
// A report with everything in it, made of invented numbers.
import { rows } from "../cases.mjs";
import { rows as client_rows } from "../sections/clients.mjs";
import { curves } from "../sections/scale.mjs";
import { growth } from "../statistics.mjs";

const servers = [
    { id: "node", label: "Node", version: "Node 20.0.0, socket.io 4.8.4", missing: null },
    { id: "bun", label: "Bun", version: "Bun 1.4.5, bun-engine 0.1.2", missing: null },
    { id: "cosio", label: "cosio", version: "cosio 0.1.0", missing: null },
];
const factor = { node: 1, bun: 0.5, cosio: 0.1 };

export const of_three = (median) => ({ median, min: 0.9 * median, max: 1.2 * median, runs: 3 });
const by_server = (value) => Object.fromEntries(servers.map(({ id }) => [id, of_three(value(factor[id]))]));

const table = () => ({
    rows: rows.map(({ id, name, unit, per, load, reference }) => ({
        ...{ id, name, unit, per, load, reference },
        values: by_server((part) => 2 * reference.node * part),
        messages_per_second: id === "idle" ? {} : by_server((part) => 10_000 / part),
        p50_us: id === "idle" ? {} : by_server((part) => 900 * part),
        p99_us: id === "idle" ? {} : by_server((part) => 4000 * part),
        driver_was_the_limit: id === "echo-8" ? ["cosio"] : [],
        runs: {},
    })),
});

const scale = () => ({
    curves: curves.map(({ id, title, x_label, per, points }) => ({
        ...{ id, title, x_label, per, unit: "us" },
        points: points.map(({ x, load }) => ({ x, load, values: by_server((part) => 20 * part), runs: {} })),
        growth: Object.fromEntries(servers.map((server) => [server.id, growth([[1, 2], [10, 2]])])),
    })),
});

const load = (part, percent, rate) => ({
    asked: of_three(rate),
    achieved: of_three(rate),
    latency_us: Object.fromEntries(
        ["p50", "p90", "p99", "p999", "max"].map((name, at) => [name, of_three(percent * 10 ** (at / 2) * part)]),
    ),
    driver_late_p99_us: of_three(40),
    driver_was_the_limit: false,
    runs: [],
});

const latency = () => ({
    clients: 200,
    percents: [25, 50, 75],
    servers: Object.fromEntries(
        servers.map(({ id }) => [
            id,
            {
                saturation: of_three(60_000 / factor[id]),
                loads: [25, 50, 75].map((percent) => ({ percent, ...load(factor[id], percent, (600 * percent) / factor[id]) })),
                same: load(factor[id], 75 * factor[id], 45_000),
            },
        ]),
    ),
});

const hold = () => ({
    clients: 19_000,
    rows: ["plain", "tls"].map((id) => ({
        ...{ id, name: id, load: ["idle", "--clients", 19_000] },
        values: by_server((part) => 18 * part),
        rss_mb: by_server((part) => 400 * part),
        joined_per_second: by_server((part) => 3000 / part),
        runs: {},
    })),
});

const clients = () => ({
    clients: 2000,
    rows: client_rows.map(({ id, name, unit, per }) => ({
        ...{ id, name, unit, per, load: [] },
        values: { node: of_three(40), cosio: of_three(4) },
        messages_per_second: {},
        busy_percent: {},
        runs: {},
    })),
});

export const sample_report = () => ({
    format: 1,
    title: null,
    started: "2026-01-02T03:04:05.000Z",
    seconds: 754,
    machine: {
        ...{ cpu: "Invented CPU", processors: 2, memory_gib: 8, kernel: "6.1.0", load_before: 0.1 },
        cores: { server: 0, driver: 1, shared_core: false },
    },
    quick: false,
    codec: "json",
    payload: 64,
    pace: Object.fromEntries(["table", "scale", "latency", "hold", "clients"].map((id) => [id, { rounds: 3, seconds: 1, warmup: 1 }])),
    servers: structuredClone(servers),
    failures: [],
    sections: { table: table(), scale: scale(), latency: latency(), hold: hold(), clients: clients() },
});
