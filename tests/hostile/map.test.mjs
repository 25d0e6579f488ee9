// SPDX-License-Identifier: BSL-1.0
// That the check of docs/hostile-input.md and docs/reliability.md can fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, faults_of_map, faults_to_survive } from "./map.mjs";

const known = new Set(["suite/case", "suite/other"]);
const expected = { "One (A)": ["A01", "A02"], "Two (B)": ["B01"] };
const head = ["| row | what comes in | what happens | tests |", "|---|---|---|---|"];
const faults = (one, two) =>
    faults_of_map(["# Title", "", "## One (A)", "", ...head, ...one, "", "## Two (B)", "", ...head, ...two].join("\n"), known, expected);
const row = (id, tests = "`suite/case`") => `| ${id} | bytes | 400 | ${tests} |`;

test("a map that is whole", () => {
    assert.deepEqual(faults([row("A01"), row("A02", "`suite/case` `suite/other`")], [row("B01")]), []);
});

test("a row that is missing", () => {
    assert.deepEqual(faults([row("A01")], []), ["One (A): no row A02", "Two (B): no row B01"]);
});

test("a row without a test, or with one that is not there", () => {
    assert.deepEqual(faults([row("A01", "–"), row("A02", "suite/case")], [row("B01", "`suite/none` `suite/case`")]), [
        "line 7, A01: no test",
        "line 8, A02: no test",
        "line 14, B01: there is no test suite/none",
    ]);
});

test("rows twice, in another order, or in another section", () => {
    assert.deepEqual(faults([row("A01"), row("A02"), row("A01")], [row("B01")]), [
        "One (A): a row A01 that does not belong there, or twice",
        "One (A): not in the order of the ids",
    ]);
    assert.deepEqual(faults([row("A02"), row("A01")], [row("B01")]), ["One (A): not in the order of the ids"]);
    assert.deepEqual(faults([row("A01"), row("A02"), row("B01")], [row("B01")]), [
        "One (A): a row B01 that does not belong there, or twice",
    ]);
});

test("cells that are empty, too few or too many", () => {
    assert.equal(faults([row("A01"), "| A02 | | 400 | `suite/case` |"], [row("B01")]).length, 1);
    assert.equal(faults([row("A01"), "| A02 | bytes | `suite/case` |"], [row("B01")]).length, 2);
    assert.equal(faults([row("A01"), row("A02") + " more |"], [row("B01")]).length, 1);
});

test("headings that are not those", () => {
    assert.match(faults_of_map("# Title\n", known, expected)[0], /^the headings are not: One \(A\), Two \(B\)$/);
});

/// Rows of faults in a text that has other sections, too.
const faults_among_others = (...rows) =>
    faults_of_map(
        ["# Title", "", "## Order", "", "| promise | how |", "|---|---|", "| a | b |", "", "## Two (B)", "", ...head, ...rows].join("\n"),
        known,
        { "Two (B)": ["B01", "B02"] },
        { among_others: true, reasons: true },
    );

test("a reason instead of tests, where that may be", () => {
    assert.deepEqual(faults_among_others(row("B01"), row("B02", "none: it needs a cluster")), []);
    assert.deepEqual(faults([row("A01"), row("A02", "none: no")], [row("B01")]), ["line 8, A02: no test"]);
});

test("a reason that is none, or one beside a test", () => {
    assert.deepEqual(faults_among_others(row("B01", "none: "), row("B02", "none: but `suite/case`")), [
        "line 13, B01: no test",
        "line 14, B02: a test, and why there is none",
    ]);
    assert.deepEqual(faults_among_others(row("B01", "a reason")), ["line 13, B01: no test", "Two (B): no row B02"]);
    assert.deepEqual(faults_among_others(row("B01", "`suite/none`"), row("B02")), [
        "line 13, B01: there is no test suite/none",
    ]);
});

test("a section of faults that is not there", () => {
    assert.deepEqual(faults_of_map("# Title\n\n## Order\n", known, { "Two (B)": ["B01"] }, { among_others: true }), [
        "the headings are not: Two (B)",
    ]);
});

test("the ids of the catalogue", () => {
    const ids = [catalogue, faults_to_survive].flatMap((all) => Object.values(all).flat());
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes("H50") && ids.includes("A48") && !ids.includes("H07"));
    assert.ok(ids.includes("Z01") && ids.includes("Z29") && !ids.includes("Z30"));
});
