// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { escape, label, linear_scale, log_domain, log_scale, log_ticks, marker, path } from "../report/svg.mjs";

const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-6, `${found} is not ${expected}`);

test("a linear scale maps ends to ends, upside down too", () => {
    const x = linear_scale([0, 10], [100, 200]);
    assert.deepEqual([x(0), x(5), x(10)], [100, 150, 200]);
    assert.equal(linear_scale([0, 10], [200, 100])(1), 190);
});

test("a logarithmic scale has each decade as wide", () => {
    const x = log_scale([1, 100], [0, 200]);
    near(x(1), 0);
    near(x(10), 100);
    near(x(100), 200);
});

test("a domain of one value is in the middle", () => {
    assert.equal(linear_scale([5, 5], [0, 10])(5), 5);
    assert.equal(log_scale([5, 5], [0, 10])(5), 5);
});

test("ticks are 1, 2, 5, the fewer the more decades there are", () => {
    assert.deepEqual(log_ticks(0.8, 12), [1, 2, 5, 10]);
    assert.deepEqual(log_ticks(1, 90), [1, 3, 10, 30]);
    assert.deepEqual(log_ticks(0.01, 100), [0.01, 0.1, 1, 10, 100]);
});

test("a domain holds all values and a decade at least", () => {
    const [low, high] = log_domain([5, 6]);
    assert.ok(low < 5 && high > 6);
    near(Math.log10(high / low), 1);
    const [least, most] = log_domain([1, 1000]);
    assert.ok(least < 1 && most > 1000);
});

test("a domain of nothing, or of what has no logarithm, is a decade", () => {
    assert.deepEqual(log_domain([]), [1, 10]);
    assert.deepEqual(log_domain([0, -1]), [1, 10]);
});

test("a path is interrupted where a value is missing", () => {
    assert.equal(path([[0, 1], [2.25, 3], null, [4, 5], [6, 7.04]]), "M0 1L2.3 3M4 5L6 7");
    assert.equal(path([null]), "");
});

test("text cannot become markup", () => {
    assert.equal(escape(`<a href="x">'&`), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    assert.match(label(1, 2, "a<b", "tick"), />a&lt;b<\/text>/);
});

test("every marker is closed", () => {
    for (const server of ["node", "bun", "cosio"]) {
        assert.match(marker(server, 1, 2, "here"), /^<(\w+) .*class="fill \w+"><title>here<\/title><\/\1>$/);
    }
});
