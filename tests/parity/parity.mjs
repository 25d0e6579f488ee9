// SPDX-License-Identifier: BSL-1.0
// What docs/parity.md claims, and which tests there are.
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";

const statuses = ["yes", "partly", "not yet", "no"];
const at_node = ["yes", "partly", "no"];

/// Rows `{line, cells}` of all tables of a text, without their heads.
export function read_tables(text) {
    const lines = text.split("\n");
    const is_rule = (line) => /^\|[-| ]+\|$/.test(line ?? "");
    const rows = [];
    for (const [i, line] of lines.entries()) {
        if (line.startsWith("|") && !is_rule(line) && !is_rule(lines[i + 1])) {
            const cells = line.split("|").slice(1, -1);
            rows.push({ line: i + 1, cells: cells.map((cell) => cell.trim()) });
        }
    }
    return rows;
}

/// What stands in backticks in a cell.
export const names_in = (cell) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name);

/// Rows `{line, feature, node, status, tests, cells}` of all tables of a text.
export const read_rows = (text) =>
    read_tables(text).map(({ line, cells: [feature, node, ours, tests, ...more] }) => ({
        line,
        feature,
        node,
        status: ours?.split(":")[0],
        tests: names_in(tests),
        cells: 4 + more.length - [feature, node, ours, tests].filter((cell) => cell === undefined).length,
    }));

/// What is wrong with the rows: one line for each fault.
export function faults_of(rows, known) {
    const faults = [];
    for (const { line, feature, node, status, tests, cells } of rows) {
        const say = (text) => faults.push(`line ${line}, '${feature}': ${text}`);
        if (cells !== 4) {
            say(`${cells} cells`);
        } else if (!at_node.includes(node)) {
            say(`'${node}' at Node's is none of ${at_node.join(", ")}`);
        } else if (!statuses.includes(status)) {
            say(`'${status}' is none of ${statuses.join(", ")}`);
        } else if (["yes", "partly"].includes(status) && tests.length === 0) {
            say(`'${status}' without a test`);
        } else if (!["yes", "partly"].includes(status) && tests.length > 0) {
            say(`'${status}', but there is a test`);
        }
        tests.filter((name) => !known.has(name)).forEach((name) => say(`there is no test ${name}`));
    }
    return faults;
}

/// Cases of a C++ test file as `suite/case`.
export function cases_of_cpp(text) {
    const names = [];
    const suites = [];
    const pattern =
        /^(?:BOOST_(?:AUTO|FIXTURE)_TEST_SUITE\((\w+)|(BOOST_AUTO_TEST_SUITE_END)|(?:BOOST_(?:AUTO|FIXTURE|DATA)_TEST_CASE\(|TYPED_CASE\(|BOOST_DATA_TEST_CASE_F\(\s*\w+,\s*)(\w+))/gm;
    for (const [, suite, end, name] of text.matchAll(pattern)) {
        if (suite) {
            suites.push(suite);
        } else if (end) {
            suites.pop();
        } else {
            names.push([...suites, name].join("/"));
        }
    }
    return names;
}

/// Names of tests in a script of node:test; `table` if its tests are the keys of tables.
export function cases_of_script(text, table) {
    const pattern = table
        ? /^    "((?:[^"\\]|\\.)+)":/gm
        : /(?:\basync |\b(?:test|scenario)\(\s*)"((?:[^"\\]|\\.)+)"/g;
    const names = [...text.matchAll(pattern)].map(([, name]) => name);
    for (const [, constant] of text.matchAll(/\basync \[(\w+)\]/g)) {
        names.push(...[...text.matchAll(new RegExp(`const ${constant} = "([^"]+)"`, "g"))].map(([, name]) => name));
    }
    return names;
}

/// Methods of unittest's classes.
export const cases_of_python = (text) =>
    [...text.matchAll(/^    (?:async )?def (test_\w+)/gm)].map(([, name]) => name);

/// All names `suite/case` below a folder of tests; a script is a suite of its name, a folder of scenarios as well.
export function find_tests(folder) {
    const known = new Set();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || path.includes("node_modules")) {
            continue;
        }
        const suite = basename(entry.name, extname(entry.name));
        const add = (names, prefix = "") => names.forEach((name) => known.add(prefix + name));
        const text = () => readFileSync(path, "utf8");
        if (entry.name.endsWith(".cpp")) {
            add(cases_of_cpp(text()));
        } else if (basename(entry.parentPath) === "differential" && entry.name.endsWith(".mjs")) {
            add(cases_of_script(text(), true), "differential/");
        } else if (entry.name.endsWith(".mjs")) {
            add(cases_of_script(text(), false), `${suite}/`);
        } else if (entry.name.endsWith(".py")) {
            add(cases_of_python(text()), `${suite}/`);
        }
    }
    return known;
}
