// SPDX-License-Identifier: BSL-1.0
// The parts of the page, each from its section of the report.
import { duration_us, number, range, ratio, short_count } from "../format.mjs";
import { compared, measured } from "../roster.mjs";
import { times } from "../statistics.mjs";
import { as_set_text, judge, scaled_target, verdict_text, why_scaled } from "../verdict.mjs";
import { bar_chart, latency_chart, scale_chart } from "./charts.mjs";
import { escape, log_domain } from "./svg.mjs";

const server_head = ({ id, label }) => `<th scope="col"><span class="dot ${escape(id)}"></span>${escape(label)}</th>`;
const cell = (name, content, kind = "") =>
    `<td data-name="${escape(name)}"${kind === "" ? "" : ` class="${kind}"`}>${content}</td>`;

function value_cell({ id, label }, summary, { mark = "", below = "" } = {}) {
    const small = [range(summary), below].filter((text) => text !== "").map((text) => `<small>${escape(text)}</small>`);
    return cell(label, `<span>${number(summary?.median)}${mark}${small.join("")}</span>`, id === "cosio" ? "ours" : "");
}

const ratio_heads = (report) =>
    compared(report)
        .map(({ label }) => `<th scope="col">${escape(label)} / cosio</th>`)
        .join("");
function ratio_cell(name, factor) {
    return cell(name, ratio(factor), factor !== null && factor < 1 ? "ratio worse" : "ratio");
}
const ratio_cells = (report, values) =>
    compared(report)
        .map(({ id, label }) => ratio_cell(`${label} / cosio`, times(values[id], values.cosio)))
        .join("");

const table = (heads, lines) =>
    `<div class="wide"><table><thead><tr>${heads}</tr></thead><tbody>${lines.join("")}</tbody></table></div>`;

const part = (id, title, intro, body) =>
    `<section id="${id}"><h2>${escape(title)}</h2><p class="intro">${intro}</p>${body}</section>`;

export const legend = (report) =>
    `<p class="legend">${measured(report)
        .map(({ id, label }) => `<span><span class="dot ${escape(id)}"></span>${escape(label)}</span>`)
        .join("")}</p>`;

function chip(row) {
    const verdict = judge(row);
    const kind = verdict.met === null ? "none" : verdict.met ? "met" : "missed";
    return `<span><span class="chip ${kind}">${escape(verdict_text(verdict))}</span><small>${as_set_text(verdict)}</small></span>`;
}

/// The best of it in a few large numbers.
export function tiles(report) {
    const rows = report.sections.table?.rows ?? [];
    const tile = (value, text) => `<div class="tile"><b>${escape(value)}</b><span>${escape(text)}</span></div>`;
    const found = [
        ["echo-8", "less CPU than Node for an echo, 8 in flight"],
        ["broadcast-8", "less CPU than Node for a delivery of a broadcast"],
        ["polling", "less CPU than Node for a round of long-polling"],
        ["idle", "less memory than Node for an idle client"],
    ].flatMap(([id, text]) => {
        const row = rows.find((one) => one.id === id);
        const factor = row ? times(row.values.node, row.values.cosio) : null;
        return factor === null ? [] : [tile(ratio(factor), text)];
    });
    const judged = rows.map(judge).filter(({ met }) => met !== null);
    if (judged.length > 0) {
        const met = judged.filter(({ met }) => met).length;
        found.push(tile(`${met} of ${judged.length}`, "targets met, as scaled to this machine"));
    }
    return found.length === 0 ? "" : `<div class="tiles">${found.join("")}</div>`;
}

export function table_part(report) {
    const { rows } = report.sections.table;
    const servers = measured(report);
    const heads =
        `<th scope="col">work</th>${servers.map(server_head).join("")}` +
        `<th scope="col">target</th><th scope="col">scaled</th><th scope="col">verdict</th>${ratio_heads(report)}`;
    const lines = rows.map(
        (row) =>
            `<tr><th scope="row">${escape(row.name)}<small>${row.unit === "KB" ? "KB resident" : "us CPU"} per ${escape(row.per)}</small></th>` +
            servers.map((server) => value_cell(server, row.values[server.id])).join("") +
            cell("target", number(row.reference.target)) +
            cell("scaled", number(scaled_target(row))) +
            cell("verdict", chip(row)) +
            `${ratio_cells(report, row.values)}</tr>`,
    );
    const bars = rows.map(
        (row) =>
            `<figure><figcaption>${escape(row.name)} <small>${escape(row.unit)} per ${escape(row.per)}</small></figcaption>` +
            `${bar_chart(row.name, servers, row.values, judge(row).target)}</figure>`,
    );
    return part(
        "table",
        "What the work costs",
        `CPU time of the server's process, or its memory. Medians; below them the lowest and the highest run. ${escape(why_scaled)}`,
        `${table(heads, lines)}<div class="charts">${bars.join("")}</div>` +
            `<p class="note">A thin line on a bar goes from the lowest to the highest run; the dashed line is the target for this machine.</p>`,
    );
}

export function throughput_part(report) {
    const rows = report.sections.table.rows.filter(({ messages_per_second }) =>
        Object.values(messages_per_second).some(Boolean),
    );
    const servers = measured(report);
    const against = compared(report);
    const heads =
        `<th scope="col">work</th>${servers.map(server_head).join("")}` +
        against.map(({ label }) => `<th scope="col">cosio / ${escape(label)}</th>`).join("");
    const lines = rows.map((row) => {
        const { messages_per_second: rates, p50_us, p99_us } = row;
        const cells = servers.map((server) =>
            value_cell(server, rates[server.id], {
                mark: row.driver_was_the_limit.includes(server.id) ? "*" : "",
                below: `${duration_us(p50_us[server.id]?.median)} / ${duration_us(p99_us[server.id]?.median)}`,
            }),
        );
        const ratios = against.map(({ id, label }) => ratio_cell(`cosio / ${label}`, times(rates.cosio, rates[id])));
        return `<tr><th scope="row">${escape(row.name)}</th>${cells.join("")}${ratios.join("")}</tr>`;
    });
    return part(
        "throughput",
        "How much of it one core does",
        "Messages, deliveries or connections in a second from the same runs; below them the lowest and the highest run, and p50 / p99 of the time that one takes while all are in flight at once, which is queueing for the most part. * the load driver was saturated: the server could do better.",
        table(heads, lines),
    );
}

export function scale_part(report) {
    const servers = measured(report);
    const figures = report.sections.scale.curves
        .filter(({ points }) => points.some(({ values }) => Object.values(values).some(Boolean)))
        .map((curve) => {
            const exponents = servers
                .filter(({ id }) => curve.growth[id] !== null)
                .map(({ id, label }) => `<span><span class="dot ${escape(id)}"></span>${escape(label)} ${curve.growth[id].toFixed(2)}</span>`);
            return (
                `<figure><figcaption>${escape(curve.title)} <small>us per ${escape(curve.per)}</small></figcaption>` +
                `${scale_chart(curve, servers)}<p class="note powers">power ${exponents.join(" ")}</p></figure>`
            );
        });
    return part(
        "scale",
        "How the cost grows",
        "CPU time of the server for one piece of work, by what the server holds. Both axes are logarithmic: a flat line is a constant cost, and the power below says how a curve rises: 0 not at all, 1 in proportion.",
        `${legend(report)}<div class="charts">${figures.join("")}</div>`,
    );
}

/// The loads that have a panel: the parts of each server's own saturation, and the rate that all have in common.
function latency_panels({ percents, servers: found }, servers) {
    const own = percents.map((percent, at) => ({
        title: `At ${percent} % of its own saturation`,
        name: `${percent} %`,
        of: ({ id }) => found[id].loads[at],
    }));
    const same = servers.length > 1 && servers.every(({ id }) => found[id].same);
    return same ? [...own, { title: "All at the highest of Node's rates", name: "Node's rate", of: ({ id }) => found[id].same }] : own;
}

function latency_row({ id, label }, name, saturation, load) {
    const { asked, achieved, latency_us, driver_late_p99_us, driver_was_the_limit } = load;
    const behind = achieved?.median < 0.95 * asked?.median ? '<span class="chip missed">could not keep up</span> ' : "";
    const mark = driver_was_the_limit ? "*" : "";
    const of = (percentile, head) => cell(head, duration_us(latency_us[percentile]?.median) + mark);
    return (
        `<tr><th scope="row"><span class="dot ${escape(id)}"></span>${escape(label)}, ${escape(name)}` +
        `<small>saturated by ${number(saturation.median)}/s</small></th>` +
        cell("messages/s", behind + number(achieved?.median)) +
        `${of("p50", "p50")}${of("p99", "p99")}${of("p999", "p99.9")}${of("max", "max")}` +
        `${cell("driver late, p99", duration_us(driver_late_p99_us?.median))}</tr>`
    );
}

export function latency_part(report) {
    const { clients, servers: found } = report.sections.latency;
    const servers = measured(report).filter(({ id }) => found[id]);
    const panels = latency_panels(report.sections.latency, servers);
    const all = panels.flatMap(({ of }) => servers.flatMap((server) => Object.values(of(server).latency_us)));
    const domain = log_domain(all.filter(Boolean).flatMap(({ min, max }) => [min, max]));
    const figures = panels.map(({ title, of }) => {
        const rates = servers.map(
            (server) =>
                `<span><span class="dot ${escape(server.id)}"></span>${short_count(of(server).achieved?.median ?? 0)}/s</span>`,
        );
        return (
            `<figure><figcaption>${escape(title)}</figcaption>` +
            `${latency_chart(title, servers, (server) => of(server).latency_us, domain)}` +
            `<p class="note powers">${rates.join(" ")}</p></figure>`
        );
    });
    const heads = ["server and load", "messages/s", "p50", "p99", "p99.9", "max", "driver late, p99"]
        .map((head) => `<th scope="col">${head}</th>`)
        .join("");
    const lines = servers.flatMap((server) =>
        panels
            .filter(({ name }) => server.id !== "node" || name !== "Node's rate")
            .map(({ name, of }) => latency_row(server, name, found[server.id].saturation, of(server))),
    );
    return part(
        "latency",
        "Latency under load",
        `Echo over ${clients} clients in open loop: messages are due at a constant rate whatever the server does, and latency counts from the time at which a message was due. The rate is a part of what saturates that server (8 in flight each), measured just before on the same process: the faster server has more to do, as is told below each panel. The last column is how late the driver itself was: it is within what is told. * the load driver was saturated: some of the wait is its own.`,
        `${legend(report)}<div class="charts pairs">${figures.join("")}</div>${table(heads, lines)}`,
    );
}

export function hold_part(report) {
    const { clients, rows } = report.sections.hold;
    const servers = measured(report);
    const heads = `<th scope="col">connections</th>${servers.map(server_head).join("")}${ratio_heads(report)}`;
    const lines = rows.flatMap(({ name, values, rss_mb, joined_per_second }) => [
        `<tr><th scope="row">${escape(name)}<small>KB resident each</small></th>` +
            `${servers.map((server) => value_cell(server, values[server.id])).join("")}${ratio_cells(report, values)}</tr>`,
        `<tr><th scope="row">${escape(name)}<small>MB resident in all</small></th>` +
            `${servers.map((server) => value_cell(server, rss_mb[server.id])).join("")}${ratio_cells(report, rss_mb)}</tr>`,
        `<tr><th scope="row">${escape(name)}<small>joined in a second</small></th>` +
            servers.map((server) => value_cell(server, joined_per_second[server.id])).join("") +
            compared(report)
                .map(({ label }) => cell(`${label} / cosio`, ""))
                .join("") +
            "</tr>",
    ]);
    const bars = rows.map(
        ({ name, values }) =>
            `<figure><figcaption>${escape(name)} <small>KB each</small></figcaption>${bar_chart(name, servers, values)}</figure>`,
    );
    return part(
        "hold",
        `${short_count(clients)} connections held by one process`,
        "Clients that have joined and do nothing but answer pings; all servers use the same certificate. Memory is what the process has grown by, divided by the clients.",
        `${table(heads, lines)}<div class="charts">${bars.join("")}</div>`,
    );
}

export function clients_part(report) {
    const { clients, rows } = report.sections.clients;
    // Bun has no client of its own.
    const shown = measured(report).filter(({ id }) => rows.some(({ values }) => values[id]));
    const against = compared(report).filter(({ id }) => shown.some((one) => one.id === id));
    const heads =
        `<th scope="col">work</th>${shown.map(server_head).join("")}` +
        against.map(({ label }) => `<th scope="col">${escape(label)} / cosio</th>`).join("");
    const lines = rows.map(
        ({ name, unit, per, values }) =>
            `<tr><th scope="row">${escape(name)}<small>${unit === "KB" ? "KB resident" : "us CPU"} per ${escape(per)}</small></th>` +
            shown.map((client) => value_cell(client, values[client.id])).join("") +
            against.map(({ id, label }) => ratio_cell(`${label} / cosio`, times(values[id], values.cosio))).join("") +
            "</tr>",
    );
    const bars = rows.map(
        ({ name, unit, per, values }) =>
            `<figure><figcaption>${escape(name)} <small>${escape(unit)} per ${escape(per)}</small></figcaption>${bar_chart(name, shown, values)}</figure>`,
    );
    return part(
        "clients",
        `${short_count(clients)} clients in one process`,
        "What clients cost themselves: npm's socket.io-client on Node and cosio's, over WebSocket, in turn on one and the same server, which is cosio's. CPU time of the process that holds the clients; memory is what it has grown by, divided by them.",
        `${table(heads, lines)}<div class="charts">${bars.join("")}</div>`,
    );
}
