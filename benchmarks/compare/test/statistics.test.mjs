// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { growth, median, summarize, times } from "../statistics.mjs";

test("the median is the middle, or the mean of the two in the middle", () => {
    assert.equal(median([3]), 3);
    assert.equal(median([10, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 10]), 3);
});

test("numbers are sorted as numbers", () => assert.equal(median([100, 9, 20]), 20));

test("a median does not change what it is given", () => {
    const numbers = [3, 1, 2];
    median(numbers);
    assert.deepEqual(numbers, [3, 1, 2]);
});

test("a summary leaves out what a run does not have", () => {
    assert.deepEqual(summarize([2, undefined, 8, null, 3, NaN]), { median: 3, min: 2, max: 8, runs: 3 });
    assert.equal(summarize([]), null);
    assert.equal(summarize([undefined, null]), null);
});

test("times says how much more theirs costs", () => {
    assert.equal(times({ median: 20 }, { median: 5 }), 4);
    assert.equal(times({ median: 5 }, { median: 20 }), 0.25);
});

test("there is no ratio without both, nor of nothing", () => {
    assert.equal(times(null, { median: 1 }), null);
    assert.equal(times({ median: 1 }, undefined), null);
    assert.equal(times({ median: 1 }, { median: 0 }), null);
    assert.equal(times({ median: -1 }, { median: 1 }), null);
});

test("growth is the power of the curve", () => {
    const curve = (of) => [1, 10, 100, 1000].map((x) => [x, of(x)]);
    const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`);
    near(growth(curve(() => 7)), 0);
    near(growth(curve((x) => 3 * x)), 1);
    near(growth(curve((x) => 3 * Math.sqrt(x))), 0.5);
});

test("growth needs two points at two places", () => {
    assert.equal(growth([]), null);
    assert.equal(growth([[1, 2], [10, undefined]]), null);
    assert.equal(growth([[10, 2], [10, 3]]), null);
});
