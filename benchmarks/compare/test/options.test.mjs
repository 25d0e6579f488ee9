// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { read_options, usage, usage_error } from "../options.mjs";

const refuses = (argv, why) => assert.throws(() => read_options(argv), (error) => error instanceof usage_error && why.test(error.message));

test("everything is measured on all servers", () => {
    const options = read_options([]);
    assert.deepEqual(options.sections, ["table", "scale", "latency", "hold", "clients"]);
    assert.deepEqual(options.servers, ["node", "bun", "cosio"]);
    assert.equal(options.pace.table.rounds, 5);
});

test("--quick is the table alone", () => assert.deepEqual(read_options(["--quick"]).sections, ["table"]));

test("--quick with --only is that section, quickly", () => {
    const options = read_options(["--quick", "--only", "scale"]);
    assert.deepEqual(options.sections, ["scale"]);
    assert.equal(options.pace.scale.rounds, 1);
});

test("lists keep their own order", () => {
    assert.deepEqual(read_options(["--only", "hold,table"]).sections, ["table", "hold"]);
    assert.deepEqual(read_options(["--servers", "cosio,node"]).servers, ["node", "cosio"]);
});

test("rounds, seconds and warm-up are for every section", () => {
    const { pace } = read_options(["--rounds", "2", "--seconds", "0.5", "--warmup", "0"]);
    for (const one of Object.values(pace)) assert.deepEqual(one, { rounds: 2, seconds: 0.5, warmup: 0 });
});

test("what makes no sense is refused", () => {
    refuses(["--rounds", "0"], /--rounds: 0 is out of range/);
    refuses(["--rounds", "1.5"], /--rounds/);
    refuses(["--seconds", "x"], /--seconds: x/);
    refuses(["--seconds", ""], /--seconds/);
    refuses(["--warmup", "-1"], /--warmup/);
    refuses(["--only", "nothing"], /nothing is not one of table, scale/);
    refuses(["--only", ""], /is needed/);
    refuses(["--servers", "deno"], /deno is not one of/);
    refuses(["--codec", "xml"], /--codec/);
    refuses(["--quik"], /quik/);
    refuses(["stray"], /stray/);
});

test("the usage tells every option", () => {
    for (const name of ["quick", "only", "servers", "rounds", "seconds", "warmup", "codec", "bin", "out", "title", "help"]) {
        assert.match(usage, new RegExp(`^  --${name}\\b`, "m"));
    }
});
