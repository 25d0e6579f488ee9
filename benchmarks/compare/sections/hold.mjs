// SPDX-License-Identifier: BSL-1.0
// Many connections held on one process: how long they take to join and what memory each keeps.
import { kb_per_client } from "../cases.mjs";
import { most_connections } from "../machine.mjs";
import { summarize } from "../statistics.mjs";

const clients = () => Math.min(19_000, most_connections());

const cases = () =>
    [
        { id: "plain", name: "WebSocket", secure: false },
        { id: "tls", name: "WebSocket over TLS", secure: true },
    ].map((one) => ({ ...one, title: `holding ${clients()}, ${one.id}`, load: ["idle", "--clients", clients()] }));

function finish({ id, name, load, runs }) {
    const by_server = (of) =>
        Object.fromEntries(Object.entries(runs).map(([server, list]) => [server, summarize(list.map(of))]));
    return {
        ...{ id, name, load },
        values: by_server(kb_per_client),
        rss_mb: by_server((run) => run.memory_kib.rss.after * 1.024e-3),
        joined_per_second: by_server((run) => run.clients / run.connect_seconds),
        runs,
    };
}

export const hold = {
    id: "hold",
    expect: (bench, pace) => bench.expect_rounds(cases(), pace),
    async measure(bench, pace) {
        const measured = cases();
        await bench.rounds(measured, pace);
        return { clients: clients(), rows: measured.map(finish) };
    },
};
