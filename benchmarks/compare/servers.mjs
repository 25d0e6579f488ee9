// SPDX-License-Identifier: BSL-1.0
// The servers that are measured: how each is started, and whether it can be.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const read = (path) => {
    try {
        return readFileSync(path, "utf8");
    } catch {
        return "";
    }
};

function package_version(name) {
    const text = read(here(`node_modules/${name}/package.json`));
    return text === "" ? null : JSON.parse(text).version;
}

function first_line(command, args) {
    const { status, stdout } = spawnSync(command, args, { encoding: "utf8", cwd: here("."), timeout: 10_000 });
    return status === 0 ? stdout.trim().split("\n")[0] : null;
}

function executable(path) {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/// npm puts the binary into a package of each platform; the package `bun` itself only depends on them.
function bun_candidates() {
    const scope = here("node_modules/@oven");
    const names = existsSync(scope) ? readdirSync(scope) : [];
    return names.map((name) => `${scope}/${name}/bin/bun`).filter(executable);
}

function find_node() {
    const version = package_version("socket.io");
    if (version === null) return { missing: "npm's socket.io is not installed: run scripts/compare" };
    return {
        label: "Node",
        compiles: true,
        version: `Node ${process.versions.node}, socket.io ${version}`,
        command: [process.execPath, here("node_server.mjs")],
    };
}

function find_bun() {
    const engine = package_version("@socket.io/bun-engine");
    if (engine === null) return { missing: "npm's bun-engine is not installed: run scripts/compare" };
    const candidates = bun_candidates();
    if (candidates.length === 0) return { missing: "npm has no Bun for this platform" };
    for (const path of candidates) {
        const version = first_line(path, ["--version"]);
        if (version === null) continue;
        return {
            label: "Bun",
            compiles: true,
            version: `Bun ${version}, bun-engine ${engine}`,
            command: [path, here("bun_server.mjs")],
        };
    }
    return { missing: "Bun's binary does not run on this machine" };
}

function find_cosio(bin) {
    for (const name of ["cosio_bench_server", "cosio_load", "cosio_clients"]) {
        if (!executable(`${bin}/${name}`)) return { missing: `${bin}/${name} is not there: run scripts/compare` };
    }
    const version = /VERSION (\d+\.\d+\.\d+)/.exec(read(here("../../CMakeLists.txt")))?.[1] ?? "";
    const commit = first_line("git", ["describe", "--always", "--dirty", "--abbrev=9"]);
    const build = /^CMAKE_BUILD_TYPE:\w+=(.*)$/m.exec(read(`${bin}/../CMakeCache.txt`))?.[1];
    return {
        label: "cosio",
        version: [`cosio ${version}`, commit, build].filter(Boolean).join(", "),
        command: [`${bin}/cosio_bench_server`],
    };
}

/// In the order of `wanted`; a server that cannot run has `missing`, which says why. One that `compiles` its code while it
/// runs needs the whole warm-up.
export function find_servers(wanted, bin) {
    const finders = { node: find_node, bun: find_bun, cosio: () => find_cosio(bin) };
    return wanted.map((id) => ({ id, label: id, ...finders[id]() }));
}
