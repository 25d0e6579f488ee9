// SPDX-License-Identifier: BSL-1.0
// Starts and ends the processes of a measurement, each pinned to its processor.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const running = new Set();
const folders = new Set();
process.on("exit", () => {
    running.forEach((child) => child.kill("SIGKILL"));
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

/// A measurement that gave nothing; the next ones go on.
export class failure extends Error {}

/// taskset replaces itself: the pid is the program's. A core of null pins nothing.
function start(core, command, args) {
    const pinned = core === null ? [] : ["taskset", "-c", String(core)];
    const [program, ...rest] = [...pinned, ...command, ...args.map(String)];
    const child = spawn(program, rest, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NODE_ENV: "production" },
    });
    running.add(child);
    child.printed = "";
    child.complaint = "";
    child.stdout.on("data", (text) => (child.printed += text));
    child.stderr.on("data", (text) => (child.complaint += text));
    child.ended = new Promise((done) => {
        child.on("error", (error) => done({ code: null, error }));
        child.on("close", (code, signal) => done({ code, signal }));
    }).finally(() => running.delete(child));
    return child;
}

export async function within(milliseconds, promise) {
    let timer;
    const expired = new Promise((done) => (timer = setTimeout(done, milliseconds, "expired")));
    const outcome = await Promise.race([promise, expired]);
    clearTimeout(timer);
    return outcome;
}

const free_port = () =>
    new Promise((done, failed) => {
        const probe = createServer().on("error", failed);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });

const last_line = (text) => text.trim().split("\n").at(-1).trim();

/// A fresh process of a server that listens. `tls` is { certificate, key } or null.
export async function start_server(server, core, { codec, tls }) {
    const port = await free_port();
    const secure = tls ? ["--tls", "--certificate", tls.certificate, "--key", tls.key] : [];
    const child = start(core, server.command, ["--port", port, "--codec", codec, ...secure]);
    const listening = new Promise((done) => {
        child.stdout.on("data", () => child.printed.includes("listening") && done("listening"));
    });
    const outcome = await within(20_000, Promise.race([listening, child.ended]));
    if (outcome === "listening") return { server, child, url: `${tls ? "https" : "http"}://127.0.0.1:${port}` };
    child.kill("SIGKILL");
    throw new failure(`the server did not start: ${last_line(child.complaint) || "it says nothing"}`);
}

export async function stop_server(child) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const outcome = await within(15_000, child.ended);
    if (outcome === "expired") {
        child.kill("SIGKILL");
        await child.ended;
        throw new failure("the server did not end within 15 s of SIGTERM");
    }
    if (outcome.code !== 0)
        throw new failure(
            `the server ended with ${outcome.signal ?? outcome.code}: ${last_line(child.complaint) || "no word"}`,
        );
}

/// What the driver reports. It must end `patience` seconds from now.
export async function run_driver(command, args, core, patience) {
    const child = start(core, command, args);
    const outcome = await within(patience * 1000, child.ended);
    if (outcome === "expired") {
        child.kill("SIGKILL");
        await child.ended;
        throw new failure(`no result within ${Math.round(patience)} s`);
    }
    if (outcome.code !== 0) throw new failure(last_line(child.complaint) || "the driver gave no result");
    return JSON.parse(child.printed);
}

/// A certificate that all servers share, in a folder that goes away at the end. Null without openssl.
export function make_certificate() {
    const folder = mkdtempSync(join(tmpdir(), "cosio-compare-"));
    folders.add(folder);
    const certificate = join(folder, "certificate.pem");
    const key = join(folder, "key.pem");
    const { status } = spawnSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        ...["-keyout", key, "-out", certificate],
    ]);
    return status === 0 ? { certificate, key } : null;
}
