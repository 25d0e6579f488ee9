// SPDX-License-Identifier: BSL-1.0
// Measures the servers in turn and writes the report. scripts/compare installs and builds what this needs.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { bench } from "./bench.mjs";
import { describe_machine, find_cores } from "./machine.mjs";
import { options_or_exit } from "./options.mjs";
import { progress } from "./progress.mjs";
import { render } from "./report/html.mjs";
import { client_section } from "./sections/clients.mjs";
import { hold } from "./sections/hold.mjs";
import { latency } from "./sections/latency.mjs";
import { scale } from "./sections/scale.mjs";
import { table } from "./sections/table.mjs";
import { find_servers } from "./servers.mjs";
import { summary_text } from "./summary.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function fail(why) {
    console.error(`compare: ${why}`);
    process.exit(1);
}

async function measure(options, servers, bin) {
    const machine = { ...describe_machine(), cores: find_cores() };
    const watched = new progress();
    if (machine.load_before > 0.5) watched.say(`The machine is busy, load ${machine.load_before}: expect noise.`);
    if (options.sections.some((id) => id !== "hold" && options.pace[id].warmup < 1))
        watched.say("Less than a second of warm-up: Node and Bun will not have compiled their code.");
    const { codec } = options;
    const runner = new bench({ servers, cores: machine.cores, progress: watched, bin, codec });
    const chosen = [table, scale, latency, hold, client_section].filter(({ id }) => options.sections.includes(id));
    const started = new Date();
    for (const { id, expect } of chosen) expect(runner, options.pace[id]);

    const sections = {};
    for (const { id, measure: run } of chosen) sections[id] = await run(runner, options.pace[id]);
    watched.clear();
    return {
        format: 1,
        title: options.title ?? null,
        started: started.toISOString(),
        seconds: Math.round((Date.now() - started) / 1000),
        machine,
        quick: options.quick,
        ...{ codec, payload: 64 },
        pace: Object.fromEntries(chosen.map(({ id }) => [id, options.pace[id]])),
        servers: servers.map(({ id, label, version = null, missing = null }) => ({ id, label, version, missing })),
        failures: runner.failures,
        sections,
    };
}

function write(report, out) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
    writeFileSync(join(out, "report.html"), render(report));
}

const options = options_or_exit(process.argv.slice(2));
const bin = resolve(options.bin ?? here("../../build/release/bin"));
const out = resolve(options.out ?? here(".."));
const servers = find_servers(options.servers, bin);
// Bun has no binary for every machine; without the others there is nothing to measure.
for (const { id, label, missing } of servers) {
    if (!missing) continue;
    if (id !== "bun") fail(missing);
    console.error(`${label} is left out: ${missing}`);
}
// The driver is cosio's, whichever servers are asked for.
const [{ missing: no_driver }] = find_servers(["cosio"], bin);
if (no_driver) fail(no_driver);

const report = await measure(options, servers, bin);
write(report, out);
console.log(summary_text(report));
console.log(`\n${join(out, "report.html")}\n${join(out, "report.json")}`);
process.exit(report.failures.some(({ server }) => server === "cosio") ? 1 : 0);
