// SPDX-License-Identifier: BSL-1.0
// That a siege can fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faults_of } from "../../siege/judge.mjs";

const bounds = { echo: 100, connect: 1000 };
const row = (over) => ({
    attack: "silent",
    limits: { header_timeout: 5000 },
    connections: { opened: 10_000, cut: 5000 },
    during: { echo: { p99: 3_700 }, connect: { p99: 209 } },
    descriptors: { before: 10, peak: 5022, after: 11 },
    ...over,
});
const faults = (over, size = 5000) => faults_of(row(over), size, bounds);

test("an attack that was felt by the server alone", () => {
    assert.deepEqual(faults({}), []);
    assert.deepEqual(faults({ attack: "resets", limits: {} }), []);
});

test("an attack that was not felt", () => {
    assert.deepEqual(faults({ limits: {} }), ["the attack has not reached header_timeout"]);
    assert.deepEqual(faults({ limits: null }), ["the attack has not reached header_timeout"]);
    assert.deepEqual(faults({ attack: "bombs" }), ["the attack has not reached max_payload_bytes"]);
    assert.deepEqual(faults({ attack: "resets", connections: { opened: 2, cut: 0 } }), ["the attack has opened 2 connections"]);
});

test("an attack that the well-behaved felt", () => {
    assert.deepEqual(faults({ during: { echo: { p99: 101_000 }, connect: { p99: 1_500_000 } } }), [
        "the p99 of echo is 101 ms, and may be 100 ms",
        "the p99 of connect is 1500 ms, and may be 1000 ms",
    ]);
    assert.deepEqual(faults({ during: { echo: {}, connect: { p99: 1 } } }), ["the p99 of echo is NaN ms, and may be 100 ms"]);
});

test("an attack that leaves something", () => {
    assert.deepEqual(faults({ descriptors: { before: 10, peak: 20, after: 20 } }), ["10 descriptors are left"]);
});
