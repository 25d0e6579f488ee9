# SPDX-License-Identifier: BSL-1.0
"""Debian's python3-socketio as the server that interop_client.cpp talks to.

    python3 reference_server.py --port N

What CONTRACT.md says of it: the namespaces `/`, `/custom` and `/auth`, and of their events `hello`, `echo`, `ack`, `ask`,
`flood`, `kick` and `cut`. Elsewhere it differs as python3-socketio does: an unknown namespace is refused with a bare text.
"""

import argparse
import asyncio
import contextlib
import os
import signal

import socketio
from aiohttp import web

NAMESPACES = ("/", "/custom", "/auth")


def serve_namespace(io, name):
    @io.on("connect", namespace=name)
    async def connect(sid, environ, auth):
        if name == "/auth" and (auth or {}).get("token") != "secret":
            reason = {"code": "E_TOKEN", "expected": ["secret"], "retry": False}
            raise socketio.exceptions.ConnectionRefusedError("not authorized", reason)
        # It leaves before the reply to CONNECT, as emits of a connect handler in Python do.
        await io.emit("hello", (sid, name), to=sid, namespace=name)

    @io.on("echo", namespace=name)
    async def echo(sid, *args):
        await io.emit("echo", args, to=sid, namespace=name)

    @io.on("ack", namespace=name)
    async def ack(sid, *args):
        return args

    @io.on("ask", namespace=name)
    async def ask(sid, timeout_ms, *args):
        # A handler holds up whatever its client sends, the answer too.
        io.start_background_task(question, sid, timeout_ms, args)

    async def question(sid, timeout_ms, args):
        try:
            answer = await io.call("question", args, to=sid, namespace=name, timeout=timeout_ms / 1000)
        except socketio.exceptions.TimeoutError:
            await io.emit("asked", (sid, "timeout", []), to=sid, namespace=name)
            return
        values = list(answer) if isinstance(answer, tuple) else [answer]
        await io.emit("asked", (sid, "ok", values), to=sid, namespace=name)

    @io.on("flood", namespace=name)
    async def flood(sid, count):
        for i in range(count):
            await io.emit("flood", i, to=sid, namespace=name)

    @io.on("kick", namespace=name)
    async def kick(sid, close):
        await io.disconnect(sid, namespace=name)

    @io.on("cut", namespace=name)
    async def cut(sid):
        await io.eio.disconnect(io.manager.eio_sid_from_sid(sid, name))


async def serve(port):
    io = socketio.AsyncServer(async_mode="aiohttp", ping_interval=0.5, ping_timeout=4)
    for name in NAMESPACES:
        serve_namespace(io, name)
    app = web.Application()
    io.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print(f"listening on port {port}", flush=True)
    await ended.wait()
    for sid in list(io.eio.sockets):
        # It waits until everything is fetched, which a client that has gone does not do.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(io.eio.disconnect(sid), 5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
    os._exit(0)  # what still polls would be waited for
