// SPDX-License-Identifier: BSL-1.0
// That the check of the table of mutants can fail, and that runs are judged as they should be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faults_of, find_catchers, mutants_of_cpp, programs_of_cmake, read_rows } from "./mutants.mjs";
import { judge } from "./outcome.mjs";

const good = Array.from({ length: 30 }, (_, i) => `| \`m${i + 1}\` | ${i + 1} | of | what | \`p s/c\` |`);
const faults = (change, places = {}) => {
    const lines = good.slice();
    change(lines);
    const all = Object.fromEntries(good.map((_, i) => [`m${i + 1}`, 1]));
    const rows = read_rows(["| mutant | no. | of old | what | by |", "|---|---|---|---|---|", ...lines].join("\n"));
    return faults_of(rows, new Map(Object.entries({ ...all, ...places })), new Set(["p s/c"]));
};

test("a table that is right", () => {
    assert.deepEqual(faults(() => {}), []);
    assert.deepEqual(faults(() => {}, { m1: 2 }), []);
});

test("mutants that are in the table alone, or in the code alone", () => {
    assert.deepEqual(faults(() => {}, { m3: 0 }), ["line 5, 3: m3 is nowhere in the code"]);
    assert.deepEqual(faults(() => {}, { other: 1 }), ["other is in the code alone"]);
    assert.deepEqual(faults(() => {}, { m3: 3 }), ["line 5, 3: m3 is in 3 places"]);
});

test("catchers that are missing", () => {
    const row = (cell) => faults((lines) => (lines[0] = `| \`m1\` | 1 | of | what | ${cell} |`));
    assert.deepEqual(row("`p s/other`"), ["line 3, 1: there is no test p s/other"]);
    assert.deepEqual(row("`p s/c` `q s/c`"), ["line 3, 1: there is no test q s/c"]);
    assert.deepEqual(row("–"), ["line 3, 1: nothing catches m1"]);
});

test("what cannot be here yet", () => {
    const row = (cell) => faults((lines) => (lines[0] = `| – | 1 | of | what | ${cell} |`), { m1: undefined });
    assert.deepEqual(row("–"), ["m1 is in the code alone"]);
    assert.ok(row("`p s/c`").includes("line 3, 1: is not here, but caught"));
});

test("rows that are missing, twice or empty", () => {
    assert.deepEqual(faults((lines) => lines.pop(), {}), ["m30 is in the code alone", "0 rows have the number 30"]);
    assert.ok(faults((lines) => lines.push(lines[0])).includes("2 rows have the number 1"));
    assert.deepEqual(faults((lines) => (lines[0] = "| `m1` | 1 | of |  | `p s/c` |")), ["line 3, 1: says not what it is"]);
});

test("names in code, and sources of programs", () => {
    assert.deepEqual(mutants_of_cpp("if (a && !COSIO_MUTANT(one))\n x = COSIO_MUTANT(two) ? 1 : 2;"), ["one", "two"]);
    assert.deepEqual(programs_of_cmake("cosio_add_test(a\n    ../b.cpp\n    c.cpp)\n    cosio_add_test(d e.cpp)\n"), [
        { name: "a", sources: ["../b.cpp", "c.cpp"] },
        { name: "d", sources: ["e.cpp"] },
    ]);
    const united = "cosio_united_files(some\n    f.cpp\n    g.cpp)\ncosio_add_test(h\n    i.cpp\n    ${some})\n";
    assert.deepEqual(programs_of_cmake(united), [{ name: "h", sources: ["i.cpp", "f.cpp", "g.cpp"] }]);
    assert.ok(find_catchers().has("cosio_unit_tests engine_session/a_flood_of_pongs_moves_nothing_A41_P11"));
});

test("what a run came to", () => {
    const run = (over) => judge({ status: 0, signal: null, late: false, text: "", ...over });
    assert.equal(run({}), "passed");
    assert.equal(run({ status: 201 }), "failed");
    assert.equal(run({ status: 1, text: "==1==ERROR: AddressSanitizer: heap-use-after-free" }), "sanitizer");
    assert.equal(run({ status: 1, text: "a.cpp:1:2: runtime error: signed integer overflow" }), "sanitizer");
    assert.equal(run({ status: null, signal: "SIGSEGV" }), "crash");
    assert.equal(run({ status: null, signal: "SIGKILL", late: true }), "hang");
    assert.equal(run({ status: 200, text: "Test setup error: no test cases matching filter" }), "not run");
    assert.equal(run({ status: 2, text: 'COSIO_MUTANT: there is no mutant "x"' }), "not run");
    assert.equal(run({ status: 127 }), "not run");
});
