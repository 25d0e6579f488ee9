// SPDX-License-Identifier: BSL-1.0
// That the differential run can fail: the table's rows, read and written.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { difference, read_table, row_text } from "./table.mjs";

/// The rows of a file with that text.
function rows_of(text) {
    const folder = mkdtempSync(join(tmpdir(), "cosio-table-"));
    try {
        const file = join(folder, "table.md");
        writeFileSync(file, text);
        return read_table(file);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

test("equal results are no difference", () => {
    assert.equal(difference("S", { a: "1", b: "2" }, { b: "2", a: "1" }), undefined);
    assert.equal(row_text(undefined), "no difference");
});

test("every unequal or missing field is one", () => {
    const found = difference("S", { a: "1", b: "2", c: "3" }, { a: "1", b: "x", d: "" });
    assert.deepEqual(found, {
        scenario: "S",
        fields: ["b", "c", "d"],
        theirs: ["2", "3", "(absent)"],
        ours: ["x", "(absent)", "(empty)"],
    });
});

test("a row is read as it was written, whatever its cells hold", () => {
    const theirs = { a: "a|b\x1e`c`\n\x00", b: "x".repeat(200) };
    const found = { ...difference("S: x", theirs, { a: "" }), reason: "Because" };
    assert.deepEqual(rows_of(`# Title\n\n| scenario |\n|---|\n${row_text(found)}\ntext\n`), [found]);
    assert.equal(rows_of(row_text({ ...found, ours: ["other", "(absent)"] }))[0].ours[0], "other");
});

test("a row of too few or too many cells is refused", () => {
    assert.throws(() => rows_of("| `S` | `a` | `1` | `2` |"), /not five cells/);
    assert.throws(() => rows_of("| `S` | `a` | `1` | `2` | why | else |"), /not five cells/);
});
