// SPDX-License-Identifier: BSL-1.0
// The eight kinds of work of the table, with throughput and latency of the same runs.
import { saturated_percent } from "../bench.mjs";
import { rows } from "../cases.mjs";
import { median, summarize } from "../statistics.mjs";

const cases = () => rows.map((row) => ({ ...row, title: row.name }));

const by_server = (runs, of) =>
    Object.fromEntries(Object.entries(runs).map(([id, list]) => [id, summarize(list.map(of))]));

const driver_was_the_limit = (runs) =>
    Object.entries(runs)
        .filter(([, list]) => list.length > 0 && list[0].mode !== "idle")
        .filter(([, list]) => median(list.map((run) => run.driver_cpu_percent)) > saturated_percent)
        .map(([id]) => id);

function finish({ id, name, unit, per, load, of, reference, runs }) {
    return {
        ...{ id, name, unit, per, load, reference },
        values: by_server(runs, of),
        messages_per_second: by_server(runs, (run) => run.messages_per_second || null),
        p50_us: by_server(runs, (run) => run.latency_us?.p50),
        p99_us: by_server(runs, (run) => run.latency_us?.p99),
        driver_was_the_limit: driver_was_the_limit(runs),
        runs,
    };
}

export const table = {
    id: "table",
    expect: (bench, pace) => bench.expect_rounds(cases(), pace),
    async measure(bench, pace) {
        const measured = cases();
        await bench.rounds(measured, pace);
        return { rows: measured.map(finish) };
    },
};
