// SPDX-License-Identifier: BSL-1.0
// Fails unless docs/hostile-input.md has a row for each id of the catalogue, and each row names tests that exist.
//   node check.mjs [file]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { find_tests } from "../parity/parity.mjs";
import { catalogue, faults_of_map } from "./map.mjs";

const file = process.argv[2] ?? join(import.meta.dirname, "../../docs/hostile-input.md");
const faults = faults_of_map(readFileSync(file, "utf8"), find_tests(join(import.meta.dirname, "..")));
faults.forEach((fault) => console.error(fault));
console.log(`${Object.values(catalogue).flat().length} rows, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
