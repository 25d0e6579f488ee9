// SPDX-License-Identifier: BSL-1.0
// Node's own TLS against a server that writes its certificate down.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { io } from "socket.io-client";
import { define, scenario } from "./support.mjs";

const target = "/socket.io/?EIO=4&transport=polling";

class https_scenario extends scenario {
    /// Status, body and socket of a GET.
    async get(more = {}, client = https) {
        const options = { host: "127.0.0.1", port: this.server.port, path: target };
        const request = client.get({ ...options, ...this.server.trust, ...more });
        const [response] = await once(request, "response");
        const body = (await response.toArray()).join("");
        return { status: response.statusCode, body, socket: request.socket };
    }

    /// A TLS connection without HTTP on it.
    async connect(more = {}) {
        const options = { host: "127.0.0.1", port: this.server.port };
        const socket = tls.connect({ ...options, ...this.server.trust, ...more });
        this.cleanup(() => socket.destroy());
        await once(socket, "secureConnect");
        return socket;
    }
}

const tests = {
    async "answers, and keeps the connection for the next request"(t) {
        const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
        t.cleanup(() => agent.destroy());
        const first = await t.get({ agent });
        assert.equal(first.status, 200);
        assert.match(first.body, /^0\{"sid":/);
        const second = await t.get({ agent });
        assert.equal(second.status, 200);
        assert.equal(second.socket, first.socket);
    },

    async "is trusted by name and by address, and by nobody without its certificate"(t) {
        assert.equal((await t.get({ servername: "localhost" })).status, 200);
        await assert.rejects(t.get({ servername: "example.org" }), {
            code: "ERR_TLS_CERT_ALTNAME_INVALID",
        });
        await assert.rejects(t.get({ ca: [] }), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
        const socket = io(t.server.url(), { reconnection: false, transports: ["websocket"] });
        t.cleanup(() => socket.disconnect());
        await new Promise((resolve) => socket.once("connect_error", resolve));
        assert.equal(socket.connected, false);
    },

    async "speaks TLS 1.3 and 1.2, and http/1.1 over both"(t) {
        for (const version of ["TLSv1.3", "TLSv1.2"]) {
            const ALPNProtocols = ["h2", "http/1.1"];
            const socket = await t.connect({ maxVersion: version, ALPNProtocols });
            assert.equal(socket.getProtocol(), version);
            assert.equal(socket.alpnProtocol, "http/1.1");
        }
        await assert.rejects(t.connect({ ALPNProtocols: ["h2"] }), {
            code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        });
        const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" };
        await assert.rejects(t.connect({ ...old, ciphers: "DEFAULT@SECLEVEL=0" }), {
            code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
        });
    },

    async "resumes a session"(t) {
        const first = await t.connect();
        const [session] = await once(first, "session");
        const second = await t.connect({ session });
        assert.equal(first.isSessionReused(), false);
        assert.equal(second.isSessionReused(), true);
    },

    async "ends a connection on which plain HTTP is spoken"(t) {
        await assert.rejects(t.get({}, http), { code: "ECONNRESET" });
    },

    async "says goodbye at the end"(t) {
        const socket = await t.connect();
        socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        const answer = (await socket.toArray()).join("");
        assert.match(answer, /^HTTP\/1\.1 200 [^]*0\{"sid":/);
    },
};

export function define_https_tests(server, deadline_ms) {
    for (const [name, body] of Object.entries(tests)) {
        const make = () => new https_scenario(server());
        define(name, { label: "node:https", make, deadline_ms }, body);
    }
}
