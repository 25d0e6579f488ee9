// SPDX-License-Identifier: BSL-1.0
// The server of examples/02_chat on npm's socket.io, to develop the page against and to compare ours with.
// node reference_chat.mjs --port N

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Server } from 'socket.io';

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '3000' } } });

const limits = {
    text: 2000, name: 24, room: 24, file: 500_000, label: 100, key: 64, tag: 40,
    history: 50, files: 32_000_000, roomsOfUser: 20, rooms: 200,
};
const permanent = {
    lobby: 'Say hello. Everybody starts here.',
    random: 'Anything goes.',
    help: 'Questions and answers.',
};

const web = new URL('../../examples/02_chat/web/', import.meta.url);
const types = {
    '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml',
};

async function serve(request, response) {
    const { pathname } = new URL(request.url, 'http://chat');
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    try {
        if (!/^[\w-]+\.\w+$/.test(name)) throw new Error('not a page');
        const body = await readFile(fileURLToPath(new URL(name, web)));
        const type = types[extname(name)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body);
    } catch {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
    }
}

const http = createServer(serve);
const io = new Server(http);

const users = new Map(); // folded name -> { name, key, socket, rooms }
const rooms = new Map(); // name -> { name, topic, users, messages, forgotten }
const files = []; // attachments that still have their bytes, oldest first
let fileBytes = 0;
let lastId = Date.now();

class Refused extends Error {}

function demand(condition, sentence) {
    if (!condition) throw new Refused(sentence);
}

const length = text => [...text].length;
const fold = name => name.replace(/[A-Z]/g, letter => letter.toLowerCase());
const summary = room => ({ name: room.name, topic: room.topic, users: room.users.size });

function openRoom(name, topic = '') {
    const room = { name, topic, users: new Set(), messages: [], forgotten: lastId };
    rooms.set(name, room);
    return room;
}

for (const [name, topic] of Object.entries(permanent)) openRoom(name, topic);

function checkedName(text) {
    const name = text.replace(/[ \t\r\n]+/g, ' ').trim();
    demand(name !== '', 'A name needs at least one character.');
    demand(length(name) <= limits.name, `A name has at most ${limits.name} characters.`);
    const invisible = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
    demand(!invisible.test(name), 'A name has no invisible characters.');
    return name;
}

function freeName(wish) {
    if (!users.has(fold(wish))) return wish;
    for (let n = 2; ; ++n) {
        const suffix = ` ${n}`;
        const name = [...wish].slice(0, limits.name - suffix.length).join('').trimEnd() + suffix;
        if (!users.has(fold(name))) return name;
    }
}

function roomToJoin(name) {
    demand(/^[a-z0-9_-]{1,24}$/.test(name),
        'The name of a room has 1 to 24 of these: a to z, 0 to 9, - and _.');
    if (rooms.has(name)) return rooms.get(name);
    if (rooms.size >= limits.rooms) {
        const empty = [...rooms.values()].find(room => room.users.size === 0 && !(room.name in permanent));
        demand(empty, 'There are too many rooms already.');
        rooms.delete(empty.name);
    }
    return openRoom(name);
}

function roomOf(user, name) {
    const room = user.rooms.get(name);
    demand(room, 'You are not in this room.');
    return room;
}

function remember(room, message) {
    room.messages.push(message);
    if (message.file) {
        files.push(message.file);
        fileBytes += message.file.size;
    }
    while (room.messages.length > limits.history) {
        const old = room.messages.shift();
        room.forgotten = old.id;
        if (old.file?.data) forget(files.indexOf(old.file));
    }
    while (fileBytes > limits.files) forget(0);
}

function forget(index) {
    const [file] = files.splice(index, 1);
    fileBytes -= file.size;
    file.data = null;
}

function leave(user, room) {
    user.rooms.delete(room.name);
    room.users.delete(user);
    user.socket.leave(room.name);
    user.socket.to(room.name).emit('left', room.name, user.name);
    io.emit('room', summary(room));
}

function forgetUser(user) {
    for (const room of [...user.rooms.values()]) leave(user, room);
    if (users.get(fold(user.name)) === user) users.delete(fold(user.name));
}

const is = {
    string: value => typeof value === 'string',
    boolean: value => typeof value === 'boolean',
    integer: value => Number.isSafeInteger(value),
    draft: value => value !== null && typeof value === 'object' && is.string(value.room) && is.string(value.text)
        && is.string(value.tag) && (value.file === null || is.upload(value.file)),
    upload: value => typeof value === 'object' && is.string(value.name) && is.string(value.type)
        && Buffer.isBuffer(value.data),
};

const requests = {
    rename(user, wish) {
        const name = checkedName(wish);
        const holder = users.get(fold(name));
        demand(!holder || holder === user, `The name “${name}” is taken.`);
        const from = user.name;
        if (name !== from) {
            users.delete(fold(from));
            user.name = name;
            users.set(fold(name), user);
            for (const room of user.rooms.keys()) user.socket.to(room).emit('renamed', room, from, name);
        }
        return { name };
    },

    join(user, name, since) {
        const known = user.rooms.has(name);
        demand(known || user.rooms.size < limits.roomsOfUser, 'You are in too many rooms already.');
        const room = roomToJoin(name);
        if (!known) {
            user.rooms.set(name, room);
            room.users.add(user);
            user.socket.to(name).emit('joined', name, user.name);
            user.socket.join(name);
            io.emit('room', summary(room));
        }
        const withoutData = file => file && { ...file, data: null };
        return {
            room: summary(room),
            users: [...room.users].map(member => member.name),
            messages: room.messages.filter(message => message.id > since)
                .map(message => ({ ...message, file: withoutData(message.file) })),
            gap: since > 0 && since < room.forgotten,
        };
    },

    leave(user, name) {
        leave(user, roomOf(user, name));
        return {};
    },

    message(user, draft) {
        const room = roomOf(user, draft.room);
        const text = draft.text.trim();
        const file = draft.file;
        demand(text !== '' || file, 'There is nothing to send.');
        demand(length(text) <= limits.text, `A message has at most ${limits.text} characters.`);
        demand(draft.tag !== '' && length(draft.tag) <= limits.tag, 'The tag of a message has 1 to 40 characters.');
        demand(!file || file.data.length <= limits.file, 'A file has at most 500 KB.');
        demand(!file || (length(file.name) <= limits.label && length(file.type) <= limits.label),
            'The name of this file is too long.');

        const before = room.messages.find(({ tag, author }) => tag === draft.tag && author === user.name);
        if (before) return { id: before.id, time: before.time };

        const message = {
            id: ++lastId, time: Date.now(), room: room.name, author: user.name, text, tag: draft.tag,
            file: file && { name: file.name, type: file.type, size: file.data.length, data: file.data },
        };
        user.socket.to(room.name).emit('message', message);
        remember(room, message);
        return { id: message.id, time: message.time };
    },

    download(user, name, id) {
        const file = roomOf(user, name).messages.find(message => message.id === id)?.file;
        demand(file?.data, 'This file is no longer kept.');
        return { data: file.data };
    },

    typing(user, name, active) {
        roomOf(user, name);
        user.socket.to(name).emit('typing', name, user.name, active);
        return {};
    },
};

const signatures = {
    hello: [is.string, is.string],
    rename: [is.string],
    join: [is.string, is.integer],
    leave: [is.string],
    message: [is.draft],
    download: [is.string, is.integer],
    typing: [is.string, is.boolean],
};

io.on('connection', socket => {
    let user = null;

    function hello(wish, key) {
        demand(!user, 'You have said hello already.');
        demand(key !== '' && length(key) <= limits.key, 'The key has 1 to 64 characters.');
        const name = checkedName(wish);
        const older = [...users.values()].find(other => other.key === key);
        if (older) {
            forgetUser(older);
            older.socket.emit('replaced');
            older.socket.disconnect();
        }
        user = { name: freeName(name), key, socket, rooms: new Map() };
        users.set(fold(user.name), user);
        return { name: user.name, rooms: [...rooms.values()].map(summary) };
    }

    for (const [event, signature] of Object.entries(signatures)) {
        socket.on(event, (...args) => {
            const reply = typeof args.at(-1) === 'function' ? args.pop() : () => {};
            if (args.length !== signature.length || !signature.every((fits, i) => fits(args[i]))) return;
            try {
                demand(user || event === 'hello', 'Say hello first.');
                const answer = event === 'hello' ? hello(...args) : requests[event](user, ...args);
                reply({ error: '', ...answer });
            } catch (error) {
                if (!(error instanceof Refused)) throw error;
                reply({ error: error.message });
            }
        });
    }

    socket.on('disconnecting', () => {
        if (user) forgetUser(user);
    });
});

process.on('SIGTERM', () => {
    io.close(() => process.exit(0));
});

http.listen(Number(options.port), () => console.log(`listening on http://localhost:${http.address().port}`));
