// SPDX-License-Identifier: BSL-1.0
// The machine: which processors server and driver are pinned to, and what a report says of it.
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

const read = (path) => {
    try {
        return readFileSync(path, "utf8").trim();
    } catch {
        return "";
    }
};

/// "0-2,5" is [0, 1, 2, 5].
export function parse_cpu_list(text) {
    return text
        .split(",")
        .filter((part) => /^\d+(-\d+)?$/.test(part))
        .flatMap((part) => {
            const [first, last = first] = part.split("-").map(Number);
            return Array.from({ length: last - first + 1 }, (_, at) => first + at);
        });
}

/// Two processors for server and driver that are not two threads of one core, if there are such.
/// `siblings_of(cpu)` lists the threads of its core. With a single processor there is nothing to pin: null.
export function choose_cores(allowed, siblings_of) {
    if (allowed.length < 2) return null;
    for (const server of allowed) {
        const driver = allowed.find((cpu) => cpu !== server && !siblings_of(server).includes(cpu));
        if (driver !== undefined) return { server, driver, shared_core: false };
    }
    return { server: allowed[0], driver: allowed[1], shared_core: true };
}

export function find_cores() {
    const allowed = parse_cpu_list(/^Cpus_allowed_list:\s*(\S+)/m.exec(read("/proc/self/status"))?.[1] ?? "");
    return choose_cores(allowed, (cpu) =>
        parse_cpu_list(read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)),
    );
}

/// How many connections one process may hold here, beside what it needs itself.
export function most_connections() {
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(read("/proc/self/limits"))?.[1];
    return hard === "unlimited" ? Infinity : Number(hard ?? 1024) - 500;
}

export function describe_machine() {
    return {
        cpu: cpus()[0]?.model ?? "unknown",
        processors: cpus().length,
        memory_gib: Math.round(totalmem() / 2 ** 30),
        kernel: release(),
        load_before: Number(read("/proc/loadavg").split(" ")[0]),
    };
}
