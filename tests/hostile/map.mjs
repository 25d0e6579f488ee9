// SPDX-License-Identifier: BSL-1.0
// What docs/hostile-input.md has to say, and docs/reliability.md of faults: a row for each id of the catalogue, and tests
// that there are.
import { names_in, read_tables } from "../parity/parity.mjs";

const numbered = (letter, count, without = []) =>
    Array.from({ length: count }, (_, i) => i + 1)
        .filter((number) => !without.includes(number))
        .map((number) => `${letter}${String(number).padStart(2, "0")}`);

/// The headings of the sections, in order, and the ids of their rows.
export const catalogue = {
    "HTTP/1.1 (H)": numbered("H", 50, [7, 14, 20]),
    "Bodies of long-polling (P)": numbered("P", 26, [12, 18]),
    "WebSocket handshakes (W)": numbered("W", 16),
    "WebSocket frames (F)": numbered("F", 30, [2, 6, 10, 25]),
    "permessage-deflate (D)": numbered("D", 12),
    "Engine.IO sessions (E)": numbered("E", 15, [7]),
    "Upgrades (U)": numbered("U", 16),
    "Socket.IO packets (S)": numbered("S", 37, [22]),
    "Attachments (B)": numbered("B", 20, [2, 7]),
    "JSON (J)": numbered("J", 15, [3, 6, 8, 12]),
    "msgpack (M)": numbered("M", 23, [6]),
    "Origins, cookies and middlewares (C)": numbered("C", 20),
    "Exhaustion of resources (R)": numbered("R", 22, [4]),
    "Hostile servers (X)": numbered("X", 12),
    "Advisories (A)": numbered("A", 48),
};

/// The same in docs/reliability.md, whose other sections have tables of their own.
export const faults_to_survive = { "Faults (Z)": numbered("Z", 29) };

/// The parts of a text below its headings `## `: `{heading, line, text}`.
function sections_of(text) {
    const sections = [];
    for (const [i, line] of text.split("\n").entries()) {
        if (line.startsWith("## ")) {
            sections.push({ heading: line.slice(3).trim(), before: i, lines: [] });
        } else {
            sections.at(-1)?.lines.push(line);
        }
    }
    return sections.map(({ heading, before, lines }) => ({ heading, before, text: ["", ...lines].join("\n") }));
}

/// Instead of tests: why there are none.
const reason = /^none: \S/;

/// What is wrong with the map: one line for each fault. `known`: all tests. `among_others`: there may be other sections,
/// which are not looked at. `reasons`: a row may say "none: " and why, where its tests would stand.
export function faults_of_map(text, known, expected = catalogue, { among_others = false, reasons = false } = {}) {
    const faults = [];
    const headings = Object.keys(expected);
    const sections = sections_of(text).filter(({ heading }) => !among_others || headings.includes(heading));
    if (sections.map(({ heading }) => heading).join("\n") !== headings.join("\n")) {
        faults.push(`the headings are not: ${headings.join(", ")}`);
    }
    for (const { heading, before, text: part } of sections) {
        const rows = read_tables(part);
        for (const { line, cells } of rows) {
            const [id, input, outcome, tests] = cells;
            const say = (what) => faults.push(`line ${before + line}, ${id}: ${what}`);
            if (cells.length !== 4 || !input || !outcome) {
                say("not four cells with something in them");
            }
            const has_reason = reasons && reason.test(tests);
            if (has_reason && names_in(tests).length > 0) {
                say("a test, and why there is none");
            } else if (!has_reason && names_in(tests).length === 0) {
                say("no test");
            }
            names_in(tests)
                .filter((name) => !known.has(name))
                .forEach((name) => say(`there is no test ${name}`));
        }
        const ids = rows.map(({ cells: [id] }) => id);
        const missing = (expected[heading] ?? []).filter((id) => !ids.includes(id));
        if (missing.length > 0) {
            faults.push(`${heading}: no row ${missing.join(", ")}`);
        }
        ids.filter((id, i) => !expected[heading]?.includes(id) || ids.indexOf(id) !== i).forEach((id) =>
            faults.push(`${heading}: a row ${id} that does not belong there, or twice`),
        );
        const known_ids = ids.filter((id) => expected[heading]?.includes(id));
        if (known_ids.join() !== [...known_ids].sort().join()) {
            faults.push(`${heading}: not in the order of the ids`);
        }
    }
    return faults;
}
