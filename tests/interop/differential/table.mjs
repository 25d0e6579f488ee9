// SPDX-License-Identifier: BSL-1.0
// The table of docs/differences.md: how two results differ, and how that is written down.
import { readFileSync } from "node:fs";

const absent = "(absent)";

/// A value as a cell has it: one line, without what would end the cell, and not endless.
function cell(value) {
    if (value === undefined) {
        return absent;
    }
    const line = value
        .replaceAll("\x1e", "␞")
        .replaceAll(/[\x00-\x1f`]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)
        .replaceAll("|", "¦");
    return line.length > 70 ? `${line.slice(0, 69)}…` : line || "(empty)";
}

/// The fields that are not equal, as one row `{scenario, fields, theirs, ours}`; undefined where all are.
export function difference(scenario, theirs, ours) {
    const fields = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort();
    const unequal = fields.filter((field) => theirs[field] !== ours[field]);
    return unequal.length === 0
        ? undefined
        : {
              scenario,
              fields: unequal,
              theirs: unequal.map((field) => cell(theirs[field])),
              ours: unequal.map((field) => cell(ours[field])),
          };
}

/// The row as text; without the reason where there is none.
export function row_text(row) {
    if (row === undefined) {
        return "no difference";
    }
    const code = (list) => list.map((text) => `\`${text}\``).join("<br>");
    const cells = [[row.scenario], row.fields, row.theirs, row.ours].map(code);
    return `| ${[...cells, ...(row.reason === undefined ? [] : [row.reason])].join(" | ")} |`;
}

/// The rows of a file: lines that begin with a cell in backticks.
export function read_table(file) {
    return readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("| `"))
        .map((line) => {
            const cells = line.split("|").slice(1, -1).map((text) => text.trim());
            if (cells.length !== 5) {
                throw new Error(`not five cells: ${line}`);
            }
            const [[scenario], fields, theirs, ours] = cells
                .slice(0, 4)
                .map((text) => text.split("<br>").map((code) => code.replaceAll("`", "")));
            return { scenario, fields, theirs, ours, reason: cells[4] };
        });
}
