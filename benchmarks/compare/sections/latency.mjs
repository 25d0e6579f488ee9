// SPDX-License-Identifier: BSL-1.0
// Latency in open loop, from the time at which each message was due, at parts of the rate that saturates the server:
// that rate is measured just before, on the same process. And all at one rate, which is the highest of Node's.
import { saturated_percent, expected_seconds, order_of } from "../bench.mjs";
import { median, summarize } from "../statistics.mjs";

const percents = [25, 50, 75];
const clients = 200;
// Far more than may wait at these rates: a server that stalls is charged for all that was due meanwhile.
const waiting = 256;

const saturating = ["echo", "--clients", clients, "--depth", 8];
const at_rate = (rate) => ["echo", "--clients", clients, "--depth", waiting, "--rate", Math.max(1, Math.round(rate))];

export const percentiles = ["p50", "p90", "p99", "p999", "max"];

const once = (server, pace) => expected_seconds(server, { load: saturating }, pace);
const shares_rate = (server, with_node) => with_node && server.id !== "node";
const visit_seconds = (server, pace, with_node) =>
    once(server, pace) * (1 + percents.length + (shares_rate(server, with_node) ? 1 : 0));

/// Node sets the rate that all have in common: it is the first of a round, the others take turns.
function in_turn(servers, round) {
    const others = servers.filter(({ id }) => id !== "node");
    return [...servers.filter(({ id }) => id === "node"), ...(others.length > 0 ? order_of(others, round) : [])];
}

const has_node = ({ servers }) => servers.some(({ id }) => id === "node");

/// `common_rate` is null for Node itself, and where Node has given none.
async function visit(bench, server, title, pace, common_rate) {
    let spent = 0;
    const run = async (started, load, what) => {
        bench.progress.begin(`${title}: ${server.label}, ${what}`);
        const report = await bench.load(started, load, pace);
        bench.progress.done(once(server, pace));
        spent += once(server, pace);
        return report;
    };
    const found = await bench.with_server(server, { title }, async (started) => {
        const saturation = await run(started, saturating, "saturation");
        const loads = [];
        for (const percent of percents) {
            const load = at_rate((saturation.messages_per_second * percent) / 100);
            loads.push({ percent, ...(await run(started, load, `${percent} % of it`)) });
        }
        if (server.id === "node") return { saturation, loads, same: loads.at(-1) };
        if (common_rate === null) return { saturation, loads, same: null };
        return { saturation, loads, same: await run(started, at_rate(common_rate), "Node's rate") };
    });
    bench.progress.done(visit_seconds(server, pace, has_node(bench)) - spent);
    return found;
}

function finish_load(runs) {
    const of_all = (of) => summarize(runs.map(of));
    return {
        asked: of_all(({ rate }) => rate.asked),
        achieved: of_all(({ rate }) => rate.achieved),
        latency_us: Object.fromEntries(
            percentiles.map((name) => [name, of_all(({ latency_us }) => latency_us[name])]),
        ),
        driver_late_p99_us: of_all(({ rate }) => rate.driver_late_us?.p99),
        driver_was_the_limit: median(runs.map((run) => run.driver_cpu_percent)) > saturated_percent,
        runs,
    };
}

/// `same` is null where Node, which sets the rate, was not measured.
function finish(visits) {
    if (visits.length === 0) return null;
    const same = visits.map((visit) => visit.same).filter((run) => run !== null);
    return {
        saturation: summarize(visits.map(({ saturation }) => saturation.messages_per_second)),
        loads: percents.map((percent, at) => ({ percent, ...finish_load(visits.map(({ loads }) => loads[at])) })),
        same: same.length > 0 ? finish_load(same) : null,
    };
}

export const latency = {
    id: "latency",
    expect(bench, pace) {
        for (const server of bench.servers) {
            bench.progress.expect(visit_seconds(server, pace, has_node(bench)) * pace.rounds);
        }
    },
    async measure(bench, pace) {
        const visits = Object.fromEntries(bench.servers.map(({ id }) => [id, []]));
        for (let round = 0; round < pace.rounds; ++round) {
            let common_rate = null;
            for (const server of in_turn(bench.servers, round)) {
                const title = `latency, round ${round + 1} of ${pace.rounds}`;
                const found = await visit(bench, server, title, pace, common_rate);
                if (!found) continue;
                visits[server.id].push(found);
                if (server.id === "node") common_rate = found.same.rate.asked;
            }
        }
        return {
            ...{ clients, percents },
            servers: Object.fromEntries(bench.servers.map(({ id }) => [id, finish(visits[id])])),
        };
    },
};
