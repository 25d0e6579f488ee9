// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { align, duration_us, minutes, number, range, ratio, short_count } from "../format.mjs";

test("numbers have three significant digits", () => {
    assert.deepEqual([0.4251, 1.3, 15.26, 206.4].map(number), ["0.425", "1.30", "15.3", "206"]);
    assert.deepEqual([0.9996, 9.996, 99.96].map(number), ["1.00", "10.0", "100"]);
});

test("large numbers are parted by thin spaces", () => assert.equal(number(1_234_567), "1\u2009234\u2009567"));

test("what is missing is a dash", () => {
    assert.deepEqual([null, undefined, NaN].map(number), ["-", "-", "-"]);
    assert.equal(ratio(null), "-");
    assert.equal(duration_us(undefined), "-");
});

test("nothing is not missing", () => assert.equal(number(0), "0.00"));

test("a range needs two runs", () => {
    assert.equal(range({ median: 2, min: 1, max: 3, runs: 3 }), "1.00..3.00");
    assert.equal(range({ median: 2, min: 2, max: 2, runs: 1 }), "");
    assert.equal(range(null), "");
});

test("durations choose their unit", () => {
    assert.deepEqual([12.5, 2500, 3.2e6].map(duration_us), ["12.5 us", "2.50 ms", "3.20 s"]);
});

test("time that is left", () => {
    assert.deepEqual([0.4, 59.4, 59.6, 61, 3599.7].map(minutes), ["0 s", "59 s", "1 min 00 s", "1 min 01 s", "60 min 00 s"]);
    assert.equal(minutes(-5), "0 s");
});

test("counts on an axis", () => {
    assert.deepEqual([1, 0.5, 1000, 19_000, 2_500_000].map(short_count), ["1", "0.5", "1k", "19k", "2.5M"]);
});

test("columns are aligned, names to the left, the rest to the right", () => {
    assert.equal(
        align([
            ["", "Node", "x"],
            ["echo", "15.3", "1"],
            ["broadcast", "8", "100"],
            ["  range"],
        ]),
        ["           Node    x", "echo       15.3    1", "broadcast     8  100", "  range"].join("\n"),
    );
});
