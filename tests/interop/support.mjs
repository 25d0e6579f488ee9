// SPDX-License-Identifier: BSL-1.0
// What the suites share: a server process, a test with a deadline, recorders, a proxy that fails.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";

export async function free_port() {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address();
    probe.close();
    await once(probe, "close");
    return port;
}

/// A child process that serves on a free port of this machine.
export class server_process {
    constructor(child, port, command) {
        this.child = child;
        this.port = port;
        this.command = command;
        this.exited = new Promise((resolve) =>
            child.on("exit", (status, signal) => resolve(signal ?? status)),
        );
    }

    /// The same over TLS: the server writes its certificate to the file behind `--tls`.
    static async start_secure(command, extra = [], deadline_ms = 10_000) {
        const folder = mkdtempSync(join(tmpdir(), "cosio-tls-"));
        try {
            const file = join(folder, "certificate.pem");
            const server = await server_process.start(
                command,
                [...extra, "--tls", file],
                deadline_ms,
            );
            server.ca = readFileSync(file);
            return server;
        } finally {
            rmSync(folder, { recursive: true });
        }
    }

    /// Address of a port of this machine, in the scheme that the server speaks.
    url(port = this.port) {
        return `${this.ca ? "https" : "http"}://127.0.0.1:${port}`;
    }

    /// What a client needs to connect to it.
    get trust() {
        return this.ca ? { ca: this.ca } : {};
    }

    /// Runs `command --port N ...extra` and returns when a line with `listening` is printed.
    static async start(command, extra = [], deadline_ms = 10_000, wanted_port = undefined) {
        const port = wanted_port ?? (await free_port());
        const line = ["exec", command, "--port", port, ...extra].join(" ");
        const child = spawn("/bin/sh", ["-c", line], { stdio: ["ignore", "pipe", "inherit"] });
        const server = new server_process(child, port, line);
        const listening = new Promise((resolve) => {
            let text = "";
            child.stdout.setEncoding("utf8").on("data", (chunk) => {
                text = (text + chunk).slice(-65_536);
                if (text.includes("listening")) {
                    resolve();
                }
            });
        });
        const ended = server.exited.then((status) => {
            throw new Error(`'${line}' ended with ${status} before it listened`);
        });
        ended.catch(() => {});
        await within(
            deadline_ms,
            Promise.race([listening, ended]),
            () => `'${line}' never listened`,
        ).catch((error) => {
            child.kill("SIGKILL");
            throw error;
        });
        return server;
    }

    /// Sends SIGTERM and returns the exit status, or the name of the signal that ended it.
    async stop(deadline_ms = 10_000) {
        this.stopping = true;
        this.child.kill("SIGTERM");
        try {
            const why = () => `'${this.command}' ignores SIGTERM`;
            return await within(deadline_ms, this.exited, why);
        } finally {
            this.child.kill("SIGKILL");
        }
    }
}

/// The result of `promise`, or an error with the text of `why()` after `ms`.
export function within(ms, promise, why) {
    let timer;
    const expired = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(why())), ms);
    });
    return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}

/// Keeps what arrived until somebody asks for it.
export class recorder {
    #items = [];
    #read = 0;
    #waiting = [];

    push(item) {
        this.#items.push(item);
        const ready = this.#waiting;
        this.#waiting = [];
        for (const resume of ready) {
            resume();
        }
    }

    /// Everything that arrived, read or not.
    get all() {
        return this.#items;
    }

    async next() {
        const index = this.#read++;
        await this.until(() => this.#items.length > index);
        return this.#items[index];
    }

    async take(count) {
        const items = [];
        while (items.length < count) {
            items.push(await this.next());
        }
        return items;
    }

    /// Returns when `condition` holds; it is looked at again whenever something arrives.
    async until(condition) {
        while (!condition()) {
            await new Promise((resolve) => this.#waiting.push(resolve));
        }
    }

    /// Makes `until` look again.
    poke() {
        const ready = this.#waiting;
        this.#waiting = [];
        for (const resume of ready) {
            resume();
        }
    }
}

/// One running test: where it stands, what it must clean up, how long it may take.
export class scenario {
    /// True when nobody waits for the test any more; bodies that ask in a loop look at it.
    over = false;
    #where = "begin";
    #notes = [];
    #cleanups = [];
    #delay = monitorEventLoopDelay({ resolution: 5 });
    #abort;
    #aborted = new Promise((resolve, reject) => {
        this.#abort = reject;
    });

    constructor(server) {
        this.server = server;
        this.#aborted.catch(() => {});
    }

    /// Ends the test at once.
    abort(text) {
        this.#abort(new Error(text));
    }

    /// Whether the machine was too slow for ping timeouts of 200 ms: another attempt is fair.
    get starved() {
        return this.#delay.max > 100e6;
    }

    step(text) {
        this.#where = text;
    }

    /// Keeps something that explains a failure, should there be one.
    note(text) {
        this.#notes.push(text);
    }

    cleanup(action) {
        this.#cleanups.push(action);
    }

    async run(body, label, deadline_ms) {
        const gone = this.server.exited.then((status) => {
            if (!this.server.stopping) {
                throw new Error(`the server ended with ${status}`);
            }
            return new Promise(() => {});
        });
        gone.catch(() => {});
        this.#delay.enable();
        try {
            await within(
                deadline_ms,
                Promise.race([body(this), gone, this.#aborted]),
                () => `nothing within ${deadline_ms / 1000} s`,
            );
        } catch (error) {
            const notes = this.#notes.length === 0 ? "" : ` (before: ${this.#notes.join("; ")})`;
            error.message = `[${label}] ${this.#where}: ${error.message}${notes}`;
            throw error;
        } finally {
            this.over = true;
            this.#delay.disable();
            for (const action of this.#cleanups.reverse()) {
                await action();
            }
        }
    }
}

/// Registers a test; `make()` yields the scenario that `body` gets, a fresh one for every attempt.
export function define(name, { label, make, deadline_ms, attempts = 1 }, body) {
    return test(name, async (context) => {
        for (let attempt = 1; ; ++attempt) {
            const current = make();
            try {
                await current.run(body, label, deadline_ms);
                return;
            } catch (error) {
                if (!current.starved || attempt === attempts) {
                    throw error;
                }
                context.diagnostic(`attempt ${attempt}: ${error.message}`);
            }
        }
    });
}

/// A TCP relay in front of `port` that can stall, hold back upgrades, or cut its connections.
export class proxy {
    #port;
    #server;
    #links = new Set();
    #frozen = false;
    #cut = false;
    #upgrades = "pass";
    #progress = new recorder();

    static async start(port) {
        const relay = new proxy();
        relay.#port = port;
        relay.#server = createServer((near) => relay.#accept(near));
        relay.#server.listen(0, "127.0.0.1");
        await once(relay.#server, "listening");
        return relay;
    }

    get port() {
        return this.#server.address().port;
    }

    #accept(near) {
        const link = { near, far: connect(this.#port, "127.0.0.1"), held: [], polling: false };
        if (this.#cut) {
            near.destroy();
            link.far.destroy();
            return;
        }
        this.#links.add(link);
        near.on("data", (bytes) => this.#from_client(link, bytes));
        link.far.on("data", (bytes) => {
            link.polling = false;
            if (!this.#frozen) {
                near.write(bytes);
            }
        });
        for (const [from, to] of [
            [near, link.far],
            [link.far, near],
        ]) {
            from.on("end", () => this.#frozen || to.end());
            from.on("error", () => {});
            from.on("close", () => {
                this.#links.delete(link);
                if (!this.#frozen) {
                    to.destroy();
                }
            });
        }
    }

    #from_client(link, bytes) {
        if (this.#frozen) {
            return;
        }
        const request = bytes.toString("latin1");
        if (/^GET .*\nUpgrade: websocket/is.test(request) && this.#upgrades !== "pass") {
            link.held.push(bytes);
            this.#progress.push(request);
        } else if (link.held.length > 0) {
            link.held.push(bytes);
        } else {
            link.far.write(bytes, () => {
                link.polling = /^GET .*[?&]sid=/.test(request);
                this.#progress.push(request);
            });
        }
    }

    /// From now on WebSocket connections wait; nothing of them reaches the server.
    hold_upgrades() {
        this.#upgrades = "hold";
    }

    /// Lets waiting and further WebSocket connections through.
    release_upgrades() {
        this.#upgrades = "pass";
        for (const link of this.#links) {
            link.held.splice(0).forEach((bytes) => link.far.write(bytes));
        }
    }

    /// Ends the first WebSocket connection that waits.
    async drop_upgrade() {
        let link;
        await this.#progress.until(() => {
            link = [...this.#links].find(({ held }) => held.length > 0);
            return link !== undefined;
        });
        link.near.destroy();
    }

    /// Returns when a poll was handed to the server and is not answered yet.
    async poll_is_pending() {
        await this.#progress.until(() => [...this.#links].some((link) => link.polling));
    }

    /// From now on nothing passes, and neither side is told.
    freeze() {
        this.#frozen = true;
    }

    /// Ends every connection and refuses new ones.
    cut() {
        this.#cut = true;
        for (const { near, far } of this.#links) {
            near.destroy();
            far.destroy();
        }
    }

    /// New connections pass again.
    mend() {
        this.#cut = false;
        this.#frozen = false;
    }

    async stop() {
        this.#server.close();
        this.cut();
        await once(this.#server, "close");
    }
}
