// SPDX-License-Identifier: BSL-1.0
// The whole page: it needs nothing but itself.
import { readFileSync } from "node:fs";

import { minutes } from "../format.mjs";
import { measured } from "../roster.mjs";
import { clients_part, hold_part, latency_part, scale_part, table_part, throughput_part, tiles } from "./parts.mjs";
import { escape } from "./svg.mjs";

const style = readFileSync(new URL("style.css", import.meta.url), "utf8").replace(/^\/\*.*\*\/\n/, "");

const parts = {
    table: [table_part, throughput_part],
    latency: [latency_part],
    scale: [scale_part],
    hold: [hold_part],
    clients: [clients_part],
};
const names = { table: "Cost", latency: "Latency", scale: "Scale", hold: "Connections", clients: "Clients" };

function navigation(report) {
    const links = Object.keys(parts)
        .filter((id) => report.sections[id])
        .map((id) => `<a href="#${id}">${names[id]}</a>`);
    return `<nav>${[...links, '<a href="#method">Method</a>'].join("")}</nav>`;
}

function header(report) {
    const { machine, started, title } = report;
    const sub = [
        machine.cpu,
        `${machine.processors} processors`,
        `${machine.memory_gib} GiB`,
        `Linux ${machine.kernel}`,
        started.slice(0, 10),
    ];
    const labels = measured(report).map(({ label }) => label);
    const against = labels.filter((label) => label !== "cosio");
    const heading = against.length === 0 ? "cosio" : `cosio beside socket.io on ${against.join(" and ")}`;
    return (
        `<header><h1>${escape(heading)}</h1>` +
        (title ? `<p class="own-title">${escape(title)}</p>` : "") +
        `<p class="sub">${sub.map(escape).join(" &middot; ")}</p>${tiles(report)}</header>`
    );
}

function pinning({ cores }) {
    if (!cores) return "Nothing was pinned: this machine has a single processor, so that throughput and latency say little.";
    const where = `Every server ran on processor ${cores.server} and the driver on processor ${cores.driver}`;
    return cores.shared_core ? `${where}, two threads of one core.` : `${where}.`;
}

function method(report) {
    const paces = Object.entries(report.pace).map(
        ([id, { rounds, seconds, warmup }]) =>
            `<tr><th scope="row">${names[id]}</th><td data-name="rounds">${rounds}</td>` +
            `<td data-name="seconds">${seconds}</td><td data-name="warm-up">${warmup}</td></tr>`,
    );
    const servers = report.servers.map(
        ({ id, label, version, missing }) =>
            `<li><span class="dot ${escape(id)}"></span>${escape(version ?? `${label} is missing: ${missing}`)}</li>`,
    );
    const failures = report.failures.map(
        ({ title, server, why }) => `<li>${escape(title)}, ${escape(server)}: ${escape(why)}</li>`,
    );
    return (
        `<section id="method"><h2>How it was measured</h2>` +
        `<ul class="plain">${servers.join("")}</ul>` +
        `<p>${pinning(report.machine)} Each measurement has a fresh server process with default options; the servers take turns, and who begins changes from round to round. ` +
        `Node and Bun warm up as the table says, cosio, which has nothing to compile, for half a second at most. The payload is a string of ${report.payload} bytes, the codec ${escape(report.codec)}. Whatever differs is the server: all are loaded by the same driver, which costs about 7 us for a message alone and 1 us among many. ` +
        `CPU is what the kernel charged to the server's process, with all threads and its garbage collection, divided by the messages. ` +
        `Numbers of different runs of this report do not compare, ratios do. The load average before was ${report.machine.load_before}; the run took ${minutes(report.seconds)}.</p>` +
        `<div class="wide"><table class="narrow"><thead><tr><th scope="col">section</th><th scope="col">rounds</th><th scope="col">seconds</th><th scope="col">warm-up</th></tr></thead><tbody>${paces.join("")}</tbody></table></div>` +
        (failures.length === 0 ? "" : `<h3>What failed</h3><ul>${failures.join("")}</ul>`) +
        `<p class="note">All numbers of all runs are in <code>report.json</code>, which is written with this page. <code>scripts/compare</code> makes both again.</p></section>`
    );
}

/// The page of a report, as compare.mjs makes it or as JSON.parse() gives it back.
export function render(report) {
    const body = Object.entries(parts)
        .filter(([id]) => report.sections[id])
        .flatMap(([, writers]) => writers.map((write) => write(report)));
    return (
        `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
        `<meta name="viewport" content="width=device-width, initial-scale=1">` +
        `<meta name="color-scheme" content="light dark"><title>cosio beside socket.io</title>` +
        `<style>\n${style}</style></head>\n<body>${navigation(report)}<main>${header(report)}\n` +
        `${body.join("\n")}\n${method(report)}</main></body></html>\n`
    );
}
