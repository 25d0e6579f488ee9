// SPDX-License-Identifier: BSL-1.0
// What clients cost themselves: many of npm's in one Node process and many of cosio's in one, on one and the same server.
import { fileURLToPath } from "node:url";

import { bench, warmup_of } from "../bench.mjs";
import { most_connections } from "../machine.mjs";
import { run_driver } from "../processes.mjs";
import { summarize } from "../statistics.mjs";

const most = 2000;
const clients = () => Math.min(most, most_connections());
const cpu = (run) => run.cpu_us_per_message;
const kb_per_client = (run) => run.rss_kib.per_client * 1.024;

export const rows = [
    { id: "ack", name: "emit with ack, 2 a second each", unit: "us", per: "answer", mode: "ack", of: cpu },
    { id: "echo", name: "echo, 1 in flight each", unit: "us", per: "echo", mode: "echo", of: cpu },
    { id: "broadcast", name: "reception of broadcasts", unit: "us", per: "event", mode: "broadcast", of: cpu },
    { id: "idle", name: "memory of a client", unit: "KB", per: "client", mode: "idle", of: kb_per_client },
];

function cases() {
    const count = clients();
    return rows.map((row) => ({
        ...row,
        title: `${count} clients, ${row.name}`,
        load: [row.mode, "--clients", count, ...(row.mode === "ack" ? ["--rate", 2 * count] : [])],
    }));
}

/// The programs that are measured, with the ids of the servers that a report compares.
const programs = {
    node: () => [process.execPath, fileURLToPath(new URL("../node_clients.mjs", import.meta.url))],
    cosio: (bin) => [`${bin}/cosio_clients`],
};

/// A bench whose servers are all cosio's, and which differ by who is their client.
export class client_bench extends bench {
    constructor({ cores, progress, bin, codec, failures, servers }) {
        const of_clients = servers
            .filter(({ id }) => programs[id])
            .map((one) => ({ ...one, command: [`${bin}/cosio_bench_server`], driver: programs[one.id](bin) }));
        super({ servers: of_clients, cores, progress, bin, codec });
        this.failures = failures;
    }

    async load(started, load, { seconds, warmup: longest }) {
        const warmup = warmup_of(started.server, longest);
        const args = [...load, "--url", started.url, "--codec", this.codec, "--seconds", seconds, "--warmup", warmup];
        return await run_driver(started.server.driver, args, this.cores.driver, seconds + warmup + 180);
    }
}

function finish({ id, name, unit, per, load, of, runs }) {
    const by_client = (value) =>
        Object.fromEntries(Object.entries(runs).map(([client, list]) => [client, summarize(list.map(value))]));
    return {
        ...{ id, name, unit, per, load },
        values: by_client(of),
        messages_per_second: by_client((run) => run.messages_per_second || null),
        busy_percent: by_client((run) => run.cpu_percent),
        runs,
    };
}

export const client_section = {
    id: "clients",
    expect: (bench, pace) => new client_bench(bench).expect_rounds(cases(), pace),
    async measure(bench, pace) {
        const measured = cases();
        await new client_bench(bench).rounds(measured, pace);
        return { clients: clients(), rows: measured.map(finish) };
    },
};
