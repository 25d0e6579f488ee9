// SPDX-License-Identifier: BSL-1.0
// That the rules for made inputs let pass what they are for, and no more.
import assert from "node:assert/strict";
import { test } from "node:test";
import notepack from "notepack.io";
import { rule_for } from "./fuzz_rules.mjs";

/// What becomes of a session: what came of each input, and how it ended.
const fate = (end, ...heard) => ({ packets: heard.flat(), end, heard });

const packets = (...inputs) => ({ kind: "packets", inputs });

test("an answer to the input with the fault may be missing, on either side", () => {
    const one = packets('42["echo"]', "x");
    const all = fate("close 1005", ['42["echo"]'], ["44"]);
    const less = fate("close 1005", ['42["echo"]'], []);
    assert.equal(rule_for(one, all, less), "what came before a fault");
    assert.equal(rule_for(one, less, all), "what came before a fault");
});

test("an answer to an input before it may not", () => {
    const one = packets('42["echo"]', "x");
    const all = fate("close 1005", ['42["echo"]'], []);
    const less = fate("close 1005", [], []);
    assert.equal(rule_for(one, all, less), undefined);
    assert.equal(rule_for(one, less, all), undefined);
});

test("nor may the fault be found in another input", () => {
    const one = packets("x", '42["echo"]');
    const soon = fate("close 1005", []);
    const late = fate("close 1005", [], ['42["echo"]']);
    assert.equal(rule_for(one, late, soon), undefined);
    assert.equal(rule_for(one, soon, late), undefined);
});

test("a fault in the first byte of a frame may be found later by Node's server, of which nothing comes then", () => {
    const one = { kind: "frames", inputs: [Buffer.from("\x81\x80\0\0\0\0\x1e", "latin1"), Buffer.from("\x81")] };
    const ours = fate("close 1002", []);
    assert.equal(rule_for(one, fate("close 1002", ["41"], []), ours), "what came before a fault");
    assert.equal(rule_for(one, fate("close 1002", [], ["41"]), ours), undefined);
    assert.equal(rule_for(packets("x", "y"), fate("close 1002", ["41"], []), ours), undefined);
});

test("two faults are one of a packet and one of a frame behind it", () => {
    const one = { kind: "frames", inputs: [Buffer.from("\x81\x81\0\0\0\0x\xff", "latin1")] };
    assert.equal(rule_for(one, fate("close 1005", []), fate("close 1002", [])), "two faults");
    for (const [theirs, ours] of [["1002", "1005"], ["1002", "1008"], ["1009", "1002"], ["1005", "1011"]]) {
        assert.equal(rule_for(one, fate(`close ${theirs}`, []), fate(`close ${ours}`, [])), undefined);
    }
});

test("attachments that were refused early may be followed by another fault at Node's only", () => {
    const one = packets('451-/nope,["echo",{"_placeholder":true,"num":0}]', "x");
    const rule = "attachments for a namespace that was not joined";
    assert.equal(rule_for(one, fate("close 1005", [], []), fate("close 1005", [])), rule);
    assert.equal(rule_for(one, fate("close 1005", []), fate("close 1005", [], [])), undefined);
});

test("digits are odd where they are no plain number, and not because of what stands beside them", () => {
    const taken = fate("open", ["44"]);
    const refused = fate("close 1005", []);
    const rule = "digits of ids and counts";
    for (const text of ['42 1["echo"]', '4207["echo"]', '450x1-["echo"]', '451e0-["echo"]', '45-["echo"]', "4 "]) {
        assert.equal(rule_for(packets(text), taken, refused), rule, text);
    }
    for (const text of ['420["echo"]', '42/nope,["echo"]', '451-7["echo"]', '451-/x,["echo"]', "40/e 1,"]) {
        assert.equal(rule_for(packets(text), taken, refused), undefined, text);
    }
});

test("of numbers of 64 bits and more only those numbers differ", () => {
    const sent = notepack.encode({ type: 2, nsp: "/", data: ["echo", 1e21] });
    const one = { kind: "msgpack", inputs: [Buffer.from(sent)] };
    const echo = (...data) => fate("open", [JSON.stringify({ data: ["echo", ...data], nsp: "/", type: 2 })]);
    assert.equal(rule_for(one, echo(1661992960), echo(1e21)), "numbers of msgpack");
    assert.equal(rule_for(one, echo(1661992960, "a"), echo(1e21, "b")), undefined);
    assert.equal(rule_for(one, echo(1661992960, 1), echo(1e21, 2)), undefined);
    assert.equal(rule_for(one, echo(1661992960), echo(1e21, 2)), undefined);
    assert.equal(rule_for(one, echo(1661992960), fate("close 1005", [])), undefined);
});
