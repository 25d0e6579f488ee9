// SPDX-License-Identifier: BSL-1.0
// The table that cosio is held to: eight kinds of work, what they cost on the machine where the targets were set,
// and the targets. Microseconds of the server's CPU, but for the memory, which is in KB of 1000 bytes.

const cpu = (run) => run.server_cpu_us_per_message;
const kb_per_client = (run) => run.memory_kib.rss.after_per_client * 1.024;

export const rows = [
    {
        id: "echo-1",
        name: "echo, 200 clients, 1 in flight",
        unit: "us",
        per: "message",
        load: ["echo", "--clients", 200, "--depth", 1],
        of: cpu,
        reference: { node: 20.8, bun: 9.5, uws: 6.5, target: 6.5 },
    },
    {
        id: "echo-8",
        name: "echo, 200 clients, 8 in flight",
        unit: "us",
        per: "message",
        load: ["echo", "--clients", 200, "--depth", 8],
        of: cpu,
        reference: { node: 13.5, bun: 3.9, uws: 0.99, target: 1.3 },
    },
    {
        id: "ack-8",
        name: "ack, 200 clients, 8 in flight",
        unit: "us",
        per: "message",
        load: ["ack", "--clients", 200, "--depth", 8],
        of: cpu,
        reference: { node: 13.4, bun: 4.6, uws: null, target: 1.3 },
    },
    {
        id: "broadcast-1",
        name: "broadcast to 1000, 1 in flight",
        unit: "us",
        per: "delivery",
        load: ["broadcast", "--clients", 1000, "--depth", 1],
        of: cpu,
        reference: { node: 16.3, bun: 9.8, uws: 7.8, target: 7.5 },
    },
    {
        id: "broadcast-8",
        name: "broadcast to 1000, 8 in flight",
        unit: "us",
        per: "delivery",
        load: ["broadcast", "--clients", 1000, "--depth", 8],
        of: cpu,
        reference: { node: 10.1, bun: 8.3, uws: 0.85, target: 0.8 },
    },
    {
        id: "polling",
        name: "long-polling echo, 200 clients",
        unit: "us",
        per: "GET and POST",
        load: ["polling", "--clients", 200],
        of: cpu,
        reference: { node: 106, bun: 63, uws: null, target: 15 },
    },
    {
        id: "connect",
        name: "WebSocket connect, join, leave",
        unit: "us",
        per: "connection",
        load: ["connect", "--depth", 32],
        of: cpu,
        reference: { node: 284, bun: 119, uws: 44, target: 50 },
    },
    {
        id: "idle",
        name: "memory of an idle client",
        unit: "KB",
        per: "client",
        load: ["idle", "--clients", 10_000],
        of: kb_per_client,
        reference: { node: 18.7, bun: 13.8, uws: 0.46, target: 1.75 },
    },
];

export { kb_per_client };
