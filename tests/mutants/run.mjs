// SPDX-License-Identifier: BSL-1.0
// Wakes the mutants one after the other and fails unless the tests see each: scripts/mutants says how.
//   node run.mjs --programs [mutant...]        the programs of their catchers
//   node run.mjs --bin FOLDER [mutant...]
import { readFileSync } from "node:fs";
import { read_rows, table } from "./mutants.mjs";
import { run_catcher } from "./outcome.mjs";

const limit_seconds = 10;

const [mode, ...rest] = process.argv.slice(2);
const bin = mode === "--bin" ? rest.shift() : undefined;
const all = read_rows(readFileSync(table, "utf8")).filter((row) => row.name);
const unknown = rest.filter((name) => !all.some((row) => row.name === name));
if (unknown.length > 0 || (mode !== "--programs" && !bin)) {
    console.error(`usage: scripts/mutants [name...], where name is one of:\n${all.map((row) => `    ${row.name}`).join("\n")}`);
    process.exit(2);
}
const rows = rest.length > 0 ? all.filter((row) => rest.includes(row.name)) : all;
const catchers = [...new Set(rows.flatMap((row) => row.catchers))];

if (mode === "--programs") {
    console.log([...new Set(catchers.map((one) => one.split(" ")[0]))].join("\n"));
    process.exit(0);
}

const last_lines = (text) => text.trimEnd().split("\n").slice(-12).join("\n");

// A catcher that fails by itself catches nothing.
let broken = 0;
for (const [i, catcher] of catchers.entries()) {
    const { outcome, text } = await run_catcher(bin, catcher, undefined, limit_seconds);
    console.log(`${i + 1}/${catchers.length} asleep: ${catcher}: ${outcome}`);
    if (outcome !== "passed") {
        ++broken;
        console.log(last_lines(text));
    }
}

const lines = [];
let survivors = 0;
for (const [i, { name, number, catchers: of_row }] of rows.entries()) {
    const caught = [];
    for (const catcher of of_row) {
        const { outcome, seconds, text } = await run_catcher(bin, catcher, name, limit_seconds);
        console.log(`${i + 1}/${rows.length} ${name}: ${catcher}: ${outcome} (${seconds.toFixed(1)} s)`);
        if (outcome === "not run") {
            ++broken;
            console.log(last_lines(text));
        } else if (outcome !== "passed") {
            caught.push(`${catcher} (${outcome})`);
        }
    }
    survivors += caught.length === 0 ? 1 : 0;
    lines.push(`${String(number).padStart(2)}  ${name.padEnd(40)}${caught.join(", ") || "SURVIVES"}`);
}

console.log(`\nno. ${"mutant".padEnd(40)}caught by`);
lines.forEach((line) => console.log(line));
console.log(`\n${rows.length - survivors} of ${rows.length} caught, ${broken} catchers broken`);
process.exit(survivors === 0 && broken === 0 ? 0 : 1);
