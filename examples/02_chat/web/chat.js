// SPDX-License-Identifier: BSL-1.0
// The page of the chat; PROTOCOL.md beside this folder lists the events it exchanges with the server.

const limits = { text: 2000, file: 500_000, fileName: 100, tray: 5, kept: 400 };
const times = { answer: 10_000, typing: 2500, typingShown: 6000, toast: 5000, group: 5 * 60_000 };
const pictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];
const transports = { polling: 'Long-polling', websocket: 'WebSocket', webtransport: 'WebTransport' };

const byId = id => document.getElementById(id);
const query = new URLSearchParams(location.search);

// Builds elements from text only: nothing a user wrote is ever parsed as HTML.
function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
        else if (value === true) node.setAttribute(name, '');
        else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter(child => child !== null && child !== undefined));
    return node;
}

function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#icon-${name}`);
    svg.append(use);
    return svg;
}

// Private windows may refuse storage; the chat then forgets on reload, and that is all.
function storage(area) {
    return {
        read(key) { try { return window[area].getItem(`cosio.${key}`) ?? ''; } catch { return ''; } },
        write(key, value) { try { window[area].setItem(`cosio.${key}`, value); } catch { /* forgotten */ } },
    };
}

const browser = storage('localStorage');
const tab = storage('sessionStorage');

function randomTag() {
    const bytes = crypto.getRandomValues(new Uint8Array(15));
    return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const length = text => [...text].length;

function listed(names, most = 3) {
    if (names.length === 1) return names[0];
    if (names.length <= most) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} others`;
}

function hueOf(name) {
    let hash = 2166136261;
    for (const unit of name.toLowerCase()) hash = Math.imul(hash ^ unit.codePointAt(0), 16777619);
    const mixed = Math.imul(hash ^ hash >>> 15, 8795);
    return ((mixed ^ mixed >>> 13) >>> 0) % 360;
}

function initialsOf(name) {
    const words = name.split(' ').filter(word => /[\p{L}\p{N}]/u.test(word));
    const first = words[0] ?? name;
    const letters = words.length > 1 ? [...first][0] + [...words.at(-1)][0] : [...first].slice(0, 2).join('');
    return letters.toUpperCase();
}

function paintAvatar(node, name) {
    node.style.setProperty('--hue', hueOf(name));
    node.textContent = initialsOf(name);
    return node;
}

const avatar = name => paintAvatar(el('span', { class: 'avatar', 'aria-hidden': 'true' }), name);

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

function dayOf(time) {
    const date = new Date(time);
    return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function dayLabel(time) {
    const day = dayOf(time);
    if (day === dayOf(Date.now())) return 'Today';
    if (day === dayOf(Date.now() - 86_400_000)) return 'Yesterday';
    return dayFormat.format(time);
}

function timeNode(time, attributes = {}) {
    const at = { datetime: new Date(time).toISOString(), title: fullFormat.format(time) };
    return el('time', { ...at, ...attributes }, clockFormat.format(time));
}

function sizeLabel(bytes) {
    if (bytes < 1000) return plural(bytes, 'byte', 'bytes');
    return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;
}

const key = tab.read('key') || randomTag();
tab.write('key', key);

const me = { name: '', wish: tab.read('name') || browser.read('name') };
const rooms = new Map();
let current = null;
let ready = false; // the server knows our name and rooms
let replaced = false;

function roomNamed(name) {
    if (!rooms.has(name)) {
        rooms.set(name, {
            name, topic: '', users: 0, joined: false, entered: false, members: new Set(), typing: new Map(),
            items: [], ids: new Set(), last: 0, days: new Map(), marker: null, unread: 0,
            list: el('div', { class: 'list' }), scroll: null, draft: '', tray: [],
        });
    }
    return rooms.get(name);
}

const joinedRooms = () => [...rooms.values()].filter(room => room.joined);

function saveRooms() {
    tab.write('rooms', joinedRooms().map(room => room.name).join(' '));
}

const wishedRoom = () => (query.get('room') ?? '').trim().toLowerCase().replace(/^#/, '').replace(/\s+/g, '-');

const transportList = query.get('transports')?.split(',').filter(name => name in transports);
const socket = io({
    ...(transportList?.length ? { transports: transportList } : {}),
    reconnectionDelay: 500, reconnectionDelayMax: 4000,
});
window.socket = socket; // for the curious, and for the tests

class Refused extends Error {}

async function ask(event, ...args) {
    const reply = await socket.timeout(times.answer).emitWithAck(event, ...args);
    if (reply.error) throw new Refused(reply.error);
    return reply;
}

// What went wrong, for people; empty when it only was the connection, which the banner tells already.
function sentence(error) {
    if (error instanceof Refused) return error.message;
    return socket.connected ? 'The server does not answer.' : '';
}

function showTransport(state) {
    const name = socket.io.engine?.transport?.name ?? '';
    const chip = byId('transport');
    chip.dataset.state = state;
    chip.dataset.transport = state === 'offline' ? '' : name;
    byId('app').dataset.online = state === 'connected';
    const label = transports[name] ?? '';
    chip.textContent = { connected: label, connecting: 'Connecting', offline: 'Offline' }[state];
    chip.title = state === 'connected' ? `Connected by ${label}` : '';
}

let bannerTimer = 0;

function banner(text, { kind = 'warn', busy = false, action = '', run = null, vanish = false } = {}) {
    clearTimeout(bannerTimer);
    const node = byId('banner');
    node.hidden = text === '';
    node.dataset.kind = kind;
    node.dataset.busy = busy;
    byId('banner-text').textContent = text;
    byId('banner-action').hidden = !action;
    byId('banner-action').textContent = action;
    byId('banner-action').onclick = run;
    if (vanish) bannerTimer = setTimeout(() => banner(''), 2500);
}

let lostBefore = false;

function showReconnecting(attempt) {
    const name = transports[socket.io.engine?.transport?.name] ?? '';
    const by = name ? ` over ${name === 'Long-polling' ? 'long-polling' : name}` : '';
    const tries = attempt > 1 ? ` (attempt ${attempt})` : '';
    banner(lostBefore ? `Connection lost. Reconnecting${by}${tries}…` : `Connecting${by}${tries}…`,
        { busy: true, kind: lostBefore || attempt > 1 ? 'warn' : 'calm' });
    byId('welcome-state').textContent = 'Connecting…';
    showTransport('connecting');
}

socket.io.on('reconnect_attempt', attempt => queueMicrotask(() => showReconnecting(attempt)));

socket.io.on('open', () => {
    socket.io.engine.on('upgrade', () => showTransport('connected'));
});

socket.on('connect', () => {
    showTransport('connected');
    banner(lostBefore ? 'Back online.' : '', { kind: 'good', vanish: true });
    byId('welcome-state').textContent = 'Connected. No account, no password.';
    begin();
});

socket.on('disconnect', reason => {
    ready = false;
    lostBefore = true;
    stopTyping();
    for (const room of rooms.values()) {
        room.entered = false;
        room.typing.clear();
    }
    showTypers();
    showTransport('offline');
    if (replaced) {
        banner('The chat is open in another tab.', { action: 'Use it here', run: () => socket.connect() });
    } else if (reason === 'io server disconnect') {
        banner('The server closed the connection.', { action: 'Reconnect', run: () => socket.connect() });
    } else {
        showReconnecting(1);
    }
});

socket.on('connect_error', () => showTransport('offline'));

socket.on('replaced', () => { replaced = true; });

async function begin() {
    if (!me.wish) return;
    const session = socket.id;
    const gone = () => socket.id !== session;
    try {
        const reply = await ask('hello', me.wish, key);
        if (gone()) return;
        replaced = false;
        takeName(reply.name);
        for (const info of reply.rooms) updateRoom(info);
        closeWelcome();
    } catch (error) {
        if (gone()) return;
        if (error instanceof Refused) openWelcome(error.message);
        else reconnect();
        return;
    }
    if (!current) chooseRooms();
    ready = true;
    await Promise.all(joinedRooms().map(enter));
    showRooms();
}

// A server that does not even answer these has to be met anew.
function reconnect() {
    socket.disconnect().connect();
}

function chooseRooms() {
    const before = tab.read('rooms').split(' ').filter(Boolean);
    const wish = wishedRoom();
    for (const name of before) roomNamed(name).joined = true;
    show(wish || before[0] || 'lobby');
}

function takeName(name) {
    if (name !== me.wish) toast(`The name “${me.wish}” is taken, so you are “${name}”.`);
    setName(name);
}

function setName(name) {
    me.name = me.wish = name;
    tab.write('name', name);
    byId('my-name').textContent = name;
    paintAvatar(byId('my-avatar'), name);
}

// Joins a room, or returns to it, and takes over what was said since.
async function enter(room) {
    const returning = room.last > 0;
    try {
        const reply = await ask('join', room.name, room.last);
        if (!room.joined) return;
        updateRoom(reply.room);
        room.members = new Set(reply.users);
        room.entered = true;
        takeHistory(room, reply, returning);
        flush(room);
    } catch (error) {
        if (error instanceof Refused) drop(room, error.message);
        else if (socket.connected) reconnect();
        return;
    }
    if (room === current) {
        showHead();
        showPeople();
    }
}

function takeHistory(room, { messages, gap }, returning) {
    const missed = [];
    for (const message of messages) {
        const item = take(room, message);
        if (item && !item.own) missed.push(item);
    }
    if (gap && returning) {
        const before = missed[0] ?? null;
        const item = { kind: 'divider', time: before?.time ?? Date.now(), text: 'Some messages may be missing here' };
        room.items.splice(before ? room.items.indexOf(before) : room.items.length, 0, item);
    }
    if (returning && missed.length) {
        room.marker = { item: missed[0], text: `While you were away: ${plural(missed.length, 'message', 'messages')}` };
        if (!seeing(room)) room.unread += missed.length;
    }
    render(room, { quiet: !returning });
    showRooms();
}

function drop(room, why) {
    room.joined = false;
    saveRooms();
    if (room === current) {
        current = null;
        show(joinedRooms()[0]?.name ?? 'lobby');
    }
    showRooms();
    toast(why);
}

function addItem(room, item) {
    let at = room.items.length;
    const waits = other => other.kind === 'message' && (item.id !== null && other.state === 'sending'
        || other.id !== null && item.id !== null && other.id > item.id);
    if (item.kind === 'message') while (at > 0 && waits(room.items[at - 1])) --at;
    room.items.splice(at, 0, item);
    return item;
}

// One message from the server; null when we have it already.
function take(room, message) {
    if (room.ids.has(message.id)) return null;
    room.ids.add(message.id);
    room.last = Math.max(room.last, message.id);
    const waiting = room.items.find(item => item.tag === message.tag && item.own && item.id === null);
    if (waiting) {
        settle(room, waiting, message);
        return waiting;
    }
    const own = message.author === me.name;
    return addItem(room, { ...message, kind: 'message', own, state: 'sent', busy: false, node: null });
}

function settle(room, item, { id, time }) {
    Object.assign(item, { id, time, state: 'sent', why: '' });
    room.ids.add(id);
    room.last = Math.max(room.last, id);
}

function compose(room, text, file) {
    const item = addItem(room, {
        kind: 'message', id: null, time: Date.now(), author: me.name, own: true, text, tag: randomTag(), file,
        state: 'sending', why: '', busy: false, node: null,
    });
    room.marker = null;
    if (room === current) pinned = true;
    render(room);
    deliver(room, item);
}

async function deliver(room, item) {
    if (!ready || !room.entered || item.busy) return;
    item.busy = true;
    const { text, tag, file } = item;
    const upload = file && { name: file.name, type: file.type, data: file.data };
    try {
        const reply = await ask('message', { room: room.name, text, tag, file: upload });
        if (item.id === null) settle(room, item, reply);
    } catch (error) {
        // Without a connection it stays under way: flush() sends it again, and the tag keeps it single.
        const why = sentence(error);
        if (item.id === null && why) Object.assign(item, { state: 'failed', why });
    }
    item.busy = false;
    if (item.state === 'sending' && ready && room.entered) deliver(room, item);
    render(room);
}

function flush(room) {
    for (const item of [...room.items]) if (item.state === 'sending') deliver(room, item);
}

function retry(room, item) {
    room.items.splice(room.items.indexOf(item), 1);
    Object.assign(item, { state: 'sending', why: '', time: Date.now() });
    addItem(room, item);
    render(room);
    deliver(room, item);
    byId('text').focus();
}

function discard(room, item) {
    room.items.splice(room.items.indexOf(item), 1);
    render(room);
    byId('text').focus();
}

socket.on('message', message => {
    const room = rooms.get(message.room);
    if (!room?.joined) return;
    setTyping(room, message.author, false);
    const item = take(room, message);
    if (!item) return;
    if (!seeing(room) && !item.own) {
        if (room.unread++ === 0) room.marker = { item, text: 'New messages' };
    }
    render(room);
    showRooms();
});

function notice(room, text, kind = '') {
    room.items.push({ kind: 'notice', time: Date.now(), text, style: kind, node: null });
    render(room);
}

const turns = {
    joined: { left: 'came and went' },
    left: { joined: 'came back' },
    'came back': { left: 'left' },
    'came and went': { joined: 'came back' },
};

// Consecutive comings and goings share one line.
function presence(room, name, what) {
    let item = room.items.at(-1);
    if (item?.kind !== 'notice' || !item.people || Date.now() - item.time > times.group) {
        item = { kind: 'notice', time: Date.now(), text: '', style: '', people: new Map(), node: null };
        room.items.push(item);
    }
    item.people.set(name, turns[item.people.get(name)]?.[what] ?? what);
    const verbs = new Map();
    for (const [person, verb] of item.people) verbs.set(verb, [...(verbs.get(verb) ?? []), person]);
    item.text = [...verbs].map(([verb, names]) => `${listed(names, 4)} ${verb}`).join(' · ');
    if (item.node) item.node.textContent = item.text;
    render(room);
}

socket.on('joined', (name, person) => {
    const room = rooms.get(name);
    if (!room?.joined) return;
    room.members.add(person);
    presence(room, person, 'joined');
    peopleChanged(room);
});

socket.on('left', (name, person) => {
    const room = rooms.get(name);
    if (!room?.joined) return;
    room.members.delete(person);
    setTyping(room, person, false);
    presence(room, person, 'left');
    peopleChanged(room);
});

socket.on('renamed', (name, from, to) => {
    const room = rooms.get(name);
    if (!room?.joined) return;
    room.members.delete(from);
    room.members.add(to);
    setTyping(room, from, false);
    notice(room, `${from} is now ${to}`);
    peopleChanged(room);
});

socket.on('room', info => {
    updateRoom(info);
    showRooms();
});

function updateRoom({ name, topic, users }) {
    Object.assign(roomNamed(name), { topic, users });
}

function peopleChanged(room) {
    if (room !== current) return;
    showHead();
    showPeople();
}

const scroller = byId('scroller');
let pinned = true;

const seeing = room => room === current && !document.hidden && pinned && me.name !== '';

function dividerNode(text, kind) {
    return el('div', { class: `day ${kind}`, role: 'separator', 'aria-label': text }, text);
}

function linkified(text) {
    const parts = [];
    let end = 0;
    for (const match of text.matchAll(/https?:\/\/[^\s<>"'`]+/giu)) {
        let url = match[0].replace(/[.,;:!?…*_~]+$/u, '');
        while (url.endsWith(')') && url.split(')').length > url.split('(').length) url = url.slice(0, -1);
        let target = null;
        try { target = new URL(url); } catch { continue; }
        if (!['http:', 'https:'].includes(target.protocol)) continue;
        parts.push(text.slice(end, match.index),
            el('a', { href: target.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, url));
        end = match.index + url.length;
    }
    return [...parts, text.slice(end)];
}

const onlyEmoji = text => /^(?:\p{Extended_Pictographic}[\u{fe0f}\u{200d}\u{1f3fb}-\u{1f3ff}]*\s*){1,4}$/u.test(text);

function messageNode(room, item) {
    const node = el('article', { class: 'message', 'aria-label': `${item.own ? 'You' : item.author}:` });
    node.style.setProperty('--hue', hueOf(item.author));
    node.classList.toggle('own', item.own);
    node.classList.toggle('emoji', !item.file && onlyEmoji(item.text));
    const bubble = el('div', { class: 'bubble' },
        item.file && fileNode(room, item),
        item.text ? el('div', { class: 'bubble-text', dir: 'auto' }, ...linkified(item.text)) : null);
    node.append(avatar(item.author), el('div', { class: 'content' },
        el('div', { class: 'byline' }, el('strong', {}, item.own ? 'You' : item.author), timeNode(item.time)),
        el('div', { class: 'line' }, bubble, timeNode(item.time, { class: 'side-time', 'aria-hidden': 'true' })),
        item.own ? el('div', { class: 'foot' }) : null));
    item.shown = '';
    return node;
}

function updateFoot(room, item) {
    const shown = `${item.state} ${item.why} ${item.time}`;
    if (!item.own || item.shown === shown) return;
    item.shown = shown;
    item.node.dataset.state = item.state;
    const foot = item.node.querySelector('.foot');
    const again = el('button', { class: 'link-button', type: 'button', onclick: () => retry(room, item) }, 'Retry');
    const away = el('button', { class: 'link-button', type: 'button', onclick: () => discard(room, item) }, 'Delete');
    foot.replaceChildren(...{
        sending: () => [icon('clock'), 'Sending…'],
        sent: () => [timeNode(item.time), icon('check'), el('span', { class: 'visually-hidden' }, 'Sent')],
        failed: () => [icon('alert'), `Not sent. ${item.why ?? ''}`, again, away],
    }[item.state]());
}

function fileNode(room, item) {
    const file = item.file;
    if (!pictures.includes(file.type) || file.broken) return cardNode(room, item);
    const label = `Picture ${file.name}`;
    const holder = el('button', { class: 'picture waiting', type: 'button', 'aria-label': label }, 'Loading…');
    if (file.data) fillPicture(room, item, holder);
    else whenVisible(holder, () => download(room, item).then(() => fillPicture(room, item, holder), () => {
        holder.textContent = 'No longer available';
        holder.disabled = true;
    }));
    return holder;
}

function fillPicture(room, item, holder) {
    const file = item.file;
    file.url ??= URL.createObjectURL(new Blob([file.data], { type: file.type }));
    const image = el('img', { src: file.url, alt: file.name, decoding: 'async' });
    image.onerror = () => {
        file.broken = true;
        holder.replaceWith(cardNode(room, item));
    };
    holder.classList.remove('waiting');
    holder.replaceChildren(image);
    holder.onclick = () => openLightbox(file);
}

// Only ever saved, never opened: a page or an SVG from a stranger must not run on our origin.
function cardNode(room, item) {
    const file = item.file;
    const size = sizeLabel(file.size);
    return el('button', {
        class: 'file', type: 'button', title: `Save ${file.name}`, 'aria-label': `Save ${file.name}, ${size}`,
        onclick: () => save(room, item),
    }, el('span', { class: 'file-mark' }, icon('file')), el('span', { class: 'file-text' },
        el('span', { class: 'file-name' }, file.name), el('span', { class: 'file-size' }, size)), icon('download'));
}

async function download(room, item) {
    if (item.file.data) return;
    item.file.data = (await ask('download', room.name, item.id)).data;
}

async function save(room, item) {
    try {
        await download(room, item);
    } catch (error) {
        toast(sentence(error) || 'There is no connection.');
        return;
    }
    const url = URL.createObjectURL(new Blob([item.file.data], { type: 'application/octet-stream' }));
    el('a', { href: url, download: item.file.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const waiting = new WeakMap();
const sight = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        sight.unobserve(target);
        waiting.get(target)?.();
    }
}, { rootMargin: '200px' });

function whenVisible(node, run) {
    waiting.set(node, run);
    sight.observe(node);
}

function nodeOf(room, item) {
    if (item.kind === 'message') item.node ??= messageNode(room, item);
    if (item.kind === 'notice') item.node ??= el('p', { class: `notice ${item.style}` }, item.text);
    if (item.kind === 'divider') item.node ??= dividerNode(item.text, 'gap');
    return item.node;
}

function dayNode(room, time) {
    const day = dayOf(time);
    const label = dayLabel(time);
    if (!room.days.has(day)) room.days.set(day, dividerNode(label, ''));
    const node = room.days.get(day);
    if (node.textContent !== label) node.textContent = label;
    return node;
}

function trim(room) {
    while (room.items.length > limits.kept && (room !== current || pinned)) {
        const old = room.items.shift();
        if (old.file?.url) URL.revokeObjectURL(old.file.url);
        if (old.id) room.ids.delete(old.id);
    }
}

// Brings the room's nodes into the order of its items, touching only what differs.
function render(room, { quiet = false } = {}) {
    trim(room);
    const nodes = [];
    let day = '';
    let previous = null;
    for (const item of room.items) {
        if (dayOf(item.time) !== day) {
            day = dayOf(item.time);
            nodes.push(dayNode(room, item.time));
            previous = null;
        }
        if (room.marker?.item === item) {
            room.marker.node ??= dividerNode(room.marker.text, 'marker');
            nodes.push(room.marker.node);
            previous = null;
        }
        const node = nodeOf(room, item);
        nodes.push(node);
        if (item.kind === 'message') {
            const starts = previous?.author !== item.author || previous.own !== item.own
                || item.time - previous.time > times.group;
            node.classList.toggle('starts', starts);
            node.classList.add('ends');
            if (!starts) previous.node.classList.remove('ends');
            updateFoot(room, item);
        }
        previous = item.kind === 'message' ? item : null;
    }
    reconcile(room.list, nodes, room === current && !quiet);
    if (room === current) afterRender(room, quiet);
}

function reconcile(list, nodes, animate) {
    const wanted = new Set(nodes);
    for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
    let at = list.firstChild;
    for (const node of nodes) {
        if (node === at) {
            at = at.nextSibling;
            continue;
        }
        if (animate && !node.isConnected) {
            node.classList.add('fresh');
            node.addEventListener('animationend', () => node.classList.remove('fresh'), { once: true });
        }
        list.insertBefore(node, at);
    }
}

function afterRender(room, quiet) {
    const empty = room.entered && !room.items.some(item => item.kind === 'message');
    byId('empty').hidden = !empty;
    byId('empty-title').textContent = `This is #${room.name}`;
    byId('empty-text').textContent = room.members.size > 1
        ? 'Nobody has said anything yet. Break the ice.'
        : 'You are the first one here. Say something, or share the address of this page.';
    if (quiet) scroller.setAttribute('aria-busy', 'true');
    if (pinned) toBottom();
    if (quiet) requestAnimationFrame(() => scroller.removeAttribute('aria-busy'));
    showPill();
}

function toBottom() {
    scroller.scrollTop = scroller.scrollHeight;
}

function measure() {
    pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    seen();
}

function seen() {
    if (current && seeing(current) && current.unread) {
        current.unread = 0;
        showRooms();
    }
    showPill();
}

function showPill() {
    const far = !pinned && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight > 120;
    const count = pinned ? 0 : current?.unread ?? 0;
    byId('pill').hidden = !(far || count);
    byId('pill').dataset.new = count > 0;
    byId('pill-text').textContent = count ? plural(count, 'new message', 'new messages') : 'To the newest message';
}

scroller.addEventListener('scroll', measure, { passive: true });
document.addEventListener('visibilitychange', seen);
byId('pill').addEventListener('click', () => {
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: 'smooth' });
    byId('text').focus({ preventScroll: true });
});

// Pictures that load, the keyboard of a phone and a growing composer must not move the newest message away.
const growth = new ResizeObserver(() => (pinned ? toBottom() : showPill()));
growth.observe(scroller);
growth.observe(byId('log'));

function show(name) {
    const room = roomNamed(name);
    closeDrawers();
    if (room === current) return;
    if (current) {
        stopTyping();
        current.scroll = { pinned, top: scroller.scrollTop };
        current.draft = byId('text').value;
        if (!current.unread) current.marker = null;
    }
    const isNew = !room.joined;
    current = room;
    room.joined = true;
    saveRooms();
    if (isNew && ready) enter(room);

    const url = new URL(location.href);
    url.searchParams.set('room', name);
    url.searchParams.delete('name');
    history.replaceState(null, '', url);

    byId('log').replaceChildren(room.list);
    byId('text').value = room.draft;
    byId('text').placeholder = `Message #${name}`;
    fitComposer();
    showTray();
    pinned = room.scroll?.pinned ?? true;
    render(room, { quiet: true });
    if (!pinned) scroller.scrollTop = room.scroll.top;
    if (room.marker?.node?.isConnected) room.marker.node.scrollIntoView({ block: 'center' });
    measure();
    showHead();
    showRooms();
    showPeople();
    showTypers();
    if (!coarse()) byId('text').focus({ preventScroll: true });
}

async function leaveRoom(room) {
    if (joinedRooms().length === 1) {
        toast('This is your last room. Join another one first.');
        return;
    }
    if (ready) ask('leave', room.name).catch(() => {});
    const next = joinedRooms().find(other => other !== room);
    if (room === current) show(next.name);
    rooms.delete(room.name);
    updateRoom({ ...room, users: Math.max(0, room.users - 1) });
    saveRooms();
    showRooms();
}

function roomRow(room) {
    const here = room === current;
    const unread = here ? 0 : room.unread;
    const label = [room.name, room.joined ? '' : plural(room.users, 'person', 'people'),
        unread ? `${unread} unread` : ''].filter(Boolean).join(', ');
    const link = el('button', {
        class: `room-link${unread ? ' has-unread' : ''}`, type: 'button', 'data-room': room.name,
        'aria-current': here && 'true', 'aria-label': label, title: room.topic || null, onclick: () => show(room.name),
    }, el('span', { class: 'hash', 'aria-hidden': 'true' }, '#'), el('span', { class: 'label' }, room.name),
    unread ? el('span', { class: 'badge' }, unread > 99 ? '99+' : String(unread))
        : el('span', { class: 'here' }, room.joined ? '' : String(room.users || '')));
    const leave = room.joined && !unread && joinedRooms().length > 1 ? el('button', {
        class: 'icon-button small room-leave', type: 'button', 'aria-label': `Leave ${room.name}`, title: 'Leave',
        onclick: () => leaveRoom(room),
    }, icon('close')) : null;
    return el('li', { class: 'room-row' }, link, leave);
}

function showRooms() {
    const focused = document.activeElement?.dataset?.room;
    const others = [...rooms.values()].filter(room => !room.joined && (room.users || room.topic))
        .sort((a, b) => b.users - a.users || a.name.localeCompare(b.name));
    byId('joined-rooms').replaceChildren(...joinedRooms().map(roomRow));
    byId('other-rooms').replaceChildren(...others.map(roomRow));
    byId('other-section').hidden = !others.length;
    if (focused) document.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();

    const unread = joinedRooms().reduce((sum, room) => sum + room.unread, 0);
    byId('unread-dot').hidden = !joinedRooms().some(room => room !== current && room.unread);
    document.title = `${unread ? `(${unread}) ` : ''}${current ? `#${current.name} · ` : ''}cosio chat`;
}

function showHead() {
    byId('room-name').textContent = current.name;
    byId('room-topic').textContent = current.topic;
    const people = [...current.members];
    byId('people-count').textContent = people.length;
    byId('people-open').setAttribute('aria-label', `Who is here: ${plural(people.length, 'person', 'people')}`);
    byId('faces').replaceChildren(...people.filter(name => name !== me.name).slice(0, 3).map(avatar));
}

function showPeople() {
    const byName = (a, b) => (b === me.name) - (a === me.name) || a.localeCompare(b);
    const people = [...current.members].sort(byName);
    byId('people-total').textContent = people.length;
    const rows = people.slice(0, 200).map(name => el('li', { 'data-person': name }, avatar(name),
        el('span', { class: 'person', title: name }, name),
        name === me.name ? el('span', { class: 'note' }, 'you') : null));
    if (people.length > 200) rows.push(el('li', { class: 'note' }, `and ${people.length - 200} more`));
    byId('people-list').replaceChildren(...rows);
}

let typingSince = 0;

function noteTyping() {
    const text = byId('text').value;
    if (text.trim() === '' || text.startsWith('/')) return stopTyping();
    if (!ready || !current?.entered || Date.now() - typingSince < times.typing) return undefined;
    typingSince = Date.now();
    socket.emit('typing', current.name, true);
    return undefined;
}

function stopTyping() {
    if (typingSince && ready && current?.entered) socket.emit('typing', current.name, false);
    typingSince = 0;
}

function setTyping(room, name, active) {
    clearTimeout(room.typing.get(name));
    room.typing.delete(name);
    if (active) room.typing.set(name, setTimeout(() => setTyping(room, name, false), times.typingShown));
    if (room === current) showTypers();
}

function showTypers() {
    const names = current ? [...current.typing.keys()] : [];
    const text = names.length > 3 ? 'Several people are typing'
        : names.length > 1 ? `${listed(names)} are typing` : names.map(name => `${name} is typing`).join('');
    byId('typing').dataset.active = names.length > 0;
    byId('typing-text').textContent = text;
}

socket.on('typing', (name, person, active) => {
    const room = rooms.get(name);
    if (room?.joined) setTyping(room, person, active);
});

const coarse = () => matchMedia('(pointer: coarse)').matches;

function fitComposer() {
    const area = byId('text');
    area.style.height = '';
    if (area.scrollHeight > area.clientHeight) area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
    area.style.overflowY = area.scrollHeight > 180 ? 'auto' : 'hidden';
    const left = limits.text - length(area.value.trim());
    byId('remaining').hidden = left > 200;
    byId('remaining').textContent = left;
    byId('remaining').classList.toggle('over', left < 0);
    byId('send').disabled = left < 0 || (area.value.trim() === '' && !current?.tray.length);
}

const help = '/nick name: change your name\n/join room: go to a room, or make it\n/leave: leave this room';

const commands = {
    nick: async name => { await rename(name); },
    join: async name => { joinByName(name); },
    leave: async () => { await leaveRoom(current); },
    help: async () => notice(current, help),
};

async function rename(name) {
    if (!name.trim()) throw new Refused('Write the new name after /nick.');
    const before = me.name;
    const reply = await ask('rename', name);
    if (reply.name === before) return;
    setName(reply.name);
    browser.write('name', reply.name);
    for (const room of joinedRooms()) {
        room.members.delete(before);
        room.members.add(reply.name);
    }
    notice(current, `You are now ${reply.name}`);
    peopleChanged(current);
}

function joinByName(text) {
    const name = text.trim().toLowerCase().replace(/^#/, '').replace(/\s+/g, '-');
    if (!/^[a-z0-9_-]{1,24}$/.test(name)) {
        throw new Refused('The name of a room has 1 to 24 of these: a to z, 0 to 9, - and _.');
    }
    show(name);
}

async function run(name, argument) {
    const room = current;
    try {
        if (!(name in commands)) throw new Refused(`There is no command /${name}. Try /help.`);
        await commands[name](argument);
    } catch (error) {
        notice(room, sentence(error) || 'There is no connection.', 'error');
    }
}

function submit() {
    const area = byId('text');
    const text = area.value.trim();
    if (byId('send').disabled || !current) return;
    area.value = '';
    stopTyping();
    const command = text.match(/^\/([a-z]+)(?:\s+([^]*))?$/);
    if (command && !current.tray.length) {
        run(command[1], command[2] ?? '');
    } else {
        const files = current.tray.splice(0);
        compose(current, text, files.shift() ?? null);
        for (const file of files) compose(current, '', file);
    }
    showTray();
    fitComposer();
}

byId('composer').addEventListener('submit', event => {
    event.preventDefault();
    submit();
    byId('text').focus();
});

byId('text').addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
});

byId('text').addEventListener('input', () => {
    fitComposer();
    noteTyping();
});

byId('text').addEventListener('blur', stopTyping);

// Photographs of a phone are larger than the limit: a smaller copy goes in their place.
async function shrink(file) {
    const bitmap = await createImageBitmap(file);
    for (const side of [1920, 1280, 960]) {
        const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
        const canvas = el('canvas', {});
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', .84));
        if (blob && blob.size <= limits.file) return blob;
    }
    return null;
}

function clippedName(name) {
    const letters = [...name];
    return letters.length <= limits.fileName ? name : letters.slice(-limits.fileName).join('');
}

async function prepare(file) {
    let blob = file;
    let name = file.name || 'picture';
    if (file.size > limits.file && pictures.includes(file.type) && file.type !== 'image/gif') {
        blob = await shrink(file).catch(() => null);
        name = name.replace(/\.\w+$/, '') + '.jpg';
    }
    if (!blob || blob.size > limits.file) {
        toast(`“${file.name}” is larger than 500 KB.`);
        return null;
    }
    const type = /^[\w.+-]{1,49}\/[\w.+-]{1,50}$/.test(blob.type) ? blob.type : 'application/octet-stream';
    const data = await blob.arrayBuffer();
    const url = pictures.includes(type) ? URL.createObjectURL(new Blob([data], { type })) : undefined;
    return { name: clippedName(name), type, size: data.byteLength, data, url };
}

async function addFiles(list) {
    const room = current;
    if (!room) return;
    for (const file of list) {
        if (room.tray.length >= limits.tray) {
            toast(`At most ${limits.tray} files at a time.`);
            break;
        }
        const ready = await prepare(file).catch(() => toast(`“${file.name}” cannot be read.`) ?? null);
        if (ready) room.tray.push(ready);
    }
    showTray();
    fitComposer();
    byId('text').focus();
}

function showTray() {
    const tray = current?.tray ?? [];
    byId('tray').hidden = !tray.length;
    byId('tray').replaceChildren(...tray.map(file => el('li', {},
        file.url ? el('img', { src: file.url, alt: '' }) : el('span', { class: 'file-mark' }, icon('file')),
        el('span', { class: 'tray-name' }, file.name),
        el('button', {
            class: 'icon-button small', type: 'button', 'aria-label': `Remove ${file.name}`,
            onclick: () => {
                tray.splice(tray.indexOf(file), 1);
                if (file.url) URL.revokeObjectURL(file.url);
                showTray();
                fitComposer();
                byId('text').focus();
            },
        }, icon('close')))));
}

byId('attach').addEventListener('click', () => byId('file').click());
byId('file').addEventListener('change', () => {
    const files = [...byId('file').files];
    byId('file').value = '';
    addFiles(files);
});

byId('text').addEventListener('paste', event => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    addFiles([...event.clipboardData.files]);
});

let dragDepth = 0;

function dragging(change) {
    dragDepth = Math.max(0, change);
    byId('drop').hidden = dragDepth === 0 || !current;
    byId('drop-text').textContent = `Drop to attach to #${current?.name ?? ''}`;
}

const carriesFiles = event => event.dataTransfer?.types.includes('Files');
addEventListener('dragenter', event => carriesFiles(event) && dragging(dragDepth + 1));
addEventListener('dragleave', event => carriesFiles(event) && dragging(dragDepth - 1));
addEventListener('dragover', event => carriesFiles(event) && event.preventDefault());
addEventListener('drop', event => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    dragging(0);
    addFiles([...event.dataTransfer.files]);
});

function openLightbox(file) {
    byId('lightbox-image').src = file.url;
    byId('lightbox-image').alt = file.name;
    byId('lightbox-name').textContent = `${file.name}, ${sizeLabel(file.size)}`;
    byId('lightbox-save').href = file.url;
    byId('lightbox-save').download = file.name;
    byId('lightbox').showModal();
}

byId('lightbox').addEventListener('click', event => {
    if (event.target === byId('lightbox')) byId('lightbox').close();
});

function toast(text) {
    const node = el('div', { class: 'toast' }, text);
    byId('toasts').append(node);
    setTimeout(() => node.remove(), times.toast);
}

const narrow = matchMedia('(max-width: 759px)');
const noPeopleColumn = matchMedia('(max-width: 1099px)');
let opener = null;

function openDrawer(panel, button, focus) {
    closeDrawers();
    opener = button;
    panel.dataset.drawer = 'true';
    button.setAttribute('aria-expanded', 'true');
    byId('conversation').inert = true;
    byId('scrim').hidden = false;
    focus.focus();
}

function closeDrawers() {
    if (!opener) return;
    for (const panel of [byId('sidebar'), byId('people')]) panel.dataset.drawer = 'false';
    byId('conversation').inert = false;
    byId('scrim').hidden = true;
    opener.setAttribute('aria-expanded', 'false');
    opener.focus({ preventScroll: true });
    opener = null;
}

function showPeopleColumn(open) {
    byId('people').dataset.open = open;
    if (!noPeopleColumn.matches) byId('people-open').setAttribute('aria-expanded', open);
    browser.write('people', open ? 'open' : 'closed');
}

byId('sidebar-open').addEventListener('click', () => {
    openDrawer(byId('sidebar'), byId('sidebar-open'), byId('sidebar-close'));
});
byId('sidebar-close').addEventListener('click', closeDrawers);
byId('scrim').addEventListener('click', closeDrawers);
byId('people-open').addEventListener('click', () => {
    if (noPeopleColumn.matches) openDrawer(byId('people'), byId('people-open'), byId('people-close'));
    else showPeopleColumn(byId('people').dataset.open !== 'true');
});
byId('people-close').addEventListener('click', () => {
    if (noPeopleColumn.matches) closeDrawers();
    else showPeopleColumn(false);
});
for (const size of [narrow, noPeopleColumn]) size.addEventListener('change', closeDrawers);

addEventListener('keydown', event => {
    if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
        if (opener) closeDrawers();
        else if (!pinned) byId('pill').click();
    }
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown') && current) {
        event.preventDefault();
        const names = joinedRooms().map(room => room.name);
        const step = event.key === 'ArrowDown' ? 1 : names.length - 1;
        show(names[(names.indexOf(current.name) + step) % names.length]);
    }
});

for (const button of document.querySelectorAll('[data-close]')) {
    button.addEventListener('click', () => button.closest('dialog').close());
}

function openDialog(dialog, input, value) {
    closeDrawers();
    dialog.querySelector('.form-error').textContent = '';
    input.value = value;
    dialog.showModal();
    input.select();
}

function onDialog(form, dialog, input, action) {
    form.addEventListener('submit', async event => {
        event.preventDefault();
        const error = dialog.querySelector('.form-error');
        try {
            await action(input.value);
            dialog.close();
            if (!coarse()) byId('text').focus();
        } catch (problem) {
            error.textContent = sentence(problem) || 'There is no connection.';
        }
    });
}

byId('room-add').addEventListener('click', () => openDialog(byId('room-dialog'), byId('room-input'), ''));
byId('rename').addEventListener('click', () => openDialog(byId('name-dialog'), byId('name-input'), me.name));
onDialog(byId('room-form'), byId('room-dialog'), byId('room-input'), async name => joinByName(name));
onDialog(byId('name-form'), byId('name-dialog'), byId('name-input'), rename);

function openWelcome(error = '') {
    byId('welcome').hidden = false;
    byId('app').inert = true;
    byId('welcome-error').textContent = error;
    byId('welcome-name').value ||= query.get('name') ?? me.wish;
    byId('welcome-name').focus();
    me.wish = '';
}

function closeWelcome() {
    byId('welcome').hidden = true;
    byId('app').inert = false;
    browser.write('name', browser.read('name') || me.name);
}

byId('welcome-form').addEventListener('submit', event => {
    event.preventDefault();
    me.wish = byId('welcome-name').value.replace(/\s+/g, ' ').trim();
    if (!me.wish) {
        byId('welcome-error').textContent = 'A name needs at least one character.';
        return;
    }
    byId('welcome-error').textContent = '';
    browser.write('name', me.wish);
    if (socket.connected) begin();
    else byId('welcome-state').textContent = 'Still connecting; you will be in as soon as the server answers.';
});

// The keyboard of a phone shrinks only the visual viewport in some browsers.
function fitViewport() {
    const viewport = window.visualViewport;
    if (!viewport || viewport.scale > 1.01) return;
    document.documentElement.style.setProperty('--app-height', `${Math.round(viewport.height)}px`);
    scrollTo(0, 0);
}

window.visualViewport?.addEventListener('resize', fitViewport);
fitViewport();
showPeopleColumn(browser.read('people') !== 'closed');
banner('Connecting…', { busy: true, kind: 'calm' });
if (!me.wish || (query.get('name') && query.get('name') !== me.wish)) openWelcome();
else byId('app').inert = false;
