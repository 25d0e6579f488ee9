// SPDX-License-Identifier: BSL-1.0
// Fails unless docs/hostile-input.md and docs/reliability.md have a row for each id of the catalogue, and each row names
// tests that exist; or, of a fault, why there are none.
//   node check.mjs [hostile-input.md [reliability.md]]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { find_tests } from "../parity/parity.mjs";
import { catalogue, faults_of_map, faults_to_survive } from "./map.mjs";

const docs = join(import.meta.dirname, "../../docs");
const [input = join(docs, "hostile-input.md"), faults = join(docs, "reliability.md")] = process.argv.slice(2);
const known = find_tests(join(import.meta.dirname, ".."));
const wrong = [
    ...faults_of_map(readFileSync(input, "utf8"), known).map((line) => `${input}, ${line}`),
    ...faults_of_map(readFileSync(faults, "utf8"), known, faults_to_survive, {
        among_others: true,
        reasons: true,
    }).map((line) => `${faults}, ${line}`),
];
wrong.forEach((line) => console.error(line));
const rows = [catalogue, faults_to_survive].flatMap((all) => Object.values(all).flat());
console.log(`${rows.length} rows, ${wrong.length} faults`);
process.exit(wrong.length === 0 ? 0 : 1);
