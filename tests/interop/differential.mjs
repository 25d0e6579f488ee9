// SPDX-License-Identifier: BSL-1.0
// The same requests and packets, byte for byte, to cosio and to npm's socket.io under equal options; what is seen is
// compared field by field. docs/differences.md lists what may differ, and has to: neither an unlisted difference nor a
// listed one that no longer occurs passes.
//   node differential.mjs --bin <folder of cosio's servers> [--only <regular expression>] [--list] [--shards N]
// --list prints the table's rows as they would have to be; with --only some of the scenarios. --shards: threads of ours.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { difference, read_table, row_text } from "./differential/table.mjs";
import { trial } from "./differential/trial.mjs";
import { scenarios } from "./differential/scenarios.mjs";
import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        bin: { type: "string" },
        only: { type: "string", default: "" },
        list: { type: "boolean", default: false },
        shards: { type: "string", default: "1" },
        table: { type: "string", default: join(import.meta.dirname, "../../docs/differences.md") },
    },
});
if (!options.bin) {
    console.error("usage: differential.mjs --bin <folder> [--only <regular expression>] [--list] [--shards N] [--table <file>]");
    process.exit(2);
}

const deadline_ms = 30_000;

/// Pairs of servers with equal options; CONTRACT.md and reference_server.mjs say which.
const kinds = {
    contract: { ours: "cosio_interop_server", theirs: "reference_server.mjs", extra: [] },
    msgpack: { ours: "cosio_interop_server", theirs: "reference_server.mjs", extra: ["--codec", "msgpack"] },
    deflate: { ours: "cosio_interop_server", theirs: "reference_server.mjs", extra: ["--deflate", "context"] },
    legacy: { ours: "cosio_interop_server", theirs: "reference_server.mjs", extra: ["--eio3"] },
    conformance: { ours: "cosio_conformance_server", theirs: "reference_server.mjs --conformance", extra: [] },
    recovery: { ours: "cosio_recovery_server", theirs: "reference_recovery.mjs", extra: ["--away", "60000"] },
};

const table = read_table(options.table);
const chosen = scenarios.filter(({ name }) => new RegExp(options.only).test(name));

/// What the scenario sees at one server; that it comes to no end is seen, too.
async function observe(scenario, server) {
    const current = new trial(server, scenario, Number(options.shards));
    const gone = server.exited.then((status) => {
        throw new Error(`the server ended with ${status}`);
    });
    gone.catch(() => {});
    try {
        await within(
            deadline_ms,
            Promise.race([scenario.run(current), gone]),
            () => `nothing within ${deadline_ms / 1000} s`,
        );
    } catch (error) {
        current.note("fault", error.message);
    }
    await current.finish();
    return current.seen;
}

/// The difference of the scenario. Where this process itself was too slow for the heartbeats, once more.
async function compare(scenario, servers, context) {
    for (let attempt = 1; ; ++attempt) {
        const delay = monitorEventLoopDelay({ resolution: 5 });
        delay.enable();
        const [theirs, ours] = await Promise.all(servers.map((server) => observe(scenario, server)));
        delay.disable();
        const found = difference(scenario.name, theirs, ours);
        const { reason, ...expected } = table.find((row) => row.scenario === scenario.name) ?? {};
        const wanted = expected.scenario ? row_text(expected) : row_text();
        if (row_text(found) === wanted || delay.max < 100e6 || attempt === 3) {
            return { theirs, found, wanted, reason };
        }
        context.diagnostic(`attempt ${attempt}: this process stood still for ${delay.max / 1e6} ms`);
    }
}

function define(scenario, servers) {
    test(scenario.name, async (context) => {
        const { theirs, found, wanted, reason } = await compare(scenario, servers(), context);
        assert.equal(theirs.fault, undefined, "the scenario has no end at npm's server");
        assert.notEqual(Object.keys(theirs).length, 0, "the scenario looks at nothing");
        if (!options.list) {
            assert.equal(row_text(found), wanted, "the difference found, and the one that is listed");
        } else if (found) {
            console.log(row_text({ ...found, reason: reason ?? "?" }));
        }
    });
}

for (const [kind, { ours, theirs, extra }] of Object.entries(kinds)) {
    const of_kind = chosen.filter((scenario) => scenario.kind === kind);
    if (of_kind.length === 0) {
        continue;
    }
    describe(kind, () => {
        const servers = [];
        before(async () => {
            // The server of the conformance suites has one shard.
            const shards = kind === "conformance" ? [] : ["--shards", options.shards];
            for (const [command, more] of [
                [`'${process.execPath}' ${theirs}`, []],
                [`'${join(options.bin, ours)}'`, shards],
            ]) {
                servers.push(await server_process.start(command, [...extra, ...more], deadline_ms));
            }
        });
        after(() => servers.forEach(({ child }) => child.kill("SIGKILL")));

        const [slow, quick] = [of_kind.filter((each) => each.slow), of_kind.filter((each) => !each.slow)];
        quick.forEach((scenario) => define(scenario, () => servers));
        describe("what waits", { concurrency: true }, () =>
            slow.forEach((scenario) => define(scenario, () => servers)));
        test("our server has survived it, and ends with status 0", async () => {
            assert.equal(await servers[1].stop(deadline_ms), 0);
        });
    });
}

test("names of scenarios are unique, and the table has none but these", () => {
    const names = scenarios.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
    const listed = table.map(({ scenario }) => scenario);
    assert.deepEqual(listed, [...new Set(listed)]);
    assert.deepEqual(listed.filter((name) => !names.includes(name)), []);
    assert.deepEqual(table.filter(({ reason }) => !/\w/.test(reason)), [], "rows without a reason");
    assert.ok(scenarios.every(({ kind }) => kind in kinds));
});
