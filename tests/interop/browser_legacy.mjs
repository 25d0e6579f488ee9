// SPDX-License-Identifier: BSL-1.0
// The bundle of Socket.IO 2 in a real browser, over everything that it can: JSONP, XMLHttpRequest, WebSocket.
//   node browser_legacy.mjs --server "<command>"
// The command keeps CONTRACT.md; it gets `--port N --eio3` behind it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { server_process } from "./support.mjs";

const { values: options } = parseArgs({ options: { server: { type: "string" } } });
if (!options.server) {
    console.error('usage: browser_legacy.mjs --server "<command>"');
    process.exit(2);
}

const deadline_ms = 30_000;
const bundle = new URL("node_modules/socket.io-client-2.5.0/dist/socket.io.js", import.meta.url);
let server;
let browser;

before(async () => {
    server = await server_process.start(options.server, ["--eio3"], deadline_ms);
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    });
});
after(async () => {
    await browser?.close();
    assert.equal(await server?.stop(deadline_ms), 0);
});

/// A page of the server's own origin that has the bundle.
async function open_page() {
    const page = await browser.newPage();
    page.setDefaultTimeout(deadline_ms);
    // That there is no page does not matter: it is of the right origin, and can be written on.
    await page.goto(`${server.url()}/page`);
    await page.addScriptTag({ content: await readFile(bundle, "utf8") });
    return page;
}

/// In the page: connects, says things of both kinds, and tells what it has heard.
const talk = async (settings) => {
    const socket = window.io(settings);
    const heard = (event) =>
        new Promise((resolve, reject) => {
            socket.once(event, (...args) => resolve(args));
            setTimeout(() => reject(new Error(`no '${event}'`)), 10_000);
        });
    await heard("connect");
    const { engine } = socket.io;
    if (settings.transports?.length !== 1 && engine.transport.name !== "websocket") {
        await new Promise((resolve) => engine.once("upgrade", resolve));
    }
    const text = 'é漢😀\u2028\u2029 "\\n" \n </script>';
    const echo = heard("echo");
    socket.emit("echo", text, 1);
    const [text_back] = await echo;
    const bytes = new Uint8Array([4, 0, 255]);
    const ask = (...args) => new Promise((resolve) => socket.emit("ack", ...args, resolve));
    const answer = await ask({ bytes: bytes.buffer });
    const pong = heard("pong");
    await pong;
    const found = {
        transport: engine.transport.name,
        jsonp: performance.getEntriesByType("resource").some(({ name }) => name.includes("&j=")),
        same_text: text_back === text,
        bytes: [...new Uint8Array(answer.bytes)],
        id: socket.id === engine.id,
    };
    socket.close();
    return found;
};

async function talks(settings) {
    const page = await open_page();
    const found = await page.evaluate(talk, { reconnection: false, ...settings });
    assert.deepEqual(found, {
        transport: settings.transports?.[0] === "polling" ? "polling" : "websocket",
        jsonp: settings.forceJSONP === true,
        same_text: true,
        bytes: [4, 0, 255],
        id: true,
    });
    await page.close();
}

const polling = { transports: ["polling"] };

test("V3-5 JSONP", () => talks({ ...polling, forceJSONP: true }));
test("V3-2 XMLHttpRequest", () => talks(polling));
test("V3-4 XMLHttpRequest without binary", () => talks({ ...polling, forceBase64: true }));
test("V3-3 WebSocket", () => talks({ transports: ["websocket"] }));
test("V3-9 JSONP, then WebSocket", () => talks({ forceJSONP: true }));
test("V3-9 XMLHttpRequest, then WebSocket", () => talks({}));
