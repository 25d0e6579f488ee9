// SPDX-License-Identifier: BSL-1.0
// Drives cosio_driven_client: driven_client.cpp says what its lines mean.
import { spawn } from "node:child_process";
import { recorder } from "./support.mjs";

export class driven_client {
    /// What was told, by its first word.
    told = {
        connect: new recorder(),
        connect_error: new recorder(),
        disconnect: new recorder(),
        upgrade: new recorder(),
    };
    #events = new Map();
    #answers = new Map();
    #tags = 0;
    #transport;

    constructor(command, url, transport) {
        this.#transport = transport;
        const line = `exec ${command} --url ${url} --transport ${transport}`;
        this.child = spawn("/bin/sh", ["-c", line], { stdio: ["pipe", "pipe", "inherit"] });
        this.child.stdin.on("error", () => {});
        this.ended = new Promise((resolve) => this.child.on("close", (status, signal) => resolve(signal ?? status)));
        let text = "";
        this.child.stdout.setEncoding("utf8").on("data", (chunk) => {
            const lines = (text + chunk).split("\n");
            text = lines.pop();
            lines.forEach((one) => this.#hear(JSON.parse(one)));
        });
    }

    /// The arguments of the events of that name.
    events(name) {
        if (!this.#events.has(name)) {
            this.#events.set(name, new recorder());
        }
        return this.#events.get(name);
    }

    emit(...event) {
        this.#do("emit", ...event);
    }

    /// The arguments of the answer.
    ask(...event) {
        const tag = ++this.#tags;
        this.#do("ask", tag, ...event);
        return new Promise((resolve, reject) => this.#answers.set(tag, { resolve, reject }));
    }

    /// The id of the socket and whether it was recovered, after the upgrade if one is wanted.
    async connected() {
        const [id, recovered, transport] = await this.told.connect.next();
        if (this.#transport === "upgrade" && transport === "polling") {
            await this.told.upgrade.next();
        }
        return { id, recovered };
    }

    /// Closes the client and gives its exit status.
    close() {
        this.child.stdin.end();
        return this.ended;
    }

    #do(...command) {
        this.child.stdin.write(`${JSON.stringify(command)}\n`);
    }

    #hear([what, ...args]) {
        if (what === "event") {
            this.events(args[0]).push(args.slice(1));
        } else if (what === "answer") {
            this.#answers.get(args[0]).resolve(args.slice(1));
        } else if (what === "failed") {
            this.#answers.get(args[0]).reject(new Error(args[1]));
        } else {
            this.told[what].push(args);
        }
    }
}
