// SPDX-License-Identifier: BSL-1.0
// A series that grows is told from one that is only restless.
import assert from "node:assert/strict";
import { test } from "node:test";
import { growth, slope } from "./flatness_slope.mjs";

const series = (count, of) => Array.from({ length: count }, (_, at) => ({ at, value: of(at) }));

test("a leak of one session in a hundred is found", () => {
    assert.equal(growth("sessions", series(300, () => 200)), null);
    const leaking = series(300, (at) => 200 + Math.floor(at / 10));
    assert.equal(growth("sessions", leaking), "sessions grew by 22.4 in 224 s, from 207 to 229");
});

test("what is restless is flat", () => {
    assert.equal(growth("sessions", series(300, (at) => 200 + 15 * Math.sin(at / 3))), null);
});

test("a few wild samples do not matter", () => {
    assert.equal(growth("rss_mb", series(300, (at) => (at > 290 ? 200 : 20))), null);
});

test("what the warm-up brings is none of it", () => {
    assert.equal(growth("allocated", series(300, (at) => (at < 60 ? at * 1e6 : 60e6))), null);
});

test("what shrinks does not grow", () => {
    assert.equal(growth("descriptors", series(300, (at) => 300 - at)), null);
});

test("the slope is that of a line", () => {
    assert.equal(slope(series(50, (at) => 3 * at + 7)), 3);
    assert.equal(slope([]), 0);
});
