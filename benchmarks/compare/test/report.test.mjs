// SPDX-License-Identifier: BSL-1.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { render } from "../report/html.mjs";
import { summary_text } from "../summary.mjs";
import { of_three, sample_report } from "./sample_report.mjs";

/// Tags that are opened and closed in order; throws at the first that is not.
function check_nesting(html) {
    const open = [];
    for (const [tag, slash, name, end] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
        if (slash) assert.equal(open.pop(), name, `${tag} closes another`);
        else if (!end && name !== "meta") open.push(name);
    }
    assert.deepEqual(open, []);
}

const count = (text, pattern) => [...text.matchAll(pattern)].length;

test("the page is well nested and has all its parts", () => {
    const html = render(sample_report());
    check_nesting(html);
    for (const id of ["table", "throughput", "scale", "latency", "hold", "clients", "method"]) {
        assert.equal(count(html, new RegExp(`<section id="${id}">`, "g")), 1, id);
    }
});

test("the page needs nothing but itself", () => {
    const html = render(sample_report());
    assert.doesNotMatch(html, /\b(src|srcset)=|<link|<script|@import|url\(|https?:/);
    assert.doesNotMatch(html, /undefined|NaN|Infinity|\[object/);
});

test("the page shows light and dark", () => assert.match(render(sample_report()), /prefers-color-scheme: dark/));

test("it survives JSON", () => {
    const report = sample_report();
    assert.equal(render(JSON.parse(JSON.stringify(report))), render(report));
});

test("sections that were not measured are not shown", () => {
    const report = sample_report();
    for (const id of ["table", "scale", "latency"]) delete report.sections[id];
    const html = render(report);
    check_nesting(html);
    assert.doesNotMatch(html, /id="(table|throughput|scale|latency)"/);
    assert.match(html, /id="hold"/);
});

test("a server that is missing is told, and has no column", () => {
    const report = sample_report();
    report.servers[1] = { id: "bun", label: "Bun", version: null, missing: "it does not <run>" };
    const html = render(report);
    check_nesting(html);
    assert.match(html, /Bun is missing: it does not &lt;run&gt;/);
    assert.doesNotMatch(html, /Bun \/ cosio/);
    assert.match(summary_text(report), /^Bun: it does not <run>/);
});

test("values that are missing are dashes, their curves have gaps", () => {
    const report = sample_report();
    report.sections.table.rows[0].values.bun = null;
    report.sections.scale.curves[0].points[1].values.bun = null;
    report.sections.latency.servers.bun = null;
    report.sections.hold.rows[1].values.node = null;
    report.failures.push({ title: "echo", server: "bun", why: "it <ended>" });
    const html = render(report);
    check_nesting(html);
    assert.doesNotMatch(html, /undefined|NaN/);
    assert.match(html, /echo, bun: it &lt;ended&gt;/);
    assert.match(summary_text(report), /failed: echo, bun: it <ended>/);
});

for (const some of [["cosio"], ["node"], ["node", "bun"]]) {
    test(`${some.join(" and ")} alone: no ratios`, () => {
        const report = sample_report();
        report.servers = report.servers.filter(({ id }) => some.includes(id));
        const html = render(report);
        check_nesting(html);
        assert.doesNotMatch(html, /\/ cosio|cosio \//);
        assert.doesNotMatch(summary_text(report), /\/cosio/);
    });
}

test("the summary ends with the table: medians, targets, verdicts and ratios", () => {
    const report = sample_report();
    const [row] = report.sections.table.rows;
    row.values = { node: of_three(41.6), bun: of_three(19), cosio: of_three(6.5) };
    const text = summary_text(report);
    const tail = text.slice(text.indexOf("target"));
    // Node takes twice as long as where the target was set: the target is twice as large.
    assert.match(tail, /echo, 200 clients, 1 in flight +us +41\.6 +19\.0 +6\.50 +6\.50 +13\.0 +met +6\.40x +2\.92x\n/);
    assert.match(tail, /\n {2}per message +37\.4\.\.49\.9 +17\.1\.\.22\.8 +5\.85\.\.7\.80 +as set: met\n/);
    for (const part of ["Echo, by connections", "latency, open loop", "19k connections", "2k clients in a process"]) {
        assert.ok(text.indexOf(part) >= 0 && text.indexOf(part) < text.indexOf("target"), part);
    }
});

test("a server that falls behind its rate is told", () => {
    const report = sample_report();
    assert.doesNotMatch(render(report), /could not keep up/);
    const [, half, most] = report.sections.latency.servers.node.loads;
    half.achieved = of_three(0.96 * half.asked.median);
    most.achieved = of_three(0.94 * most.asked.median);
    assert.equal(count(render(report), /could not keep up/g), 1);
});

test("a curve without any value is not drawn", () => {
    const report = sample_report();
    const drawn = count(render(report), /<p class="note powers">/g);
    report.sections.scale.curves[0].points.forEach((point) => (point.values = { node: null, bun: null, cosio: null }));
    assert.equal(count(render(report), /<p class="note powers">/g), drawn - 1);
});

test("all at one rate needs Node, which sets it, and another one", () => {
    const report = sample_report();
    assert.equal(count(render(report), /All at the highest of Node/g), 1 + 1);
    assert.match(summary_text(report), /at Node's highest rate/);
    for (const found of Object.values(report.sections.latency.servers)) found.same = null;
    assert.doesNotMatch(render(report), /All at the highest of Node/);
    assert.doesNotMatch(summary_text(report), /at Node's highest rate/);
});

test("clients have no column of Bun, and their ratio", () => {
    const report = sample_report();
    for (const id of ["table", "scale", "latency", "hold"]) delete report.sections[id];
    const html = render(report);
    check_nesting(html);
    assert.match(html, /2k clients in one process/);
    assert.match(html, /data-name="Node \/ cosio" class="ratio">10\.0x</);
    assert.doesNotMatch(html, /data-name="Bun/);
});
