// SPDX-License-Identifier: BSL-1.0
// Wakes the mutants one after the other and tells how many seeds the swarm takes to see each: scripts/mutants --swarm.
//   node swarm.mjs --bin FOLDER [--seeds N] [mutant...]
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { read_rows, table } from "./mutants.mjs";

const limit_ms = 120_000;

const [mode, bin, ...rest] = process.argv.slice(2);
const seeds = rest[0] === "--seeds" ? rest.splice(0, 2)[1] : "3000";
const all = read_rows(readFileSync(table, "utf8")).filter((row) => row.name);
if (mode !== "--bin" || !bin || !rest.every((name) => all.some((row) => row.name === name))) {
    console.error("usage: scripts/mutants --swarm [--seeds N] [name...], with names of tests/mutants/README.md");
    process.exit(2);
}
const rows = rest.length > 0 ? all.filter((row) => rest.includes(row.name)) : all;

/// The seed that fails first, or that a process ends with; "hang"; or "–".
function first_seed(mutant) {
    const swarm = join(bin, "cosio_swarm");
    const { status, signal, stdout } = spawnSync(swarm, ["--seeds", seeds, "--jobs", "1", "--no-progress", "--quiet"], {
        env: { ...process.env, COSIO_MUTANT: mutant },
        timeout: limit_ms,
        killSignal: "SIGKILL",
        encoding: "utf8",
    });
    if (signal) {
        return { seed: "hang", why: "" };
    }
    const seed = /^seed (\d+) /m.exec(stdout)?.[1];
    if (!seed && !/ runs in /.test(stdout)) {
        throw new Error(`${swarm} ended with ${status}`);
    }
    return { seed: seed ?? "–", why: /^broken: (.*)$/m.exec(stdout)?.[1] ?? (seed ? "its process ended" : "") };
}

for (const name of ["", ...rows.map((row) => row.name)]) {
    const { seed, why } = first_seed(name);
    console.log(`${(name || "none").padEnd(40)}${seed.padStart(6)}  ${why}`);
    if (!name && seed !== "–") {
        process.exit(1);
    }
}
