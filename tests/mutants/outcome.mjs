// SPDX-License-Identifier: BSL-1.0
// One run of one catcher, and what it came to.
import { spawn } from "node:child_process";
import { join } from "node:path";

// By Boost.Test: a check has failed, or a case has died.
const test_failure = 201;
const kept_text = 1 << 20;

// A bug may ask for any amount of memory, and AddressSanitizer would touch all of it.
const asan_options = "max_allocation_size_mb=1024";

/// "passed", "failed", "sanitizer", "crash", "hang", or "not run", which shows nothing.
export function judge({ status, signal, late, text }) {
    if (late) {
        return "hang";
    }
    if (/ERROR: \w+Sanitizer|: runtime error: /.test(text)) {
        return "sanitizer";
    }
    if (signal) {
        return "crash";
    }
    return status === 0 ? "passed" : status === test_failure ? "failed" : "not run";
}

/// Runs `program suite/case`, with a mutant awake or none; in the end `{outcome, seconds, text}`.
export function run_catcher(bin, catcher, mutant, limit_seconds) {
    const [program, name] = catcher.split(" ");
    const environment = { ...process.env, COSIO_MUTANT: mutant ?? "", ASAN_OPTIONS: asan_options };
    // With what Boost.Test appends: types, and rows of data.
    const child = spawn(join(bin, program), [`--run_test=${name}*`, "--color_output=no"], { env: environment });
    const began = Date.now();
    return new Promise((resolve) => {
        let text = "";
        let late = false;
        const clock = setTimeout(() => {
            late = true;
            child.kill("SIGKILL");
        }, limit_seconds * 1000);
        const end = (status, signal) => {
            clearTimeout(clock);
            resolve({ outcome: judge({ status, signal, late, text }), seconds: (Date.now() - began) / 1000, text });
        };
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (data) => (text = (text + data).slice(-kept_text)));
        }
        child.on("error", (error) => {
            text += error.message;
            end(127, null);
        });
        child.on("close", end);
    });
}
