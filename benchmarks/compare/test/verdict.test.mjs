// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { as_set_text, judge, scaled_target, verdict_text } from "../verdict.mjs";

const reference = { node: 20, target: 6 };
const row = (unit, node, cosio) => ({
    unit,
    reference,
    values: { node: node && { median: node }, cosio: cosio && { median: cosio } },
});

test("a target of time is scaled by Node's time", () => {
    assert.equal(scaled_target(row("us", 40, 1)), 12);
    assert.equal(scaled_target(row("us", 10, 1)), 3);
});

test("a target of memory stays", () => assert.equal(scaled_target(row("KB", 40, 1)), 6));

test("without Node there is nothing to scale by: the target itself judges", () => {
    assert.equal(scaled_target(row("us", null, 1)), null);
    assert.deepEqual(judge(row("us", null, 6)), { target: 6, met: true, missed_by: 0, as_set: true });
});

test("a target is met when it is reached", () => {
    assert.equal(verdict_text(judge(row("us", 20, 6))), "met");
    assert.equal(verdict_text(judge(row("us", 40, 12))), "met");
});

test("a miss says by how much", () => {
    assert.equal(verdict_text(judge(row("us", 20, 6.3))), "missed by 5.0 %");
    assert.equal(verdict_text(judge(row("us", 20, 9))), "missed by 50 %");
    assert.equal(verdict_text(judge(row("KB", 40, 12))), "missed by 100 %");
});

test("what was not measured is not judged", () => assert.equal(verdict_text(judge(row("us", 20, null))), "-"));

test("the target as it was set is told apart from the scaled one", () => {
    const both = (node, cosio) => [verdict_text(judge(row("us", node, cosio))), as_set_text(judge(row("us", node, cosio)))];
    assert.deepEqual(both(10, 6), ["missed by 100 %", "as set: met"]);
    assert.deepEqual(both(40, 7), ["met", "as set: missed"]);
    assert.equal(as_set_text(judge(row("us", 40, null))), "");
});
