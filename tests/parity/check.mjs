// SPDX-License-Identifier: BSL-1.0
// Fails unless each row of docs/parity.md that says yes or partly names tests, and each test that it names exists.
//   node check.mjs [file]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faults_of, find_tests, read_rows } from "./parity.mjs";

const file = process.argv[2] ?? join(import.meta.dirname, "../../docs/parity.md");
const text = readFileSync(file, "utf8");
const rows = read_rows(text);
const faults = faults_of(rows, find_tests(join(import.meta.dirname, "..")));
for (const section of ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.9", "1.10", "1.12"]) {
    if (!text.includes(`\n## ${section} `)) {
        faults.push(`there is no table ${section}`);
    }
}
faults.forEach((fault) => console.error(fault));
const count = (status) => rows.filter((row) => row.status === status).length;
console.log(`${rows.length} rows: ${count("yes")} yes, ${count("partly")} partly, ${count("not yet")} not yet, ${count("no")} no`);
process.exit(faults.length === 0 ? 0 : 1);
