// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { order_of } from "../bench.mjs";
import { choose_cores, parse_cpu_list } from "../machine.mjs";
import { bar_line, progress, time_left } from "../progress.mjs";

test("before anything has run, the expectation is believed", () => {
    assert.equal(time_left({ elapsed: 0, expected_done: 0, expected_total: 120 }), 120);
});

test("what took twice as long as expected goes on so", () => {
    assert.equal(time_left({ elapsed: 210, expected_done: 100, expected_total: 200 }), 200);
});

test("at the end nothing is left", () => {
    assert.equal(time_left({ elapsed: 99, expected_done: 50, expected_total: 50 }), 0);
    assert.equal(time_left({ elapsed: 99, expected_done: 60, expected_total: 50 }), 0);
});

test("the bar, what runs and the time that is left", () => {
    assert.equal(
        bar_line({ fraction: 0.5, text: "echo: Node", left: 75, columns: 80 }),
        "[##########..........]  50 %  echo: Node  1 min 15 s left",
    );
});

test("a narrow terminal shortens the text, not the time", () => {
    const shown = (columns) => bar_line({ fraction: 1, text: "a long description", left: 5, columns });
    assert.equal(shown(50), "[####################] 100 %  a long d~  5 s left");
    assert.equal(shown(50).length, 49);
    assert.equal(shown(10), "[####################] 100 %    5 s left");
});

test("a log gets a line now and then, a terminal the same line again", () => {
    const lines = { isTTY: false, text: "", write: (text) => (lines.text += text) };
    const quiet = new progress(lines);
    quiet.expect(10);
    quiet.begin("first");
    assert.equal(lines.text, "");
    quiet.say("a word");
    assert.equal(lines.text, "a word\n");

    const terminal = { isTTY: true, columns: 80, text: "", write: (text) => (terminal.text += text) };
    const drawn = new progress(terminal);
    drawn.expect(10);
    drawn.done(5);
    drawn.begin("second");
    assert.match(terminal.text, /^\r\x1b\[K\[#{10}\.{10}\] {2}50 % {2}second/);
});

test("every server begins a round in its turn", () => {
    const servers = ["node", "bun", "cosio"];
    assert.deepEqual(order_of(servers, 0), servers);
    assert.deepEqual(order_of(servers, 1), ["bun", "cosio", "node"]);
    assert.deepEqual(order_of(servers, 5), ["cosio", "node", "bun"]);
});

test("lists of processors", () => {
    assert.deepEqual(parse_cpu_list("0-2,5"), [0, 1, 2, 5]);
    assert.deepEqual(parse_cpu_list(""), []);
});

test("server and driver are on two cores, where there are two", () => {
    const pairs = (cpu) => [cpu & ~1, cpu | 1];
    assert.deepEqual(choose_cores([0, 1, 2, 3], pairs), { server: 0, driver: 2, shared_core: false });
    assert.deepEqual(choose_cores([1, 2], pairs), { server: 1, driver: 2, shared_core: false });
    assert.deepEqual(choose_cores([0, 1], pairs), { server: 0, driver: 1, shared_core: true });
    assert.deepEqual(choose_cores([0, 1], () => []), { server: 0, driver: 1, shared_core: false });
    assert.equal(choose_cores([3], pairs), null);
});
