// SPDX-License-Identifier: BSL-1.0
// How the cost of one message, delivery or membership grows with what a server holds.
import { most_connections } from "../machine.mjs";
import { growth, summarize } from "../statistics.mjs";

const cpu = (run) => run.server_cpu_us_per_message;
const per_membership = (run) => run.server_cpu_us_per_membership;

const connections = [10, 100, 1000, 10_000, 19_000];
const memberships = [1, 10, 100, 1000];
const points = (values, load) => values.map((x) => ({ x, load: load(x) }));

// Rooms of ten members that are spoken to; and rooms of one each beside them, so that all are not spoken to.
const ten_each = (rooms) => ["broadcast", "--clients", 10 * rooms, "--rooms", rooms, "--depth", 1];
const silent = (memberships) => ({
    x: 100 + 1000 * memberships,
    load: [...ten_each(100), "--memberships", memberships],
});

export const curves = [
    {
        id: "connections",
        title: "Echo, by connections",
        x_label: "connections, 1 message in flight each",
        per: "message",
        of: cpu,
        points: points(connections, (n) => ["echo", "--clients", n, "--depth", 1]),
    },
    {
        id: "broadcast",
        title: "Broadcast, by recipients",
        x_label: "recipients",
        per: "delivery",
        of: cpu,
        points: points(connections, (n) => ["broadcast", "--clients", n, "--depth", 1]),
    },
    {
        id: "rooms",
        title: "Events to rooms of ten, by rooms",
        x_label: "rooms on the server",
        per: "delivery",
        of: cpu,
        points: [...points([1, 10, 100], ten_each), ...[1, 10, 100].map(silent)],
    },
    {
        id: "memberships",
        title: "Events to rooms of ten, by memberships",
        x_label: "rooms that each of 100 sockets is in",
        per: "delivery",
        of: cpu,
        points: points(memberships, (n) => [...ten_each(10), "--memberships", n - 1]),
    },
    {
        id: "join-leave",
        title: "Join and leave, by memberships",
        x_label: "rooms that each of 100 sockets is in",
        per: "join and leave",
        of: cpu,
        points: points(memberships, (n) => ["membership", "--clients", 100, "--depth", 1, "--memberships", n]),
    },
    {
        id: "disconnect",
        title: "Connect, join all, disconnect",
        x_label: "rooms that a socket joins",
        per: "membership, with its part of the connection",
        of: per_membership,
        points: points(memberships, (n) => ["membership", "--disconnect", "--depth", 8, "--memberships", n]),
    },
];

const clients_of = (load) => (load.includes("--clients") ? Number(load[load.indexOf("--clients") + 1]) : 0);

/// What this machine's limit of descriptors permits.
function cases() {
    const most = most_connections();
    return curves.flatMap((curve) =>
        curve.points
            .filter(({ load }) => clients_of(load) <= most)
            .map((point) => ({ ...point, curve, title: `${curve.title.toLowerCase()}, ${point.x}` })),
    );
}

function finish(curve, measured, servers) {
    const found = measured
        .filter((one) => one.curve === curve)
        .map(({ x, load, runs }) => ({
            ...{ x, load },
            values: Object.fromEntries(servers.map(({ id }) => [id, summarize(runs[id].map(curve.of))])),
            runs,
        }));
    const exponent = ({ id }) => growth(found.map(({ x, values }) => [x, values[id]?.median]));
    const { id, title, x_label, per } = curve;
    return {
        ...{ id, title, x_label, per, unit: "us" },
        points: found,
        growth: Object.fromEntries(servers.map((server) => [server.id, exponent(server)])),
    };
}

export const scale = {
    id: "scale",
    expect: (bench, pace) => bench.expect_rounds(cases(), pace),
    async measure(bench, pace) {
        const measured = cases();
        await bench.rounds(measured, pace);
        return { curves: curves.map((curve) => finish(curve, measured, bench.servers)) };
    },
};
