// SPDX-License-Identifier: BSL-1.0
// Fails unless the table of mutants and the code agree, and each catcher exists. Runs none of them: scripts/mutants does.
import { readFileSync } from "node:fs";
import { faults_of, find_catchers, find_headers, find_mutants, read_rows, table } from "./mutants.mjs";

const rows = read_rows(readFileSync(table, "utf8"));
const faults = faults_of(rows, find_mutants(), find_catchers());
faults.push(...find_headers().map((path) => `${path}: mutants belong into sources`));
faults.forEach((fault) => console.error(fault));
console.log(`${rows.filter((row) => row.name).length} mutants of ${rows.length} rows`);
process.exit(faults.length === 0 ? 0 : 1);
