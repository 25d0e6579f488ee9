// SPDX-License-Identifier: BSL-1.0
// Servers and a driver that are a few lines each.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bench } from "../bench.mjs";
import { client_bench } from "../sections/clients.mjs";

const script = (code) => [process.execPath, "-e", code, "--"];
const serving = 'console.log("listening"); setInterval(() => {}, 1000);';
const servers = {
    good: { id: "good", label: "Good", command: script(`${serving} process.on("SIGTERM", () => process.exit(0));`) },
    compiling: {
        ...{ id: "compiling", label: "Compiling", compiles: true },
        command: script(`${serving} process.on("SIGTERM", () => process.exit(0));`),
    },
    mute: { id: "mute", label: "Mute", command: script('console.error("no port"); process.exit(1);') },
    rude: { id: "rude", label: "Rude", command: script(`${serving} process.on("SIGTERM", () => process.exit(3));`) },
    absent: { id: "absent", label: "Absent", missing: "it is not there" },
};
const driver = script("console.log(JSON.stringify({ args: process.argv.slice(1) }))");

function watched() {
    const told = [];
    return {
        ...{ told, began: [], expected: 0, spent: 0 },
        expect(seconds) { this.expected += seconds; },
        begin(text) { this.began.push(text); },
        done(seconds) { this.spent += seconds; },
        say: (line) => told.push(line),
    };
}

function make(ids, with_driver = driver) {
    const progress = watched();
    const made = new bench({ servers: ids.map((id) => servers[id]), cores: null, progress, bin: "", codec: "json" });
    made.driver = with_driver;
    return { made, progress };
}

const pace = { rounds: 2, seconds: 1, warmup: 2 };
const cases = () => [{ title: "echo", load: ["echo", "--clients", 200] }];

test("the servers take turns, and the next one begins the next round", async () => {
    const { made, progress } = make(["good", "compiling", "absent"]);
    const [one] = [cases()];
    made.expect_rounds(one, pace);
    await made.rounds(one, pace);
    assert.deepEqual(progress.began, [
        "echo: Good, round 1 of 2",
        "echo: Compiling, round 1 of 2",
        "echo: Compiling, round 2 of 2",
        "echo: Good, round 2 of 2",
    ]);
    assert.deepEqual(Object.keys(one[0].runs), ["good", "compiling"]);
    assert.deepEqual(Object.values(one[0].runs).map((runs) => runs.length), [2, 2]);
    assert.ok(Math.abs(progress.expected - progress.spent) < 1e-9);
    assert.deepEqual(made.failures, []);
});

test("the driver is told the load, the server, and a warm-up for those that compile", async () => {
    const { made } = make(["good", "compiling"]);
    const one = cases();
    await made.rounds(one, { ...pace, rounds: 1 });
    const args = (id) => one[0].runs[id][0].args.join(" ");
    assert.match(
        args("good"),
        /^echo --clients 200 --url http:\/\/127\.0\.0\.1:\d+ --pid \d+ --codec json --seconds 1 --warmup 0\.5 --json - --no-progress$/,
    );
    assert.match(args("compiling"), /--warmup 2 /);
});

test("a server that does not start is told, the others are measured", async () => {
    const { made, progress } = make(["mute", "good"]);
    const one = cases();
    await made.rounds(one, { ...pace, rounds: 1 });
    assert.deepEqual(one[0].runs.mute, []);
    assert.equal(one[0].runs.good.length, 1);
    const why = "the server did not start: no port";
    assert.deepEqual(made.failures, [{ title: "echo", server: "mute", why }]);
    assert.deepEqual(progress.told, [`echo, Mute: ${why}`]);
});

test("a server that ends badly has no value", async () => {
    const { made } = make(["rude"]);
    const one = cases();
    await made.rounds(one, { ...pace, rounds: 1 });
    assert.deepEqual(one[0].runs.rude, []);
    assert.equal(made.failures[0].why, "the server ended with 3: no word");
});

test("a driver that fails says why in its last line", async () => {
    const { made } = make(["good"], script('console.error("first\\nnothing came back"); process.exit(1);'));
    const one = cases();
    await made.rounds(one, { ...pace, rounds: 1 });
    assert.deepEqual(one[0].runs.good, []);
    assert.equal(made.failures[0].why, "nothing came back");
});

test("clients are measured in turn, each by its own driver", async () => {
    const progress = watched();
    const of = { cores: null, progress, bin: "/bin", codec: "json", failures: [] };
    const known = ["node", "bun", "cosio"].map((id) => ({ ...servers.good, id, label: id }));
    const made = new client_bench({ ...of, servers: known });
    assert.deepEqual(made.servers.map(({ id, command, driver: [program] }) => [id, command[0], program]), [
        ["node", "/bin/cosio_bench_server", process.execPath],
        ["cosio", "/bin/cosio_bench_server", "/bin/cosio_clients"],
    ]);
    for (const one of made.servers) Object.assign(one, { command: servers.good.command, driver });
    const measured = cases();
    await made.rounds(measured, { ...pace, rounds: 1 });
    assert.deepEqual(Object.keys(measured[0].runs), ["node", "cosio"]);
    assert.match(
        measured[0].runs.node[0].args.join(" "),
        /^echo --clients 200 --url http:\/\/127\.0\.0\.1:\d+ --codec json --seconds 1 --warmup 0\.5$/,
    );
    assert.deepEqual(made.failures, []);
});
