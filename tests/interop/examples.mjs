// SPDX-License-Identifier: BSL-1.0
// Each example does with the stock client what its first lines promise.
// node examples.mjs --bin DIR [--only TEXT]

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect, createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Socket } from 'engine.io-client';
import { io } from 'socket.io-client';
import msgpackParser from 'socket.io-msgpack-parser';

const { values: options } = parseArgs({
    options: { bin: { type: 'string' }, only: { type: 'string', default: '' } },
});
if (!options.bin) {
    console.error('usage: node examples.mjs --bin DIR [--only TEXT]');
    process.exit(2);
}

const deadline = 20_000;
let passed = 0;
let failed = 0;
const planned = [];

function within(promise, what) {
    let timer;
    const expired = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing within ${deadline / 1000} s: ${what}`)), deadline);
    });
    return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}

async function check(name, body) {
    if (!name.includes(options.only)) return;
    try {
        await within(body(), name);
        ++passed;
        console.log(`ok      ${name}`);
    } catch (error) {
        ++failed;
        console.log(`FAILED  ${name}\n        ${String(error.stack ?? error).replaceAll('\n', '\n        ')}`);
    }
}

// An example as a process: what it has printed, and how it ended.
class Program {
    out = '';
    err = '';

    constructor(name, port, args = [], more = {}, input = 'ignore') {
        const env = { ...process.env, ...more, ...(port !== undefined && { PORT: String(port) }) };
        const program = name.startsWith('cosio_') ? name : `example_${name}`;
        this.child = spawn(join(options.bin, program), args, { env, stdio: [input, 'pipe', 'pipe'] });
        this.child.stdin?.on('error', () => {});
        this.child.stdout.setEncoding('utf8').on('data', text => { this.out += text; });
        this.child.stderr.setEncoding('utf8').on('data', text => { this.err += text; });
        this.ended = new Promise((resolve, reject) => {
            this.child.on('error', reject);
            this.child.on('close', (status, signal) => resolve(signal ?? status));
        });
        this.ended.catch(() => {});
    }

    async listening() {
        const early = this.ended.then(status => { throw new Error(`ended with ${status}: ${this.err}`); });
        while (!this.out.includes('\n')) await Promise.race([once(this.child.stdout, 'data'), early]);
    }

    // Returns when it has printed `text` so many times.
    async says(text, times = 1) {
        const early = this.ended.then(status => { throw new Error(`ended with ${status}: ${this.err}`); });
        early.catch(() => {});
        while (this.out.split(text).length <= times) await Promise.race([once(this.child.stdout, 'data'), early]);
    }

    type(line) {
        this.child.stdin.write(`${line}\n`);
    }
}

async function taken() {
    const holder = createServer().listen(0);
    await once(holder, 'listening');
    return holder;
}

async function freePort() {
    const holder = await taken();
    const { port } = holder.address();
    holder.close();
    await once(holder, 'close');
    return port;
}

// Runs a server example and `scenario(connect, url)`; `connect` makes a client that has connected.
function server(name, scenario, settings = {}) {
    for (const signal of ['SIGTERM', 'SIGINT']) {
        if (signal === 'SIGINT' && name !== '01_hello') continue;
        planned.push([`${name}: as it promises, and 0 on ${signal}`, async () => {
            const port = await freePort();
            const url = `http://localhost:${port}`;
            const program = new Program(name, port);
            const clients = [];
            const connect = async (path = '', more = {}) => {
                const client = io(url + path, { forceNew: true, reconnection: false, ...settings, ...more });
                clients.push(client);
                await new Promise((resolve, reject) => {
                    client.on('connect', resolve);
                    client.on('connect_error', reject);
                });
                return client;
            };
            try {
                await program.listening();
                assert.equal(program.out, `listening on ${url}\n`);
                await scenario(connect, url);
                program.child.kill(signal);
                assert.equal(await program.ended, 0);
                assert.equal(program.err, '');
            } finally {
                program.child.kill('SIGKILL');
                for (const client of clients) client.disconnect();
            }
        }]);
    }
    planned.push([`${name}: a port in use is one line and 1`, async () => {
        const holder = await taken();
        const program = new Program(name, holder.address().port);
        try {
            assert.equal(await program.ended, 1);
            assert.equal(program.out, '');
            assert.match(program.err, new RegExp(`^[^\\n]*${holder.address().port}[^\\n]*\\n$`));
        } finally {
            program.child.kill('SIGKILL');
            holder.close();
        }
    }]);
}

// A wrong option or port: one line on stderr that names it, nothing on stdout, and 1.
function complains(name, said, port, ...args) {
    planned.push([`${name} ${args.join(' ') || `with PORT=${port}`}: one line and 1`, async () => {
        const program = new Program(name, port, args);
        try {
            assert.equal(await program.ended, 1);
            assert.equal(program.out, '');
            assert.match(program.err, new RegExp(`^${name.replace(/^(?=\d)/, '(example_)?')}[^\n]*${said}[^\n]*\n$`));
        } finally {
            program.child.kill('SIGKILL');
        }
    }]);
}

function direct(name, expected) {
    planned.push([`${name}: as it promises, and 0`, async () => {
        const program = new Program(name);
        try {
            assert.equal(await program.ended, 0);
            assert.equal(program.err, '');
            assert.match(program.out, expected);
        } finally {
            program.child.kill('SIGKILL');
        }
    }]);
}

const ask = (client, ...args) => client.timeout(deadline).emitWithAck(...args);

// The arguments of the next event of that name.
const next = (client, event) => new Promise(resolve => client.once(event, (...args) => resolve(args)));

server('01_hello', async (connect, url) => {
    const client = io(url, { forceNew: true });
    try {
        const [text, id] = await next(client, 'hello');
        assert.deepEqual([text, id], ['You are', client.id]);
        client.emit('greet', 'Ada');
        assert.deepEqual(await next(client, 'greeting'), ['Hello, Ada!']);
    } finally {
        client.disconnect();
    }
});

server('02_chat', async (connect, url) => {
    const fetched = async path => {
        const answer = await fetch(url + path);
        await answer.arrayBuffer();
        return [answer.status, answer.headers.get('content-type')];
    };
    assert.deepEqual(await fetched('/'), [200, 'text/html; charset=utf-8']);
    assert.deepEqual(await fetched('/style.css'), [200, 'text/css; charset=utf-8']);
    for (const name of ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js']) {
        assert.deepEqual(await fetched(`/socket.io/${name}`), [200, 'application/javascript; charset=utf-8']);
        assert.deepEqual(await fetched(`/socket.io/${name}.map`), [200, 'application/json; charset=utf-8']);
    }
    for (const path of ['/main.cpp', '/../main.cpp', '/%2e%2e/main.cpp', '//etc/passwd']) {
        assert.equal((await fetched(path))[0], 404, path);
    }
    assert.equal((await fetched('/socket.io/package.json'))[0], 400);
    assert.equal((await fetch(`${url}/`, { method: 'PUT' })).status, 405);

    const [ada, bob] = [await connect(), await connect()];
    assert.deepEqual(await ask(ada, 'join', 'lobby', 0).then(reply => reply.error), 'Say hello first.');
    assert.equal((await ask(ada, 'hello', ' Ada\n Lovelace ', 'a')).name, 'Ada Lovelace');
    const hello = await ask(bob, 'hello', 'ada lovelace', 'b');
    assert.equal(hello.name, 'ada lovelace 2');
    assert.deepEqual(hello.rooms.map(room => room.name), ['lobby', 'random', 'help']);
    assert.match((await ask(bob, 'rename', '\u202eevil')).error, /invisible/);
    assert.match((await ask(bob, 'rename', 'ADA LOVELACE')).error, /taken/);
    assert.deepEqual(await ask(bob, 'rename', 'Bob'), { error: '', name: 'Bob' });
    for (const client of [ada, bob]) assert.equal((await ask(client, 'join', 'lobby', 0)).error, '');
    assert.match((await ask(bob, 'join', 'No Room', 0)).error, /name of a room/);

    const draft = { room: 'lobby', text: ' hi ', tag: 't1', file: { name: 'f', type: '', data: Buffer.from([1, 2]) } };
    const heard = next(bob, 'message');
    const sent = await ask(ada, 'message', draft);
    assert.equal(sent.error, '');
    assert.ok(Math.abs(sent.id - Date.now()) < 60_000);
    const [message] = await heard;
    assert.deepEqual(message, {
        id: sent.id, time: sent.time, room: 'lobby', author: 'Ada Lovelace', text: 'hi', tag: 't1',
        file: { name: 'f', type: '', size: 2, data: Buffer.from([1, 2]) },
    });
    assert.deepEqual(await ask(ada, 'message', draft), sent);
    const history = await ask(bob, 'join', 'lobby', 0);
    assert.deepEqual(history.messages, [{ ...message, file: { ...message.file, data: null } }]);
    assert.deepEqual(history.users, ['Ada Lovelace', 'Bob']);
    assert.deepEqual((await ask(bob, 'download', 'lobby', sent.id)).data, Buffer.from([1, 2]));
    assert.match((await ask(bob, 'download', 'lobby', 1)).error, /no longer kept/);
    assert.match((await ask(ada, 'message', { ...draft, text: 'x'.repeat(2001), tag: 't2' })).error, /at most 2000/);
    assert.match((await ask(ada, 'message', { ...draft, text: ' ', tag: 't2', file: null })).error, /nothing/);
    const large = { ...draft, tag: 't2', file: { name: 'f', type: '', data: Buffer.alloc(500_001) } };
    assert.match((await ask(ada, 'message', large)).error, /at most 500 KB/);

    for (let n = 1; n <= 51; ++n) {
        assert.equal((await ask(ada, 'message', { room: 'lobby', text: `${n}`, tag: `n${n}`, file: null })).error, '');
    }
    const later = await ask(bob, 'join', 'lobby', sent.id - 1);
    assert.equal(later.gap, true);
    assert.equal(later.messages.length, 50);
    assert.match((await ask(bob, 'download', 'lobby', sent.id)).error, /no longer kept/);
    for (let n = 1; n < 20; ++n) assert.equal((await ask(bob, 'join', `r${n}`, 0)).error, '');
    assert.match((await ask(bob, 'join', 'r20', 0)).error, /too many rooms/);

    // The same person again: the older socket goes first, and its name is free.
    const second = await connect();
    const left = next(bob, 'left');
    const replaced = next(ada, 'replaced');
    const gone = next(ada, 'disconnect');
    assert.equal((await ask(second, 'hello', 'Ada Lovelace', 'a')).name, 'Ada Lovelace');
    assert.deepEqual(await left, ['lobby', 'Ada Lovelace']);
    await replaced;
    assert.deepEqual(await gone.then(([reason]) => reason), 'io server disconnect');
    await ask(second, 'join', 'lobby', 0);
    assert.deepEqual((await ask(bob, 'join', 'lobby', 0)).users.sort(), ['Ada Lovelace', 'Bob']);
    const third = await connect();
    assert.equal((await ask(third, 'hello', 'Ada Lovelace', 'c')).name, 'Ada Lovelace 2');
});

server('03_rooms', async connect => {
    const [ada, bob, cid] = [await connect(), await connect(), await connect()];
    assert.equal(await ask(ada, 'join', 'kitchen'), 1);
    const joined = next(ada, 'joined');
    assert.equal(await ask(bob, 'join', 'kitchen'), 2);
    assert.deepEqual(await joined, ['kitchen', bob.id]);
    const heard = [];
    for (const [name, client] of Object.entries({ ada, bob, cid })) {
        client.onAny((...event) => heard.push([name, ...event]));
    }
    const all = count => new Promise(resolve => {
        const look = () => (heard.length >= count ? resolve(heard.splice(0).sort()) : setTimeout(look, 5));
        look();
    });
    ada.emit('say', 'kitchen', 'Coffee?');
    assert.deepEqual(await all(1), [['bob', 'said', 'kitchen', 'Coffee?']]);
    ada.emit('shout', 'kitchen', 'Coffee!');
    assert.deepEqual(await all(2), [['ada', 'said', 'kitchen', 'Coffee!'], ['bob', 'said', 'kitchen', 'Coffee!']]);
    ada.emit('whisper', cid.id, 'psst');
    assert.deepEqual(await all(1), [['cid', 'whispered', ada.id, 'psst']]);
    await ask(cid, 'join', 'garden');
    await ask(bob, 'join', 'quiet');
    ada.emit('announce', 'Dinner');
    assert.deepEqual(await all(2), [['ada', 'announced', 'Dinner'], ['cid', 'announced', 'Dinner']]);
    const { id } = bob;
    bob.disconnect();
    assert.deepEqual(await all(1), [['ada', 'left', 'kitchen', id]]);
});

server('04_acks', async connect => {
    const client = await connect();
    assert.deepEqual(await ask(client, 'divide', 7, 2), { quotient: 3, remainder: 1, error: '' });
    assert.match((await ask(client, 'divide', 7, 0)).error, /do not divide/);
    const guesses = [1, 2, 42];
    client.on('guess', (low, high, answer) => answer(guesses.shift()));
    assert.equal(await ask(client, 'play', 42), 'Found it at try 3.');
    client.off('guess');
    assert.match(await ask(client, 'play', 42), /^No guess: ./);
});

server('05_binary', async connect => {
    const [ada, bob] = [await connect(), await connect()];
    assert.equal(await ask(ada, 'latest'), null);
    const shared = { name: 'dot.png', data: Buffer.from([137, 80, 78, 71]) };
    const seen = next(bob, 'picture');
    const reply = await new Promise(resolve => ada.emit('share', shared, (...args) => resolve(args)));
    assert.deepEqual(reply, [4, 137 + 80 + 78 + 71]);
    assert.deepEqual(await seen, [shared]);
    assert.deepEqual(await ask(bob, 'latest'), shared);
});

server('06_middleware_auth', async connect => {
    assert.equal(await ask(await connect(), 'who'), 'a guest');
    assert.equal(await ask(await connect('/admin', { auth: { token: 's3cret' } }), 'who'), 'ada');
    for (const auth of [{}, { token: 'wrong' }, { token: 7 }]) {
        await assert.rejects(connect('/admin', { auth }), error => {
            assert.equal(error.message, 'not authorized');
            assert.deepEqual(error.data, { code: 'E_TOKEN' });
            return true;
        });
    }
});

direct('08_heartbeat', new RegExp([
    'client: 1 \\+ 2 = 3',
    ' 44\\.999 s  test:   nobody has noticed yet',
    ' 45\\.000 s  server: \\S{20} is gone: ping timeout',
    '645\\.001 s  test:   the server closes',
    '645\\.001 s  server: \\S{20} is gone: server shutting down',
].join('\\n') + '\\n$'));
direct('08_partition', /Ada is here\n.*Bob is here\n.*Bob ping timeout\n.*Ada hears: \(she is away\)\n.*Bob is back\n.*Bob hears: \(she is away\)\n.*Bob hears: Bob, are you there\?\n/s);
direct('08_crash', /^\d{2,} crashes: no order was lost, [1-9]\d* came again and were known already\n$/);
direct('08_seeds', /^COSIO_SEED=\d+: \d+ clicks were counted as \d+\n1?\d of 20 steps are enough:\n/);
direct('17_tls_client', new RegExp([
    '^by default: localhost: certificate verify failed: self-signed certificate',
    'with its certificate: 1 \\+ 2 = 3',
].join('\n') + '\n$'));
direct('09_custom_transport', /^a\.bin has 5 bytes\n$/);

server('10_msgpack', async connect => {
    const [ada, bob] = [await connect(), await connect()];
    const taken = { sensor: 'a', samples: [1, 2.5], raw: Buffer.alloc(4) };
    const seen = next(bob, 'measured');
    assert.deepEqual(await ask(ada, 'measure', taken), { sensor: 'a', mean: 1.75, raw_bytes: 4 });
    assert.deepEqual(await seen, [taken]);
}, { parser: msgpackParser });

server('12_documents', async connect => {
    const [ada, bob, eve] = [await connect('/doc-1'), await connect('/doc-1'), await connect('/doc-2')];
    const edited = next(bob, 'edit');
    ada.emit('edit', 'hello');
    assert.deepEqual(await edited, ['hello']);
    eve.on('agree?', (title, answer) => answer(false));
    bob.on('agree?', (title, answer) => answer(title === 'New'));
    const vote = title => new Promise(resolve => ada.emit('propose', title, (...votes) => resolve(votes)));
    const renamed = next(bob, 'title');
    assert.deepEqual(await vote('New'), [1, 1]);
    assert.deepEqual(await renamed, ['New']);
    assert.deepEqual(await vote('Other'), [0, 1]);
    await assert.rejects(connect('/doc-x'), /Invalid namespace/);
});

server('11_sharded', async connect => {
    const clients = [];
    for (let i = 0; i < 6; ++i) clients.push(await connect('', { transports: [i % 2 ? 'polling' : 'websocket'] }));
    const threads = await Promise.all(clients.map(client => ask(client, 'where')));
    assert(threads.every(Number.isInteger));
    if (cpus().length > 1) assert(new Set(threads).size > 1, `all on thread ${threads[0]}`);
    assert.deepEqual(await Promise.all(clients.map(client => ask(client, 'where'))), threads);
    const said = clients.map(client => next(client, 'said'));
    clients[0].emit('say', 'hi');
    assert.deepEqual(await Promise.all(said), clients.map(() => ['hi']));
    const counted = clients.map(client => next(client, 'counted'));
    assert.equal(await ask(clients[5], 'census'), 6);
    assert.deepEqual(await Promise.all(counted), clients.map(() => [6]));
});

// Both transports, and an upgrade; `more` says how the server is reached.
async function counts(url, transports, more = {}) {
    for (const only of transports) {
        const client = io(url, { forceNew: true, reconnection: false, transports: only, ...more });
        try {
            await new Promise((resolve, reject) => {
                client.on('connect', resolve);
                client.on('connect_error', reject);
            });
            const { engine } = client.io;
            if (only.length > 1 && engine.transport.name !== 'websocket') await once(engine, 'upgrade');
            assert.equal(engine.transport.name, only.at(-1));
            const before = await ask(client, 'count');
            assert.equal(await ask(client, 'count'), before + 1);
        } finally {
            client.disconnect();
        }
    }
}

const every_way = [['polling'], ['websocket'], ['polling', 'websocket']];

// Runs an example that prints its addresses, and ends it.
function serving(name, scenario, settings = {}) {
    planned.push([`${name}: as it promises, and 0 on SIGTERM`, async () => {
        const program = new Program(name, await freePort(), [], settings.env);
        try {
            await program.listening();
            await scenario(program.out.match(/https?:\/\/localhost:\d+/g), program);
            program.child.kill('SIGTERM');
            assert.equal(await program.ended, 0);
            assert.equal(program.err, '');
            settings.after?.();
        } finally {
            program.child.kill('SIGKILL');
        }
    }]);
}

async function page(url) {
    const answer = await new Promise((resolve, reject) => {
        const get = url.startsWith('https') ? https.get : http.get;
        get(url, { rejectUnauthorized: false, agent: false }, resolve).on('error', reject);
    });
    let body = '';
    for await (const part of answer.setEncoding('utf8')) body += part;
    return [answer.statusCode, body];
}

serving('13_embedding_beast', async ([plain, secure]) => {
    const own = [200, "This page is the server's own.\n"];
    for (const url of [plain, secure]) {
        assert.deepEqual(await page(`${url}/`), own);
        await counts(url, every_way, { rejectUnauthorized: false });
        assert.deepEqual(await page(`${url}/`), own);
    }
    // One connection: a poll, and then the page from whoever has the connection now.
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const get = path => new Promise((resolve, reject) => {
        http.get(plain + path, { agent }, answer => {
            let body = '';
            const { localPort } = answer.socket;
            answer.setEncoding('utf8').on('data', part => { body += part; });
            answer.on('end', () => resolve([body, localPort]));
        }).on('error', reject);
    });
    const [open, port] = await get('/socket.io/?EIO=4&transport=polling');
    assert.match(open, /^0\{"sid"/);
    assert.deepEqual(await get('/'), [own[1], port]);
    agent.destroy();
});

serving('14_other_http_server', async ([url]) => {
    await counts(url, [['polling']]);
    // The page of another path is nobody's, and a WebSocket is answered.
    assert.equal((await page(`${url}/`))[0], 404);
    await assert.rejects(counts(url, [['websocket']]));
    // A client that goes while it polls is missed.
    const client = io(url, { forceNew: true, transports: ['polling'] });
    await once(client.io.engine, 'open');
    client.io.engine.close();
    await counts(url, [['polling']]);
});

const socket_path = join(tmpdir(), `cosio_examples_${process.pid}.sock`);
serving('15_listeners', async ([plain, secure]) => {
    const agent = new http.Agent({ keepAlive: true });
    agent.createConnection = (options, done) => connect(socket_path, done);
    const ways = [
        ['TCP', plain, {}],
        ['TLS', secure, { rejectUnauthorized: false }],
        ['Unix', 'http://localhost', { agent }],
    ];
    const clients = [];
    try {
        for (const transports of every_way) {
            for (const [way, url, settings] of ways) {
                const client = io(url, { forceNew: true, reconnection: false, transports, ...settings });
                clients.push(client);
                assert.deepEqual(await next(client, 'hello'), [way]);
                const { engine } = client.io;
                if (transports.length > 1 && engine.transport.name !== 'websocket') await once(engine, 'upgrade');
                assert.equal(engine.transport.name, transports.at(-1));
            }
        }
        const said = clients.map(client => next(client, 'said'));
        clients.at(-1).emit('say', 'to all');
        assert.deepEqual(await Promise.all(said), clients.map(() => ['to all']));
        assert.equal(statSync(socket_path).mode & 0o777, 0o660);
    } finally {
        for (const client of clients) client.disconnect();
        agent.destroy();
    }
}, { env: { SOCKET: socket_path }, after: () => assert.equal(existsSync(socket_path), false) });

serving('16_engine_only', async ([url]) => {
    for (const transports of every_way) {
        const socket = new Socket(url, { transports });
        socket.binaryType = 'arraybuffer';
        const messages = [];
        let wake = () => {};
        socket.on('message', (data = '') => {  // an empty one has none over polling
            messages.push(typeof data === 'string' ? data : Buffer.from(data).toString('hex'));
            wake();
        });
        const heard = async count => {
            while (messages.length < count) await new Promise(resolve => { wake = resolve; });
            return messages.splice(0, count);
        };
        await once(socket, 'open');
        assert.deepEqual(await heard(1), ['you asked for /engine.io/']);
        if (transports.length > 1) assert.deepEqual(await heard(1), ['now over WebSocket']);
        socket.send('h\u00e9llo');
        socket.send(Uint8Array.of(0, 1, 255));
        socket.send('');
        assert.deepEqual(await heard(3), ['h\u00e9llo', '0001ff', '']);
        assert.equal(socket.transport.name, transports.at(-1));
        const closed = once(socket, 'close');
        socket.close();
        await closed;
    }
});

// Runs `scenario` beside a 02_chat: `serve` starts it anew, `run` starts others that connect to it, `connect` makes one who
// is in a room of it.
function chatting(name, scenario) {
    planned.push([`${name}: in 02_chat`, async () => {
        const port = await freePort();
        const programs = [];
        const clients = [];
        const run = (program, ...args) => {
            programs.push(new Program(program, port, args, {}, 'pipe'));
            return programs.at(-1);
        };
        const serve = async () => {
            const chat = run('02_chat');
            await chat.listening();
            return chat;
        };
        const enter = async (who, room) => {
            const client = io(`http://localhost:${port}`, { forceNew: true, reconnection: false });
            clients.push(client);
            const heard = [];
            client.on('message', message => heard.push(message));
            assert.equal((await ask(client, 'hello', who, who)).error, '');
            heard.unshift(...(await ask(client, 'join', room, 0)).messages);
            const say = text => ask(client, 'message', { room, text, tag: text, file: null });
            const hears = async count => {
                while (heard.length < count) await next(client, 'message');
                return heard.splice(0, count).map(({ author, text }) => [author, text]);
            };
            return { say, hears };
        };
        try {
            await scenario({ serve, run, enter });
        } finally {
            for (const { child } of programs) child.kill('SIGKILL');
            for (const client of clients) client.disconnect();
        }
    }]);
}

async function killed({ child, ended }) {
    child.kill('SIGKILL');
    await ended;
}

async function terminated(program) {
    program.child.kill('SIGTERM');
    assert.equal(await program.ended, 0);
    assert.equal(program.err, '');
}

chatting('07_client', async ({ serve, run }) => {
    const chat = await serve();
    const ada = run('07_client', 'Ada');
    await ada.says('* you are Ada in lobby: Ada\n');
    const bob = run('07_client', 'Bob', 'lobby');
    await bob.says('* you are Bob in lobby: Ada, Bob\n');
    await ada.says('* Bob is here\n');
    bob.type('hello');
    await ada.says('Bob: hello\n');
    await bob.says('Bob: hello\n');
    ada.type('hello, Bob');
    await bob.says('Ada: hello, Bob\n');
    // The server dies; what is said meanwhile is said once to the next one.
    await killed(chat);
    await ada.says('* lost the connection: transport ');
    await bob.says('* lost the connection: transport ');
    ada.type('are you there?');
    ada.type('Bob?');
    await serve();
    await ada.says('* you are Ada in lobby', 2);
    await bob.says('* you are Bob in lobby', 2);
    await bob.says('Ada: are you there?\nAda: Bob?\n');
    bob.type('yes');
    await ada.says('Bob: yes\n');
    bob.type('bye');
    bob.type('/quit');
    assert.equal(await bob.ended, 0);
    await ada.says('Bob: bye\n* Bob has left\n');
    assert.equal(ada.out.split('Bob?').length, 2);
    assert.equal(bob.out.split('Ada: are you there?').length, 2);
    ada.child.stdin.end();
    assert.equal(await ada.ended, 0);
    assert.equal(ada.err + bob.err, '');
});

chatting('18_chat_bot', async ({ serve, run, enter }) => {
    const chat = await serve();
    const bot = run('18_chat_bot');
    await bot.says('you are Bot in lobby: Bot\n');
    const eve = await enter('Eve', 'lobby');
    for (const line of ['hello', '!add 1 2 3.5', '!hello', '!help']) await eve.say(line);
    assert.deepEqual(await eve.hears(3), [
        ['Bot', '6.5'], ['Bot', 'Hello, Eve!'], ['Bot', 'I know !help, !hello and !add NUMBER...'],
    ]);
    await killed(chat);
    await serve();
    await bot.says('you are Bot in lobby', 2);
    const again = await enter('Eve', 'lobby');
    await again.say('!add 1');
    // The server was killed, perhaps before it had acknowledged the bot's last line, which is said again then.
    const [[, first]] = await again.hears(1);
    assert.ok(first === '1' || first === 'I know !help, !hello and !add NUMBER...', first);
    if (first !== '1') assert.deepEqual(await again.hears(1), [['Bot', '1']]);
    await terminated(bot);
});

chatting('19_embedding_client', async ({ serve, run, enter }) => {
    const number = ([author, text]) => {
        assert.equal(author, 'Sensor');
        return Number(/^measurement (\d+)$/.exec(text)[1]);
    };
    const chat = await serve();
    const sensor = run('19_embedding_client');
    await sensor.says('you are Sensor in sensors');
    const reader = await enter('Reader', 'sensors');
    const [first, second] = (await reader.hears(2)).map(number);
    assert.equal(second, first + 1);
    // It goes on measuring, and tells all of it later.
    await killed(chat);
    await sensor.says('lost the connection');
    await serve();
    await sensor.says('you are Sensor in sensors', 2);
    const [third, fourth] = (await (await enter('Reader', 'sensors')).hears(2)).map(number);
    assert(third <= second + 2, `${third} after ${second}`);
    assert.equal(fourth, third + 1);
    await terminated(sensor);
});

for (const name of ['01_hello', '02_chat', '03_rooms', '10_msgpack', '11_sharded', '15_listeners', '16_engine_only']) complains(name, 'none', 'none');
complains('02_chat', 'colour', undefined, '--colour', 'red');
for (const name of ['cosio_bench_server', 'cosio_conformance_server', 'cosio_interop_server']) {
    complains(name, 'port', undefined, '--port', '70000');
    complains(name, 'colour', undefined, '--colour', 'red');
}
complains('cosio_bench_server', 'codec', undefined, '--codec', 'xml');
complains('cosio_bench_server', 'shards', undefined, '--shards', '5000');
complains('cosio_bench_server', 'nowhere.pem', undefined, '--tls', '--certificate', 'nowhere.pem', '--key', 'nowhere.pem');

for (const [name, body] of planned) await check(name, body);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
