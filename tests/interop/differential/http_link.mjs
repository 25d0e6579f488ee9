// SPDX-License-Identifier: BSL-1.0
// A TCP connection on which requests are written byte by byte, and answers are read as they come.
import { once } from "node:events";
import { connect } from "node:net";
import { recorder } from "../support.mjs";

/// Bytes of a request; what a scenario does not say is what a browser would say.
export function request_bytes(target, options = {}) {
    const { method = "GET", version = "1.1", headers = {}, body } = options;
    const lines = [`${method} ${target} HTTP/${version}`];
    const all = { Host: "localhost", ...headers };
    if (body !== undefined && !/content-length|transfer-encoding/i.test(Object.keys(all).join())) {
        all["Content-Length"] = Buffer.byteLength(body);
    }
    for (const [name, value] of Object.entries(all)) {
        for (const one of Array.isArray(value) ? value : [value]) {
            if (one !== undefined) {
                lines.push(`${name}: ${one}`);
            }
        }
    }
    const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    return Buffer.concat([head, Buffer.from(body ?? "")]);
}

/// One chunk and the end of a body in chunked coding.
export const chunked = (text) =>
    `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;

export class http_link {
    buffer = Buffer.alloc(0);
    /// Whether the server has ended the connection, in whatever way.
    over = false;
    /// Whether it has said that it will.
    closing = false;
    interim = [];
    #progress = new recorder();

    constructor(port) {
        this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
        this.socket.on("data", (bytes) => {
            this.buffer = Buffer.concat([this.buffer, bytes]);
            this.#progress.poke();
        });
        for (const event of ["end", "close", "error"]) {
            this.socket.on(event, () => {
                this.over = true;
                this.#progress.poke();
            });
        }
    }

    /// Resolves when the bytes are with the kernel, or can no longer be.
    write(bytes) {
        return new Promise((resolve) => this.socket.write(bytes, resolve));
    }

    request(target, options) {
        this.method = options?.method ?? "GET";
        return this.write(request_bytes(target, options));
    }

    /// Returns when `condition` holds or the server has ended the connection.
    until(condition) {
        return this.#progress.until(() => condition() || this.over);
    }

    /// The next final answer as `{status, headers, body}`, or undefined where the connection ended before.
    async response(method = this.method) {
        let reply;
        await this.until(() => (reply = this.#parse(method)) !== undefined);
        reply ??= this.#parse(method);
        this.closing = reply?.headers.connection === "close";
        return reply;
    }

    #parse(method) {
        const end = this.buffer.indexOf("\r\n\r\n");
        if (end < 0) {
            return undefined;
        }
        const [first, ...lines] = this.buffer.toString("latin1", 0, end).split("\r\n");
        const status = Number(/^HTTP\/1\.[01] (\d{3})( |$)/.exec(first)?.[1]);
        const headers = {};
        for (const line of lines) {
            const colon = line.indexOf(":");
            const name = line.slice(0, colon).toLowerCase();
            const value = line.slice(colon + 1).trim();
            headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
        }
        if (status === 100) {
            this.interim.push(status);
            this.buffer = this.buffer.subarray(end + 4);
            return this.#parse(method);
        }
        const body = this.#body(end + 4, method === "HEAD" || status === 101 || status === 204, headers);
        return body && { status, headers, body };
    }

    #body(begin, empty, headers) {
        const taken = (from, until, next = until) => {
            const bytes = this.buffer.subarray(from, until);
            this.buffer = this.buffer.subarray(next);
            return bytes;
        };
        if (empty) {
            return taken(begin, begin);
        }
        if (headers["content-length"] !== undefined) {
            const until = begin + Number(headers["content-length"]);
            return this.buffer.length < until ? undefined : taken(begin, until);
        }
        if (/chunked/.test(headers["transfer-encoding"])) {
            return this.#chunks(begin);
        }
        return this.over ? taken(begin, this.buffer.length) : undefined;
    }

    #chunks(begin) {
        const parts = [];
        for (let at = begin; ; ) {
            const line = this.buffer.indexOf("\r\n", at);
            const size = line < 0 ? NaN : parseInt(this.buffer.toString("latin1", at, line), 16);
            const until = line + 2 + size;
            if (!(this.buffer.length >= until + 2)) {
                return undefined;
            }
            if (size === 0) {
                this.buffer = this.buffer.subarray(until + 2);
                return Buffer.concat(parts);
            }
            parts.push(this.buffer.subarray(line + 2, until));
            at = until + 2;
        }
    }

    /// Ends our side only.
    end() {
        this.socket.end();
    }

    /// Ends the connection as a process does that dies.
    reset() {
        this.socket.resetAndDestroy();
    }

    async destroy() {
        if (!this.socket.destroyed) {
            this.socket.destroy();
            await once(this.socket, "close");
        }
    }
}
