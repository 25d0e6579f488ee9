// SPDX-License-Identifier: BSL-1.0
// One measurement, and rounds of them: a fresh server for each, the servers in turn, the order changing by round.
import { failure, make_certificate, run_driver, start_server, stop_server } from "./processes.mjs";

// A driver this busy limits the throughput and the latency that it measures, not the server's CPU per message.
export const saturated_percent = 95;

/// Starting, joining and ending, in seconds: a guess for the time that is left.
const overhead = 0.6;
// What was compiled before it started reaches its pace with its first messages.
export const warmup_of = (server, warmup) => (server.compiles ? warmup : Math.min(warmup, 0.5));
const joining = (load, secure) => {
    const at = load.indexOf("--clients");
    return at < 0 ? 0 : Number(load[at + 1]) / (secure ? 700 : 3000);
};

/// Round 0 has them as they are, each next round begins with another server.
export function order_of(servers, round) {
    const first = round % servers.length;
    return [...servers.slice(first), ...servers.slice(0, first)];
}

export const expected_seconds = (server, { load, secure = false }, { seconds, warmup }) =>
    overhead + joining(load, secure) + seconds + warmup_of(server, warmup);

export class bench {
    constructor({ servers, cores, progress, bin, codec }) {
        this.servers = servers.filter(({ missing }) => !missing);
        this.cores = cores ?? { server: null, driver: null };
        this.progress = progress;
        this.bin = bin;
        this.driver = [`${bin}/cosio_load`];
        this.codec = codec;
        this.failures = [];
    }

    /// One certificate for all runs. Throws where openssl is missing.
    tls() {
        this.certificate ??= make_certificate();
        if (this.certificate === null) throw new failure("openssl, which makes the certificate, is missing");
        return this.certificate;
    }

    /// Calls `use` with a fresh server. Null if that or the server failed, which is noted.
    async with_server(server, { title, secure = false }, use) {
        let started = null;
        try {
            started = await start_server(server, this.cores.server, {
                codec: this.codec,
                tls: secure ? this.tls() : null,
            });
            const found = await use(started);
            const { child } = started;
            started = null;
            await stop_server(child);
            return found;
        } catch (error) {
            if (!(error instanceof failure)) throw error;
            this.failures.push({ title, server: server.id, why: error.message });
            this.progress.say(`${title}, ${server.label}: ${error.message}`);
            return null;
        } finally {
            started?.child.kill("SIGKILL");
        }
    }

    /// The driver's report on one load.
    async load(started, load, { seconds, warmup: longest }) {
        const warmup = warmup_of(started.server, longest);
        const args = [
            ...load,
            ...["--url", started.url, "--pid", started.child.pid, "--codec", this.codec],
            ...["--seconds", seconds, "--warmup", warmup, "--json", "-", "--no-progress"],
        ];
        return await run_driver(this.driver, args, this.cores.driver, seconds + warmup + 180);
    }

    /// Fills `runs[server.id]` of each case with what the driver reported, round by round.
    async rounds(cases, pace) {
        for (const one of cases) one.runs = Object.fromEntries(this.servers.map(({ id }) => [id, []]));
        for (let round = 0; round < pace.rounds; ++round) {
            for (const one of cases) {
                for (const server of order_of(this.servers, round)) {
                    this.progress.begin(`${one.title}: ${server.label}, round ${round + 1} of ${pace.rounds}`);
                    const run = await this.with_server(server, one, (started) => this.load(started, one.load, pace));
                    if (run) one.runs[server.id].push(run);
                    this.progress.done(expected_seconds(server, one, pace));
                }
            }
        }
    }

    expect_rounds(cases, pace) {
        for (const server of this.servers) {
            const once = cases.reduce((sum, one) => sum + expected_seconds(server, one, pace), 0);
            this.progress.expect(once * pace.rounds);
        }
    }
}
