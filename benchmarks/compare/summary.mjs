// SPDX-License-Identifier: BSL-1.0
// What a terminal shows at the end: the numbers of each section, and the table of ratios last.
import { align, duration_us, number, range, ratio, short_count } from "./format.mjs";
import { compared, measured } from "./roster.mjs";
import { times } from "./statistics.mjs";
import { as_set_text, judge, scaled_target, verdict_text, why_scaled } from "./verdict.mjs";

const median_of = (summary) => number(summary?.median);

const ratio_cells = (report, values) => compared(report).map(({ id }) => ratio(times(values[id], values.cosio)));
const ratio_heads = (report) => compared(report).map(({ label }) => `${label}/cosio`);

export function table_text(report) {
    const { rows } = report.sections.table;
    const lines = [
        ["", "", ...measured(report).map(({ label }) => label), "target", "scaled", "", ...ratio_heads(report)],
    ];
    for (const row of rows) {
        lines.push([
            row.name,
            row.unit,
            ...measured(report).map(({ id }) => median_of(row.values[id])),
            number(row.reference.target),
            number(scaled_target(row)),
            verdict_text(judge(row)),
            ...ratio_cells(report, row.values),
        ]);
        const ranges = measured(report).map(({ id }) => range(row.values[id]));
        lines.push([`  per ${row.per}`, "", ...ranges, "", "", as_set_text(judge(row))]);
    }
    return `${align(lines)}\n\n${why_scaled}\nUnder the medians: the lowest and the highest run.`;
}

export function scale_text(report) {
    const lines = [["", "at", ...measured(report).map(({ label }) => label), ...ratio_heads(report)]];
    for (const { title, per, points, growth } of report.sections.scale.curves) {
        points.forEach(({ x, values }, at) =>
            lines.push([
                at === 0 ? `${title}, us/${per}` : "",
                short_count(x),
                ...measured(report).map(({ id }) => median_of(values[id])),
                ...ratio_cells(report, values),
            ]),
        );
        const exponents = measured(report).map(({ id }) => (growth[id] === null ? "-" : growth[id].toFixed(2)));
        lines.push(["  grows with the power", "", ...exponents]);
    }
    return align(lines);
}

export function latency_text(report) {
    const { percents, servers } = report.sections.latency;
    const lines = [["latency, open loop", "messages/s", "p50", "p99", "p99.9"]];
    for (const { id, label } of measured(report)) {
        const found = servers[id];
        if (!found) continue;
        lines.push([`${label}, saturated`, number(found.saturation.median)]);
        const tell = (what, { achieved, latency_us }) => {
            const cells = ["p50", "p99", "p999"].map((name) => duration_us(latency_us[name]?.median));
            lines.push([`  at ${what}`, number(achieved?.median), ...cells]);
        };
        percents.forEach((percent, at) => tell(`${percent} %`, found.loads[at]));
        if (found.same && id !== "node") tell("Node's highest rate", found.same);
    }
    return align(lines);
}

export function hold_text(report) {
    const { clients, rows } = report.sections.hold;
    const lines = [[`${short_count(clients)} connections`, "", ...measured(report).map(({ label }) => label), ...ratio_heads(report)]];
    for (const { name, values, joined_per_second } of rows) {
        const cells = (of) => measured(report).map(({ id }) => median_of(of[id]));
        lines.push([name, "KB RSS each", ...cells(values), ...ratio_cells(report, values)]);
        lines.push(["", "joined/s", ...cells(joined_per_second)]);
    }
    return align(lines);
}

export function clients_text(report) {
    const { clients, rows } = report.sections.clients;
    // Bun has no client of its own.
    const has = ({ id }) => rows.some(({ values }) => values[id]);
    const shown = measured(report).filter(has);
    const against = compared(report).filter(has);
    const heads = against.map(({ label }) => `${label}/cosio`);
    const lines = [[`${short_count(clients)} clients in a process`, "", ...shown.map(({ label }) => label), ...heads]];
    for (const { name, unit, per, values } of rows) {
        const ratios = against.map(({ id }) => ratio(times(values[id], values.cosio)));
        lines.push([name, `${unit}/${per}`, ...shown.map(({ id }) => median_of(values[id])), ...ratios]);
        const ranges = shown.map(({ id }) => range(values[id]));
        if (ranges.some((text) => text !== "")) lines.push(["", "", ...ranges]);
    }
    return align(lines);
}

/// All sections that were measured, the table last.
export function summary_text(report) {
    const writers = { clients: clients_text, hold: hold_text, latency: latency_text, scale: scale_text, table: table_text };
    const parts = Object.entries(writers)
        .filter(([id]) => report.sections[id])
        .map(([, write]) => write(report));
    const lost = report.failures.map(({ title, server, why }) => `failed: ${title}, ${server}: ${why}`);
    const missing = report.servers.filter(({ missing }) => missing).map(({ label, missing }) => `${label}: ${missing}`);
    const notes = [...missing, ...lost].join("\n");
    return [...(notes === "" ? [] : [notes]), ...parts].join("\n\n");
}
