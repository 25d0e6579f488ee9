// SPDX-License-Identifier: BSL-1.0
// What the table of mutants claims, which mutants are in the code, and which catchers there are.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cases_of_cpp } from "../parity/parity.mjs";

export const root = join(import.meta.dirname, "../..");
export const table = join(import.meta.dirname, "README.md");

const rows_at_all = 30;
const most_places = 2;

/// Rows `{line, name, number, of, what, catchers}`; the name of one that cannot be here yet is undefined.
export function read_rows(text) {
    const rows = [];
    for (const [i, line] of text.split("\n").entries()) {
        if (!line.startsWith("|") || /^\|[-| ]+\|$/.test(line) || line.startsWith("| mutant |")) {
            continue;
        }
        const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
        rows.push({
            line: i + 1,
            name: /^`([a-z0-9_]+)`$/.exec(cells[0])?.[1],
            number: Number(cells[1]),
            of: cells[2],
            what: cells[3],
            catchers: [...(cells[4] ?? "").matchAll(/`([^`]+)`/g)].map(([, catcher]) => catcher),
        });
    }
    return rows;
}

/// Names of the mutants that a source has, one for each place.
export const mutants_of_cpp = (text) => [...text.matchAll(/\bCOSIO_MUTANT\((\w+)\)/g)].map(([, name]) => name);

/// Programs `{name, sources}` of a list of tests; files that may be united count as themselves.
export function programs_of_cmake(text) {
    const calls = (of) =>
        [...text.matchAll(new RegExp(`^ *${of}\\((\\w+)\\s+([^)]*)\\)`, "gm"))].map(([, name, files]) => ({
            name,
            sources: files.trim().split(/\s+/),
        }));
    const united = new Map(calls("cosio_united_files").map(({ name, sources }) => [`\${${name}}`, sources]));
    return calls("cosio_add_test").map(({ name, sources }) => ({
        name,
        sources: sources.flatMap((source) => united.get(source) ?? [source]),
    }));
}

function* files_below(folder, wanted) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && !path.includes("node_modules") && wanted(entry.name)) {
            yield path;
        }
    }
}

const libraries = ["lib", "codecs", "transports"].map((folder) => join(root, folder));

/// How many places of the libraries each mutant has.
export function find_mutants() {
    const places = new Map();
    for (const path of libraries.flatMap((folder) => [...files_below(folder, (name) => name.endsWith(".cpp"))])) {
        for (const name of mutants_of_cpp(readFileSync(path, "utf8"))) {
            places.set(name, (places.get(name) ?? 0) + 1);
        }
    }
    return places;
}

/// Headers with mutants: what includes them would not know of the mutants, and differ from the libraries.
export function find_headers() {
    const headers = libraries.flatMap((folder) => [...files_below(folder, (name) => name.endsWith(".hpp"))]);
    return headers.filter(
        (path) => !path.endsWith("/detail/mutant.hpp") && /COSIO_MUTANT|detail\/mutant\.hpp/.test(readFileSync(path, "utf8")),
    );
}

/// All catchers that there could be, as `program suite/case`.
export function find_catchers() {
    const known = new Set();
    for (const path of files_below(join(root, "tests"), (name) => name === "CMakeLists.txt")) {
        for (const { name, sources } of programs_of_cmake(readFileSync(path, "utf8"))) {
            for (const source of sources.filter((one) => one.endsWith(".cpp"))) {
                const cases = cases_of_cpp(readFileSync(join(dirname(path), source), "utf8"));
                cases.forEach((one) => known.add(`${name} ${one}`));
            }
        }
    }
    return known;
}

/// What is wrong: one line for each fault.
export function faults_of(rows, places, known) {
    const faults = [];
    const named = new Set();
    for (const { line, name, number, of, what, catchers } of rows) {
        const say = (text) => faults.push(`line ${line}, ${number}: ${text}`);
        if (!of || !what) {
            say("says not what it is");
        }
        if (!name) {
            if (catchers.length > 0) {
                say("is not here, but caught");
            }
            continue;
        }
        if (named.has(name)) {
            say(`there are two of ${name}`);
        }
        named.add(name);
        const count = places.get(name) ?? 0;
        if (count === 0) {
            say(`${name} is nowhere in the code`);
        } else if (count > most_places) {
            say(`${name} is in ${count} places`);
        }
        if (catchers.length === 0) {
            say(`nothing catches ${name}`);
        }
        catchers.filter((one) => !known.has(one)).forEach((one) => say(`there is no test ${one}`));
    }
    [...places.keys()].filter((name) => !named.has(name)).forEach((name) => faults.push(`${name} is in the code alone`));
    for (let number = 1; number <= rows_at_all; ++number) {
        const count = rows.filter((row) => row.number === number).length;
        if (count !== 1) {
            faults.push(`${count} rows have the number ${number}`);
        }
    }
    return faults;
}
