// SPDX-License-Identifier: BSL-1.0
// People chat in a real browser with the server of examples/02_chat.
// node browser_chat.mjs --server "<command>" [--screenshots DIR] [--only TEXT]
// The command is started with `--port N` behind it and has to print a line with `listening`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({
    options: { server: { type: 'string' }, screenshots: { type: 'string' }, only: { type: 'string', default: '' } },
});
if (!options.server) {
    console.error('usage: node browser_chat.mjs --server "<command>" [--screenshots DIR] [--only TEXT]');
    process.exit(2);
}

let passed = 0;
let failed = 0;

async function check(name, body) {
    try {
        await body();
        ++passed;
        console.log(`ok      ${name}`);
    } catch (error) {
        ++failed;
        console.log(`FAILED  ${name}\n        ${String(error.stack ?? error).replaceAll('\n', '\n        ')}`);
    }
}

async function freePort() {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    await once(probe, 'close');
    return port;
}

async function startServer() {
    const port = await freePort();
    const command = `exec ${options.server} --port ${port}`;
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    const stopped = once(child, 'exit');
    const listening = new Promise(resolve => {
        createInterface({ input: child.stdout }).on('line', line => line.includes('listening') && resolve(true));
    });
    assert.ok(await Promise.race([listening, stopped.then(() => false)]), 'the server ended before it listened');
    return {
        port,
        url: `http://127.0.0.1:${port}`,
        async stop() {
            child.kill('SIGTERM');
            return (await stopped)[0];
        },
    };
}

// Stands between a page and the server: `cut` breaks its connections, `stall` lets them hang.
async function startProxy(target) {
    const pairs = new Set();
    let stalled = false;
    let refusing = false;
    const proxy = createServer(near => {
        near.on('error', () => {});
        if (refusing) return void near.destroy();
        const far = connect(target, '127.0.0.1');
        const pair = [near, far];
        pairs.add(pair);
        far.on('error', () => {});
        for (const [from, to] of [[near, far], [far, near]]) {
            from.pipe(to);
            from.on('close', () => {
                to.destroy();
                pairs.delete(pair);
            });
            if (stalled) from.pause();
        }
        return undefined;
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const each = action => pairs.forEach(pair => pair.forEach(action));
    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        cut() { refusing = true; each(end => end.destroy()); },
        mend() { refusing = false; },
        stall() { stalled = true; each(end => end.pause()); },
        resume() { stalled = false; each(end => end.resume()); },
        stop() { each(end => end.destroy()); proxy.close(); },
    };
}

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const complaints = [];

// How the pages of a scenario are kept from WebSocket, if they are.
const ways = {
    'websocket': { expect: 'websocket' },
    'polling by ?transports=polling': { expect: 'polling', query: { transports: 'polling' } },
    'polling because WebSocket does not exist': {
        expect: 'polling',
        prepare: context => context.addInitScript(() => { delete window.WebSocket; }),
    },
    'polling because WebSocket is blocked': {
        expect: 'polling',
        prepare: context => context.routeWebSocket(/./, route => {
            context.blocked = (context.blocked ?? 0) + 1;
            route.close();
        }),
    },
};

async function openPage(url, { name = '', room = 'lobby', way = ways.websocket, ...settings } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...settings });
    context.setDefaultTimeout(15_000);
    await way.prepare?.(context);
    const page = await context.newPage();
    page.on('pageerror', error => complaints.push(`${name}: ${error.message}`));
    page.on('console', message => {
        const expected = /net::ERR_|WebSocket|Failed to load/.test(message.text());
        if (message.type() === 'error' && !expected) complaints.push(`${name}: ${message.text()}`);
    });
    const query = new URLSearchParams({ ...(name && { name }), room, ...way.query });
    await page.goto(`${url}/?${query}`);
    return page;
}

async function enter(url, settings) {
    const page = await openPage(url, settings);
    await page.locator('#welcome-go').click();
    await page.locator('#welcome').waitFor({ state: 'hidden' });
    await eventually(page, room => document.querySelector('#room-name').textContent === room
        && Number(document.querySelector('#people-count').textContent) > 0, settings.room ?? 'lobby');
    return page;
}

const leave = page => page.context().close();
const eventually = (page, condition, argument) => page.waitForFunction(condition, argument);
const messages = page => page.locator('.message .bubble-text').allTextContents();
const message = (page, text, which = '.message') => page.locator(which, {
    has: page.locator('.bubble-text', { hasText: text }),
});
const notice = (page, text) => page.locator('.notice', { hasText: text }).first().waitFor();
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor();
const transportOf = page => page.evaluate(() => window.socket.io.engine.transport.name);

async function say(page, text) {
    await page.locator('#text').fill(text);
    await page.locator('#text').press('Enter');
}

async function sent(page, text) {
    await message(page, text, '.message.own[data-state="sent"]').waitFor();
}

async function exchange(from, to, text) {
    await say(from, text);
    await sent(from, text);
    await message(to, text).waitFor();
}

async function people(page, ...names) {
    await eventually(page, expected => {
        const rows = [...document.querySelectorAll('#people-list [data-person]')];
        return JSON.stringify(rows.map(row => row.dataset.person).sort()) === expected;
    }, JSON.stringify([...names].sort()));
}

async function transport(page, expected) {
    await eventually(page, name => {
        const chip = document.querySelector('#transport').dataset;
        return chip.state === 'connected' && chip.transport === name && window.socket.io.engine.transport.name === name;
    }, expected);
}

async function attach(page, ...files) {
    await page.locator('#file').setInputFiles(files);
    await eventually(page, count => document.querySelectorAll('#tray li').length === count, files.length);
    await page.locator('#send').click();
}

// The bytes of the next file that arrives at the page.
function nextFile(page) {
    return page.evaluate(() => {
        window.arrived = new Promise(resolve => {
            const listen = message => {
                if (!message.file) return;
                window.socket.off('message', listen);
                const { data } = message.file;
                resolve({ binary: data instanceof ArrayBuffer, bytes: [...new Uint8Array(data)] });
            };
            window.socket.on('message', listen);
        });
    });
}

const arrived = page => page.evaluate(() => window.arrived);

// A picture drawn by the browser itself: hills under a sun, so that it is worth looking at on a screenshot.
async function picture(width, height, noisy = false) {
    const page = await browser.newPage();
    const base64 = await page.evaluate(([w, h, grain]) => {
        const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
        const draw = canvas.getContext('2d');
        const sky = draw.createLinearGradient(0, 0, 0, h);
        sky.addColorStop(0, '#f6c89a');
        sky.addColorStop(1, '#fbeedd');
        draw.fillStyle = sky;
        draw.fillRect(0, 0, w, h);
        draw.fillStyle = '#fff6e6';
        draw.beginPath();
        draw.arc(w * .68, h * .36, h * .11, 0, 7);
        draw.fill();
        ['#9db8b0', '#5f938b', '#2f6f68', '#17443f'].forEach((colour, i) => {
            draw.fillStyle = colour;
            draw.beginPath();
            draw.moveTo(0, h);
            for (let x = 0; x <= w; x += 4) {
                draw.lineTo(x, h * (.52 + i * .12) + Math.sin(x / w * (5 + i) + i * 2.1) * h * (.1 - i * .015));
            }
            draw.lineTo(w, h);
            draw.fill();
        });
        let state = 1;
        const random = below => (state = (state * 48271) % 2147483647) % below;
        for (let n = 0; grain && n < 40_000; ++n) {
            draw.fillStyle = `hsl(${random(360)} 40% 50%)`;
            draw.fillRect(random(w), random(h), 5, 5);
        }
        return canvas.toDataURL('image/png').split(',')[1];
    }, [width, height, noisy]);
    await page.close();
    return Buffer.from(base64, 'base64');
}

const png = await picture(640, 400);

async function coreScenario(label, way) {
    const server = await startServer();
    const ada = await enter(server.url, { name: 'Ada', way });
    let bob = null;
    let cid = null;

    await check(`${label}: the page shows the transport that is in use`, async () => {
        await transport(ada, way.expect);
        if (label.endsWith('is blocked')) assert.ok(ada.context().blocked > 0, 'no upgrade was tried');
    });

    await check(`${label}: a second person is announced and listed`, async () => {
        bob = await enter(server.url, { name: 'Bob', way });
        await transport(bob, way.expect);
        await notice(ada, 'Bob joined');
        await people(ada, 'Ada', 'Bob');
        await people(bob, 'Ada', 'Bob');
    });

    await check(`${label}: messages go both ways`, async () => {
        await exchange(ada, bob, 'Good morning, Bob');
        await exchange(bob, ada, 'Good morning — schön, dass du da bist 🌻');
        assert.deepEqual(await messages(ada), await messages(bob));
        const atBob = message(bob, 'Good morning, Bob');
        assert.equal(await atBob.locator('.byline strong').textContent(), 'Ada');
        assert.equal(await atBob.evaluate(node => node.classList.contains('own')), false);
        assert.equal(await message(ada, 'Good morning, Bob').evaluate(node => node.classList.contains('own')), true);
    });

    await check(`${label}: own messages stand on the right, others on the left`, async () => {
        const own = await message(ada, 'Good morning, Bob').locator('.bubble').boundingBox();
        const other = await message(ada, 'schön').locator('.bubble').boundingBox();
        assert.ok(own.x > other.x + 100);
    });

    await check(`${label}: who is typing shows, and stops when the text is cleared`, async () => {
        await bob.locator('#text').pressSequentially('hm');
        await ada.locator('#typing[data-active="true"]', { hasText: 'Bob is typing' }).waitFor();
        await bob.locator('#text').fill('');
        await ada.locator('#typing[data-active="false"]').waitFor();
        await bob.locator('#text').pressSequentially('so');
        await ada.locator('#typing[data-active="true"]').waitFor();
        await bob.locator('#text').press('Enter');
        await ada.locator('#typing[data-active="false"]').waitFor();
        await message(ada, 'so').waitFor();
    });

    await check(`${label}: a third tab gets the history, and a number behind a taken name`, async () => {
        cid = await enter(server.url, { name: 'ada', way });
        await toast(cid, 'so you are “ada 2”');
        await notice(bob, 'ada 2 joined');
        assert.deepEqual(await messages(cid), await messages(bob));
        await people(cid, 'Ada', 'Bob', 'ada 2');
    });

    await check(`${label}: /nick changes the name everywhere and refuses a taken one`, async () => {
        await say(cid, '/nick Cid');
        await notice(cid, 'You are now Cid');
        await notice(ada, 'ada 2 is now Cid');
        await people(bob, 'Ada', 'Bob', 'Cid');
        await say(cid, '/nick BOB');
        await notice(cid, 'is taken');
        await exchange(cid, bob, 'it is still me');
        assert.equal(await message(bob, 'it is still me').locator('.byline strong').textContent(), 'Cid');
    });

    await check(`${label}: leaving is announced`, async () => {
        await cid.evaluate(() => window.socket.disconnect());
        await notice(ada, 'left');
        await people(ada, 'Ada', 'Bob');
        await people(bob, 'Ada', 'Bob');
        await leave(cid);
    });

    await check(`${label}: rooms are separate, and count what was not read`, async () => {
        await bob.locator('#room-add').click();
        await bob.locator('#room-input').fill('The Kitchen');
        await bob.locator('#room-input').press('Enter');
        await eventually(bob, () => document.querySelector('#room-name').textContent === 'the-kitchen');
        await people(bob, 'Bob');
        await ada.evaluate(() => {
            window.heard = [];
            window.socket.onAny((event, ...args) => window.heard.push(JSON.stringify([event, ...args])));
        });
        await bob.locator('#text').pressSequentially('only');
        await say(bob, 'only for the kitchen');
        await sent(bob, 'only for the kitchen');
        await say(ada, 'only for the lobby');
        await sent(ada, 'only for the lobby');
        const heard = await ada.evaluate(() => window.heard.filter(line => !line.startsWith('["room"')));
        assert.deepEqual(heard, []);
        await bob.locator('[data-room="lobby"] .badge', { hasText: '1' }).waitFor();
        assert.equal(await message(ada, 'only for the kitchen').count(), 0);
        assert.equal(await message(bob, 'only for the lobby').count(), 0);
        await ada.locator('#other-rooms [data-room="the-kitchen"]').click();
        await message(ada, 'only for the kitchen').waitFor();
        assert.deepEqual(await messages(ada), ['only for the kitchen']);
        await people(bob, 'Ada', 'Bob');
        await bob.locator('[data-room="lobby"]').click();
        await message(bob, 'only for the lobby').waitFor();
        await bob.locator('.marker', { hasText: 'New messages' }).waitFor();
        assert.equal(await bob.locator('[data-room="lobby"] .badge').count(), 0);
        await ada.locator('[data-room="lobby"]').click();
    });

    await check(`${label}: a picture goes as binary and is shown`, async () => {
        await nextFile(bob);
        await attach(ada, { name: 'hills.png', mimeType: 'image/png', buffer: png });
        const { binary, bytes } = await arrived(bob);
        assert.ok(binary);
        assert.ok(png.equals(Buffer.from(bytes)));
        await eventually(bob, () => document.querySelector('.picture img')?.naturalWidth === 640);
        await ada.locator('.message.own.ends[data-state="sent"] .picture img').waitFor();
        await bob.locator('.picture').click();
        await bob.locator('#lightbox[open]').waitFor();
        await bob.keyboard.press('Escape');
        await bob.locator('#lightbox').waitFor({ state: 'hidden' });
    });

    await check(`${label}: 500 KB arrive whole, more is refused before it is sent`, async () => {
        const buffer = randomBytes(500_000);
        await nextFile(bob);
        await attach(ada, { name: 'data.bin', mimeType: '', buffer });
        assert.ok(buffer.equals(Buffer.from((await arrived(bob)).bytes)));
        await ada.locator('#file').setInputFiles([{ name: 'big.bin', mimeType: '', buffer: randomBytes(500_001) }]);
        await toast(ada, 'larger than 500 KB');
        assert.equal(await ada.locator('#tray li').count(), 0);

        const late = await enter(server.url, { name: 'Late', way });
        await eventually(late, () => document.querySelector('.picture img')?.naturalWidth === 640);
        const [saved] = await Promise.all([late.waitForEvent('download'), late.locator('.file').click()]);
        assert.equal(saved.suggestedFilename(), 'data.bin');
        assert.ok(buffer.equals(await readFile(await saved.path())));
        await leave(late);
    });

    await check(`${label}: the transport has stayed the same`, async () => {
        for (const page of [ada, bob]) assert.equal(await transportOf(page), way.expect);
    });

    await leave(ada);
    await leave(bob);
    await check(`${label}: the server ends on SIGTERM`, async () => assert.equal(await server.stop(), 0));
}

async function lossScenario(label, way) {
    const server = await startServer();
    const proxy = await startProxy(server.port);
    const ada = await enter(proxy.url, { name: 'Ada', way });
    const bob = await enter(server.url, { name: 'Bob' });
    await transport(ada, way.expect);
    await exchange(ada, bob, 'before');

    await check(`${label}: a lost connection is told, and what is written waits`, async () => {
        proxy.cut();
        await ada.locator('#banner', { hasText: /Connection lost\. Reconnecting over long-polling/ }).waitFor();
        await people(bob, 'Bob');
        await say(bob, 'missed one');
        await say(bob, 'missed two');
        await sent(bob, 'missed two');
        await say(ada, 'written without a connection');
        await ada.locator('.message[data-state="sending"]', { hasText: 'written without a connection' }).waitFor();
    });

    await check(`${label}: back again under the same name, with what was missed`, async () => {
        proxy.mend();
        await ada.locator('#banner', { hasText: 'Back online' }).waitFor();
        await sent(ada, 'written without a connection');
        await message(bob, 'written without a connection').waitFor();
        await ada.locator('.marker', { hasText: 'While you were away: 2 messages' }).waitFor();
        assert.deepEqual(await messages(ada), ['before', 'missed one', 'missed two', 'written without a connection']);
        await people(bob, 'Ada', 'Bob');
        await notice(bob, 'Ada joined');
        await transport(ada, way.expect);
    });

    await check(`${label}: no answer is a failure, and sending it again does not double it`, async () => {
        proxy.stall();
        await say(ada, 'slow');
        await ada.locator('.message[data-state="sending"]', { hasText: 'slow' }).waitFor();
        await ada.locator('.message[data-state="failed"]', { hasText: 'The server does not answer' }).waitFor();
        proxy.resume();
        await message(bob, 'slow').waitFor();
        await ada.locator('.foot button', { hasText: 'Retry' }).click();
        await sent(ada, 'slow');
        await exchange(ada, bob, 'after');
        for (const page of [ada, bob]) {
            assert.deepEqual((await messages(page)).slice(-3), ['written without a connection', 'slow', 'after']);
        }
    });

    await check(`${label}: a reloaded page keeps its name and its rooms`, async () => {
        await say(ada, '/join help');
        await eventually(ada, () => document.querySelector('#room-name').textContent === 'help');
        await people(ada, 'Ada');
        await ada.reload();
        await eventually(ada, () => document.querySelector('#my-name').textContent === 'Ada'
            && document.querySelector('#room-name').textContent === 'help');
        await people(ada, 'Ada');
        await ada.locator('#joined-rooms [data-room="lobby"]').click();
        await people(ada, 'Ada', 'Bob');
        await notice(bob, 'Ada came back');
        await message(ada, 'after').waitFor();
    });

    await check(`${label}: the same person in a second tab takes over`, async () => {
        const opened = ada.waitForEvent('popup');
        await ada.evaluate(() => void window.open(location.href));
        const second = await opened;
        await ada.locator('#banner', { hasText: 'open in another tab' }).waitFor();
        await people(second, 'Ada', 'Bob');
        await exchange(second, bob, 'from the second tab');
        await ada.locator('#banner-action', { hasText: 'Use it here' }).click();
        await second.locator('#banner', { hasText: 'open in another tab' }).waitFor();
        await message(ada, 'from the second tab').waitFor();
        await exchange(ada, bob, 'here again');
    });

    await leave(ada);
    await leave(bob);
    proxy.stop();
    await server.stop();
}

async function pageScenario() {
    const server = await startServer();
    const ada = await enter(server.url, { name: 'Ada' });
    const bob = await enter(server.url, { name: 'Bob' });

    await check('page: an empty room says so', async () => {
        await ada.locator('#empty', { hasText: 'This is #lobby' }).waitFor();
    });

    await check('page: text is text, links are links', async () => {
        const url = 'https://example.org/a_(b)?c=1#d';
        const text = `<img src=x onerror=alert(1)> see ${url}, javascript:alert(1)\nand http://[bad`;
        await ada.locator('#text').fill(text);
        await ada.locator('#text').press('Enter');
        const bubble = bob.locator('.bubble-text', { hasText: 'onerror' });
        await bubble.waitFor();
        assert.equal(await bubble.textContent(), text);
        assert.equal(await bubble.locator('img').count(), 0);
        const links = await bubble.locator('a').evaluateAll(
            nodes => nodes.map(node => [node.href, node.textContent, node.rel, node.target]));
        assert.deepEqual(links, [[url, url, 'noopener noreferrer nofollow', '_blank']]);
        await bob.locator('#empty').waitFor({ state: 'hidden' });
    });

    await check('page: Shift+Enter breaks the line, too long a text cannot be sent', async () => {
        await ada.locator('#text').pressSequentially('one');
        await ada.locator('#text').press('Shift+Enter');
        await ada.locator('#text').pressSequentially('two');
        await ada.locator('#text').press('Enter');
        await message(bob, 'one\ntwo').waitFor();
        assert.equal((await messages(bob)).at(-1), 'one\ntwo');
        await ada.locator('#text').fill('x'.repeat(2001));
        assert.equal(await ada.locator('#remaining').textContent(), '-1');
        assert.ok(await ada.locator('#send').isDisabled());
        await ada.locator('#text').fill('x'.repeat(2000));
        assert.ok(await ada.locator('#send').isEnabled());
        await ada.locator('#text').press('Enter');
        await sent(ada, 'xxx');
    });

    await check('page: messages of one person are grouped under one name', async () => {
        await exchange(ada, bob, 'first of a group');
        await exchange(ada, bob, 'second of a group');
        const starts = text => message(bob, text).evaluate(node => node.classList.contains('starts'));
        assert.equal(await starts('second of a group'), false);
        await exchange(bob, ada, 'another group');
        assert.equal(await starts('another group'), true);
        assert.equal(await bob.locator('.day', { hasText: 'Today' }).count(), 1);
    });

    await check('page: the place is kept while reading further up, and a pill tells what is new', async () => {
        for (let n = 1; n <= 60; ++n) await say(bob, `line ${n}`);
        await message(ada, 'line 60').waitFor();
        await eventually(ada, () => {
            const { scrollHeight, scrollTop, clientHeight } = document.querySelector('#scroller');
            return scrollHeight - scrollTop - clientHeight < 2;
        });
        await ada.locator('#scroller').evaluate(node => { node.scrollTop = 200; });
        await ada.locator('#pill[data-new="false"]').waitFor();
        await exchange(bob, ada, 'while you read');
        await exchange(bob, ada, 'and one more');
        await ada.locator('#pill[data-new="true"]', { hasText: '2 new messages' }).waitFor();
        assert.equal(await ada.locator('#scroller').evaluate(node => node.scrollTop), 200);
        assert.match(await ada.title(), /^\(2\) #lobby/);
        await ada.locator('#pill').click();
        await ada.locator('#pill').waitFor({ state: 'hidden' });
        assert.match(await ada.title(), /^#lobby/);
    });

    await check('page: a newcomer sees the last fifty messages', async () => {
        const late = await enter(server.url, { name: 'Late' });
        await message(late, 'and one more').waitFor();
        const shown = await messages(late);
        assert.equal(shown.length, 50);
        assert.equal(shown[0], 'line 13');
        await leave(late);
    });

    await check('page: a file can be dropped, a photograph that is too large is made smaller', async () => {
        const noise = await picture(2400, 1800, true);
        assert.ok(noise.length > 500_000);
        const dropped = await ada.evaluateHandle(base64 => {
            const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], 'photo.png', { type: 'image/png' }));
            return transfer;
        }, noise.toString('base64'));
        await ada.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
        await ada.locator('#drop', { hasText: 'Drop to attach to #lobby' }).waitFor();
        await ada.dispatchEvent('body', 'drop', { dataTransfer: dropped });
        await ada.locator('#drop').waitFor({ state: 'hidden' });
        await ada.locator('#tray li', { hasText: 'photo.jpg' }).waitFor();
        await nextFile(bob);
        await ada.locator('#send').click();
        const { bytes } = await arrived(bob);
        assert.ok(bytes.length <= 500_000);
        await eventually(bob, () => document.querySelector('.picture img')?.naturalWidth >= 960);
    });

    await check('page: a picture that is none becomes a file', async () => {
        await attach(ada, { name: 'fake.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
        await bob.locator('.file', { hasText: 'fake.png' }).waitFor();
    });

    await check('page: bad names of rooms and unknown commands are refused', async () => {
        await say(ada, '/join no/such');
        await notice(ada, 'The name of a room has');
        await say(ada, '/dance');
        await notice(ada, 'There is no command /dance');
        const lost = await enter(server.url, { name: 'Lost', room: 'lobby' });
        await lost.evaluate(() => { location.search = '?room=%C3%A9'; });
        await toast(lost, 'The name of a room has');
        await people(lost, 'Ada', 'Bob', 'Lost');
        await leave(lost);
    });

    await check('page: the server checks what the page would not send', async () => {
        const errors = await ada.evaluate(async () => {
            const ask = async (...args) => {
                const { error } = await window.socket.timeout(10_000).emitWithAck(...args);
                return typeof error === 'string' && error !== '';
            };
            const draft = (change = {}) => ({ room: 'lobby', text: 'x', tag: 't', file: null, ...change });
            const file = change => draft({ file: { name: 'f', type: 't', data: new Uint8Array(1), ...change } });
            return Promise.all([
                ask('hello', 'Again', 'key'),
                ask('rename', '   '), ask('rename', 'x'.repeat(25)), ask('rename', 'a\u202eb'),
                ask('join', 'No', 0), ask('join', '', 0), ask('leave', 'help'), ask('message', draft({ room: 'help' })),
                ask('message', draft({ text: ' \n' })), ask('message', draft({ text: 'x'.repeat(2001) })),
                ask('message', draft({ tag: '' })), ask('message', file({ data: new Uint8Array(500_001) })),
                ask('message', file({ name: 'x'.repeat(101) })), ask('download', 'lobby', 1),
            ]);
        });
        assert.deepEqual(errors, Array(14).fill(true));
        const silent = await openPage(server.url, { name: 'Nobody' });
        await silent.locator('#welcome-state', { hasText: 'Connected' }).waitFor();
        const { error } = await silent.evaluate(() => window.socket.emitWithAck('join', 'lobby', 0));
        assert.match(error, /./);
        await leave(silent);
    });

    await check('page: joining again answers with what came since', async () => {
        const [all, none, last, gap] = await ada.evaluate(async () => {
            const join = since => window.socket.timeout(10_000).emitWithAck('join', 'lobby', since);
            const all = await join(0);
            const { id } = all.messages.at(-1);
            return [all, await join(id), await join(id - 1), await join(1)];
        });
        assert.equal(all.messages.length, 50);
        assert.equal(all.gap, false);
        assert.ok(all.messages.every(({ id }, i) => i === 0 || id > all.messages[i - 1].id));
        assert.ok(all.messages.every(({ file }) => file === null || file.data === null));
        assert.deepEqual([none.messages, none.gap], [[], false]);
        assert.deepEqual([last.messages, last.gap], [all.messages.slice(-1), false]);
        assert.deepEqual([gap.messages.length, gap.gap], [50, true]);
        assert.deepEqual(all.users.sort(), ['Ada', 'Bob']);
        assert.deepEqual(all.room, { name: 'lobby', topic: all.room.topic, users: 2 });
    });

    await check('page: everything that can be used has a name', async () => {
        const nameless = await ada.evaluate(() => [...document.querySelectorAll('button, a[href], input, textarea')]
            .filter(node => !node.hidden && !node.labels?.length)
            .filter(node => !node.getAttribute('aria-label') && !node.textContent.trim())
            .map(node => node.outerHTML));
        assert.deepEqual(nameless, []);
    });

    await check('page: the keyboard alone is enough', async () => {
        await say(ada, '/join random');
        await eventually(ada, () => document.querySelector('#room-name').textContent === 'random');
        await ada.keyboard.press('Alt+ArrowUp');
        await eventually(ada, () => document.querySelector('#room-name').textContent === 'lobby');
        await ada.locator('#rename').focus();
        await ada.keyboard.press('Enter');
        await ada.locator('#name-dialog[open]').waitFor();
        await ada.keyboard.type('Ada L.');
        await ada.keyboard.press('Enter');
        await notice(bob, 'Ada is now Ada L.');
        await eventually(ada, () => document.activeElement.id === 'text');
    });

    await leave(ada);
    await leave(bob);
    await server.stop();
}

async function phoneScenario() {
    const server = await startServer();
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    const ada = await enter(server.url, { name: 'Ada', ...phone });
    const bob = await enter(server.url, { name: 'Bob' });
    const noSidewaysScroll = async () => {
        const { inner, scroll, wide } = await ada.evaluate(() => ({
            inner: innerWidth, scroll: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth),
            wide: document.querySelector('#scroller').scrollWidth - document.querySelector('#scroller').clientWidth,
        }));
        assert.equal(inner, 390);
        assert.ok(scroll <= 390, `the page is ${scroll} wide`);
        assert.equal(wide, 0);
    };
    const onScreen = async id => {
        await eventually(ada, panel => {
            const node = document.getElementById(panel);
            const { left, right } = node.getBoundingClientRect();
            return left >= 0 && right <= innerWidth && getComputedStyle(node).visibility === 'visible';
        }, id);
    };
    const offScreen = id => eventually(ada, panel => {
        return getComputedStyle(document.getElementById(panel)).visibility === 'hidden';
    }, id);

    await check('phone: no sideways scroll, whatever is said', async () => {
        await offScreen('sidebar');
        await noSidewaysScroll();
        await exchange(bob, ada, `https://example.org/${'long'.repeat(60)}`);
        await exchange(ada, bob, 'W'.repeat(300));
        await attach(bob, { name: `${'very-long-name-'.repeat(6)}.dat`, mimeType: '', buffer: randomBytes(2000) });
        await ada.locator('.file').waitFor();
        await noSidewaysScroll();
    });

    await check('phone: the rooms are a drawer', async () => {
        await ada.locator('#sidebar-open').tap();
        await onScreen('sidebar');
        assert.equal(await ada.locator('#sidebar-open').getAttribute('aria-expanded'), 'true');
        await noSidewaysScroll();
        await ada.locator('#other-rooms [data-room="random"]').tap();
        await offScreen('sidebar');
        await eventually(ada, () => document.querySelector('#room-name').textContent === 'random');
        await ada.locator('#sidebar-open').tap();
        await onScreen('sidebar');
        await ada.touchscreen.tap(375, 500);
        await offScreen('sidebar');
        await ada.locator('#sidebar-open').tap();
        await onScreen('sidebar');
        await ada.keyboard.press('Escape');
        await offScreen('sidebar');
        assert.equal(await ada.evaluate(() => document.activeElement.id), 'sidebar-open');
    });

    await check('phone: unread messages elsewhere show on the button of the drawer', async () => {
        await say(bob, 'back in the lobby');
        await ada.locator('#unread-dot').waitFor();
        await ada.locator('#sidebar-open').tap();
        await ada.locator('[data-room="lobby"]').tap();
        await message(ada, 'back in the lobby').waitFor();
        await ada.locator('#unread-dot').waitFor({ state: 'hidden' });
    });

    await check('phone: the people are a drawer', async () => {
        await offScreen('people');
        await ada.locator('#people-open').tap();
        await onScreen('people');
        await people(ada, 'Ada', 'Bob');
        await ada.locator('#people-close').tap();
        await offScreen('people');
    });

    await check('phone: what is touched is large enough, and no text field makes the page zoom', async () => {
        const small = await ada.evaluate(() => [...document.querySelectorAll('.topbar button, .composer button, #text')]
            .filter(node => node.offsetParent && Math.min(node.offsetHeight, node.offsetWidth) < 40)
            .map(node => node.id));
        assert.deepEqual(small, []);
        const size = await ada.locator('#text').evaluate(node => parseFloat(getComputedStyle(node).fontSize));
        assert.ok(size >= 16);
    });

    await check('phone: the composer stays visible when the keyboard takes half of the screen', async () => {
        await ada.setViewportSize({ width: 390, height: 430 });
        await eventually(ada, () => Math.abs(document.querySelector('#app').getBoundingClientRect().height - 430) < 2);
        const box = await ada.locator('#composer').boundingBox();
        assert.ok(box.y + box.height <= 430);
        await eventually(ada, () => {
            const { scrollHeight, scrollTop, clientHeight } = document.querySelector('#scroller');
            return scrollHeight - scrollTop - clientHeight < 2;
        });
    });

    await leave(ada);
    await leave(bob);
    await server.stop();
}

async function screenshots(directory) {
    await mkdir(directory, { recursive: true });
    const server = await startServer();
    const shot = (page, name) => page.screenshot({ path: join(directory, `${name}.png`), animations: 'disabled' });
    const size = { viewport: { width: 1360, height: 860 }, deviceScaleFactor: 1 };

    const grace = await enter(server.url, { name: 'Grace Hopper' });
    const linus = await enter(server.url, { name: 'Linus' });
    await exchange(grace, linus, 'Morning! The new server is up.');
    await exchange(grace, linus, 'Same stock client as before, nothing to change in the page.');
    const light = await enter(server.url, { name: 'Ada Lovelace', colorScheme: 'light', ...size });
    await exchange(light, grace, 'I can see the history from before I came in, nice.');
    await exchange(light, grace, 'Docs are at https://socket.io/docs/v4/ if anybody asks.');
    await exchange(linus, light, 'Pulled the plug on my wifi twice. It came back by itself and nothing was lost.');
    await nextFile(grace);
    await linus.locator('#text').fill('And this is the view from here');
    await attach(linus, { name: 'hills.png', mimeType: 'image/png', buffer: png });
    await arrived(grace);
    await exchange(light, grace, 'Beautiful.');
    const noor = await enter(server.url, { name: 'Noor' });
    const people = [];
    for (const name of ['Mateo Ruiz', 'Zoë Lindqvist', 'Kim', 'Olumide']) {
        people.push(await enter(server.url, { name }));
    }
    for (const page of people.slice(0, 2)) await say(page, '/join random');
    await say(people[0], '/join coffee-break');
    await say(light, '/join random');
    await light.locator('[data-room="lobby"]').click();
    await say(people[0], 'Who wants coffee?');
    await say(people[1], 'Me! Two minutes.');
    await exchange(noor, light, 'Does it work over long-polling too? Our proxy blocks WebSocket.');
    await exchange(grace, light, 'Yes. The little sign under your name tells which one you got.');
    await linus.locator('#text').pressSequentially('I think');
    await light.locator('#typing[data-active="true"]').waitFor();
    await light.locator('[data-room="random"] .badge').waitFor();
    await shot(light, 'desktop_light');
    await light.emulateMedia({ colorScheme: 'dark' });
    await shot(light, 'desktop_dark');

    const small = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    const phone = await enter(server.url, { name: 'Ida', ...small });
    await exchange(phone, light, 'Hello from the train.');
    await exchange(phone, light, 'The tunnel took my connection for a moment, but here we are.');
    await exchange(grace, phone, 'Welcome aboard.');
    await say(phone, '/join random');
    await eventually(phone, () => document.querySelector('#room-name').textContent === 'random');
    await phone.locator('#sidebar-open').tap();
    await phone.locator('[data-room="lobby"]').tap();
    await exchange(grace, phone, 'Have a good ride!');
    await shot(phone, 'phone');
    await phone.emulateMedia({ colorScheme: 'dark' });
    await shot(phone, 'phone_dark');
    await phone.emulateMedia({ colorScheme: 'light' });
    await phone.locator('#sidebar-open').tap();
    await eventually(phone, () => document.querySelector('#sidebar').getBoundingClientRect().left === 0);
    await shot(phone, 'phone_drawer');

    const welcome = await openPage(server.url, { name: 'Ada', ...size });
    await welcome.locator('#welcome-state', { hasText: 'Connected' }).waitFor();
    await shot(welcome, 'welcome_light');
    await welcome.emulateMedia({ colorScheme: 'dark' });
    await shot(welcome, 'welcome_dark');

    const proxy = await startProxy(server.port);
    const cut = await enter(proxy.url, { name: 'Far Away', ...size });
    await exchange(cut, light, 'Still here');
    await say(cut, '/nick Grace Hopper');
    proxy.stall();
    await say(cut, 'This one gets no answer');
    await cut.locator('.message[data-state="failed"]').waitFor();
    proxy.cut();
    await say(cut, 'This one waits for the connection');
    await cut.locator('#file').setInputFiles([
        { name: 'hills.png', mimeType: 'image/png', buffer: png },
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    ]);
    await cut.locator('#tray li').nth(1).waitFor();
    await cut.locator('#banner', { hasText: 'attempt' }).waitFor();
    await shot(cut, 'offline_light');
    await cut.emulateMedia({ colorScheme: 'dark' });
    await shot(cut, 'offline_dark');
    proxy.stop();

    const kim = people[2];
    await say(kim, '/join quiet');
    await eventually(kim, () => document.querySelector('#room-name').textContent === 'quiet');
    await kim.locator('#room-add').click();
    await shot(kim, 'dialog');
    await kim.keyboard.press('Escape');
    await shot(kim, 'empty');
    await server.stop();
}

const scenarios = [
    ...Object.entries(ways).map(([label, way]) => [label, () => coreScenario(label, way)]),
    ['loss with websocket', () => lossScenario('loss with websocket', ways.websocket)],
    ['loss with polling', () => lossScenario('loss with polling', ways['polling by ?transports=polling'])],
    ['page', pageScenario],
    ['phone', phoneScenario],
];

for (const [label, run] of scenarios) {
    if (!label.includes(options.only)) continue;
    try {
        await run();
    } catch (error) {
        await check(`${label}: could be played to its end`, () => { throw error; });
    }
}
if (options.screenshots) await check('screenshots', () => screenshots(options.screenshots));
await check('no page had an error', async () => assert.deepEqual(complaints, []));

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
