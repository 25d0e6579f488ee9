// SPDX-License-Identifier: BSL-1.0
// Latency in open loop, from the time at which each message was due, at parts of the rate that saturates the server:
// that rate is measured just before, on the same process.
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
const visit_seconds = (server, pace) => once(server, pace) * (1 + percents.length);

async function visit(bench, server, title, pace) {
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
        return { saturation, loads };
    });
    bench.progress.done(visit_seconds(server, pace) - spent);
    return found;
}

function finish(visits) {
    if (visits.length === 0) return null;
    return {
        saturation: summarize(visits.map(({ saturation }) => saturation.messages_per_second)),
        loads: percents.map((percent, at) => {
            const runs = visits.map(({ loads }) => loads[at]);
            const of_all = (of) => summarize(runs.map(of));
            return {
                percent,
                asked: of_all(({ rate }) => rate.asked),
                achieved: of_all(({ rate }) => rate.achieved),
                latency_us: Object.fromEntries(
                    percentiles.map((name) => [name, of_all(({ latency_us }) => latency_us[name])]),
                ),
                driver_late_p99_us: of_all(({ rate }) => rate.driver_late_us?.p99),
                driver_was_the_limit: median(runs.map((run) => run.driver_cpu_percent)) > saturated_percent,
                runs,
            };
        }),
    };
}

export const latency = {
    id: "latency",
    expect(bench, pace) {
        for (const server of bench.servers) bench.progress.expect(visit_seconds(server, pace) * pace.rounds);
    },
    async measure(bench, pace) {
        const visits = Object.fromEntries(bench.servers.map(({ id }) => [id, []]));
        for (let round = 0; round < pace.rounds; ++round) {
            for (const server of order_of(bench.servers, round)) {
                const found = await visit(bench, server, `latency, round ${round + 1} of ${pace.rounds}`, pace);
                if (found) visits[server.id].push(found);
            }
        }
        return {
            ...{ clients, percents },
            servers: Object.fromEntries(bench.servers.map(({ id }) => [id, finish(visits[id])])),
        };
    },
};
