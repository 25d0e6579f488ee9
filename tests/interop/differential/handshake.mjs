// SPDX-License-Identifier: BSL-1.0
// Handshakes over HTTP, where they are looked for, and who may read their answers (features HTTP-1 to 5, 9 to 13, 19, 20).

const get = (target, options) => (t) => t.exchange("reply", target, options);
const query = (text, options) => get(`/socket.io/?${text}`, options);
const polling = "EIO=4&transport=polling";

export const handshakes = {
    "HTTP-1 handshake": query(polling),
    "HTTP-1 handshake over HTTP/1.0": query(polling, { version: "1.0" }),
    "HTTP-1 handshake over HTTP/1.0 that would keep the connection": query(polling, {
        version: "1.0",
        headers: { Connection: "keep-alive" },
    }),
    "HTTP-1 handshake that ends its connection": query(polling, { headers: { Connection: "close" } }),
    "HTTP-1 handshake with a body": query(polling, { body: "4ignored" }),
    "HTTP-1 percent-encoded values": query("%45IO=%34&transport=poll%69ng"),
    "HTTP-1 other keys": query(`${polling}&t=abc&b64=1&x=%zz&=&y`),
    "HTTP-3 no EIO": query("transport=polling"),
    "HTTP-3 EIO=3": query("EIO=3&transport=polling"),
    "HTTP-3 EIO=5": query("EIO=5&transport=polling"),
    "HTTP-3 EIO=abc": query("EIO=abc&transport=polling"),
    "HTTP-3 EIO=04": query("EIO=04&transport=polling"),
    "HTTP-3 EIO twice": query("EIO=4&EIO=4&transport=polling"),
    "HTTP-4 no transport": query("EIO=4"),
    "HTTP-4 no query": get("/socket.io/"),
    "HTTP-4 unknown transport": query("EIO=4&transport=carrier"),
    "HTTP-4 transport in capitals": query("EIO=4&transport=Polling"),
    "HTTP-4 transport of Object.prototype": query("EIO=4&transport=constructor"),
    "HTTP-4 transport twice": query("EIO=4&transport=polling&transport=websocket"),
    "HTTP-4 webtransport": query("EIO=4&transport=webtransport"),
    "HTTP-5 websocket without an upgrade": query("EIO=4&transport=websocket"),
    "HTTP-7 empty sid": query(`${polling}&sid=`),
    "HTTP-7 unknown sid": query(`${polling}&sid=unknown`),
    "HTTP-7 sid of Object.prototype": query(`${polling}&sid=__proto__`),
    "HTTP-7 sid as an array": query(`${polling}&sid[]=x`),
    "HTTP-7 sid twice": query(`${polling}&sid=x&sid=y`),
    "HTTP-7 unknown sid, websocket without an upgrade": query("EIO=4&transport=websocket&sid=unknown"),
    "HTTP-7 unknown sid of another version": query("EIO=3&transport=polling&sid=unknown"),
    "HTTP-19 an old browser": query(polling, {
        headers: { "User-Agent": "Mozilla/5.0 (compatible;MSIE 10.0; Windows NT 6.1; Trident/6.0)" },
    }),
};

export const paths = {
    "HTTP-13 below the path": get(`/socket.io/foo?${polling}`),
    "HTTP-13 without the last slash": get(`/socket.io?${polling}`),
    "HTTP-13 a longer name": get(`/socket.iox/?${polling}`),
    "HTTP-13 in capitals": get(`/Socket.IO/?${polling}`),
    "HTTP-13 percent-encoded path": get(`/socket%2eio/?${polling}`),
    "HTTP-13 two slashes": get(`//socket.io/?${polling}`),
    "HTTP-13 absolute target": get(`http://localhost/socket.io/?${polling}`),
    "HTTP-13 another path": get("/"),
    "HTTP-13 a path with dots": get(`/x/../socket.io/?${polling}`),
    "HTTP-20 the client's bundle": async (t) => {
        const link = t.link();
        await link.request("/socket.io/socket.io.js");
        const { status, headers } = await link.response();
        t.note("reply", { status, type: headers["content-type"] });
    },
    "HTTP-20 no file of the bundle": get("/socket.io/server.js"),
};

const origin = { Origin: "http://page.example" };
const preflight = {
    ...origin,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type, x-token",
};

export const cors = {
    "HTTP-9 preflight": query(polling, { method: "OPTIONS", headers: preflight }),
    "HTTP-9 preflight without headers": query(polling, {
        method: "OPTIONS",
        headers: { ...origin, "Access-Control-Request-Method": "GET" },
    }),
    "HTTP-9 preflight of nothing": query("", { method: "OPTIONS", headers: preflight }),
    "HTTP-9 preflight of an unknown session": query(`${polling}&sid=x`, {
        method: "OPTIONS",
        headers: preflight,
    }),
    "HTTP-9 OPTIONS without an origin": query(polling, { method: "OPTIONS" }),
    "HTTP-10 handshake from another origin": query(polling, { headers: origin }),
    "HTTP-10 handshake without an origin": query(polling),
    "HTTP-11 an error for another origin": query("EIO=4&transport=none", { headers: origin }),
    "HTTP-11 a POST from another origin": async (t) => {
        const session = await t.polling();
        t.note_answer("post", await session.post("40", origin));
    },
    "HTTP-12 an origin with a control character": query(polling, {
        headers: { Origin: "http://page\x01.example" },
    }),
    "HTTP-12 an origin beyond Latin 1": query(polling, { headers: { Origin: "http://p\xe9ge.example" } }),
    "HTTP-10 websocket from another origin": async (t) => {
        await t.note_websocket("websocket", {}, { headers: origin });
    },
};
