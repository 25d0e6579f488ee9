// SPDX-License-Identifier: BSL-1.0
// All scenarios: `{name, kind, path, slow, run}`. Names begin with the statement of the protocol that they are about.
import { acknowledgements, binaries, events } from "./events.mjs";
import { cors, handshakes, paths } from "./handshake.mjs";
import { closing, heartbeats } from "./heartbeat.mjs";
import { malformed, methods } from "./http.mjs";
import { connections, namespaces } from "./connect.mjs";
import { delivery, msgpack, recovery } from "./delivery.mjs";
import { legacy } from "./legacy.mjs";
import { limits, offers } from "./limits.mjs";
import { payloads, requests } from "./polling.mjs";
import { probes } from "./upgrade.mjs";
import { frames, messages, refusals } from "./websocket.mjs";

const with_defaults = (group, defaults = {}) =>
    Object.entries(group).map(([name, entry]) => {
        const { run, ...more } = typeof entry === "function" ? { run: entry } : entry;
        return { name, kind: "contract", path: "/socket.io/", slow: false, ...defaults, ...more, run };
    });

const bare_engine = { kind: "conformance", path: "/engine.io/" };

export const scenarios = [
    ...with_defaults(handshakes),
    ...with_defaults(paths),
    ...with_defaults(cors, { kind: "conformance" }),
    ...with_defaults(methods),
    ...with_defaults(malformed),
    ...with_defaults(payloads, bare_engine),
    ...with_defaults(requests),
    ...with_defaults(refusals),
    ...with_defaults(frames, bare_engine),
    ...with_defaults(messages, bare_engine),
    ...with_defaults(probes),
    ...with_defaults(heartbeats, { slow: true }),
    ...with_defaults(closing),
    ...with_defaults(connections),
    ...with_defaults(namespaces),
    ...with_defaults(events),
    ...with_defaults(acknowledgements),
    ...with_defaults(binaries),
    ...with_defaults(delivery),
    ...with_defaults(limits),
    ...with_defaults(offers, { kind: "deflate" }),
    ...with_defaults(recovery, { kind: "recovery" }),
    ...with_defaults(msgpack, { kind: "msgpack" }),
    ...with_defaults(legacy, { kind: "legacy" }),
];
