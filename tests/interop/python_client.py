# SPDX-License-Identifier: BSL-1.0
"""Debian's python3-socketio against a server that keeps CONTRACT.md.

    python3 python_client.py --server "<command>" [names of tests, as unittest takes them]

The command gets `--port N` appended, once with `--tls FILE`, and ends on SIGTERM with 0.
"""

import argparse
import asyncio
import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

import aiohttp
import socketio

PATIENCE = 10  # seconds: only a failure waits for so long
COMMAND = []


class Server:
    """A server process on a free port; `certificate` is a file where it speaks TLS."""

    def __init__(self, certificate=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        more = ["--tls", certificate] if certificate else []
        self.process = subprocess.Popen(
            [*COMMAND, "--port", str(self.port), *more], stdout=subprocess.PIPE, text=True
        )
        for line in self.process.stdout:
            if "listening" in line:
                break
        else:
            raise RuntimeError(f"{COMMAND} ended before it listened")
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class Peer:
    """A client that keeps what it was told."""

    def __init__(self, url, transports, session=None):
        self.url = url
        self.transports = transports
        self.session = session
        self.client = socketio.AsyncClient(reconnection=False, http_session=session)
        self.queues = {}

    def listen(self, event, namespace="/", answer=None):
        queue = self.queues.setdefault((namespace, event), asyncio.Queue())

        async def keep(*args):
            queue.put_nowait(args)
            return answer

        self.client.on(event, keep, namespace=namespace)

    async def next(self, event, namespace="/"):
        return await asyncio.wait_for(self.queues[namespace, event].get(), PATIENCE)

    async def connect(self, *namespaces, auth=None, wait=True):
        for namespace in namespaces or ["/"]:
            for event in ("hello", "echo", "asked", "gone", "connect_error", "disconnect", "flood"):
                self.listen(event, namespace)
        await self.client.connect(
            self.url,
            transports=self.transports,
            namespaces=list(namespaces) or None,
            auth=auth,
            wait=wait,
            wait_timeout=PATIENCE,
        )
        return self

    async def call(self, event, *args, namespace="/"):
        return await self.client.call(event, args, namespace=namespace, timeout=PATIENCE)

    async def close(self):
        engine = self.client.eio
        if engine.state == "connected":
            await self.client.disconnect()
        # Its loops outlive a client, and open another HTTP session for what they still have to say.
        loops = [task for task in (engine.write_loop_task, engine.read_loop_task) if task]
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for session in (self.session, engine.http):
            if session:
                await session.close()

    @property
    def transport(self):
        return self.client.transport()


class Transcripts:
    """What a client does over every transport; the classes below say which."""

    transports = None
    settled = "websocket"
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.certificate = os.path.join(cls.folder.name, "certificate.pem") if cls.tls else None
        cls.server = Server(cls.certificate)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.folder.cleanup()
        if status != 0:
            raise AssertionError(f"the server ended with {status}")

    def peer(self):
        session = None
        if self.tls:
            context = ssl.create_default_context(cafile=self.certificate)
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
        peer = Peer(self.server.url, self.transports, session)
        self.addAsyncCleanup(peer.close)
        return peer

    async def observer(self):
        observer = await self.peer().connect()
        await observer.call("join", "observers")
        return observer

    async def reason_of(self, observer, who):
        while True:
            gone, reason, _ = await observer.next("gone")
            if gone == who:
                return reason

    async def test_connects_and_is_welcomed(self):
        peer = await self.peer().connect()
        who, namespace = await peer.next("hello")
        self.assertEqual((who, namespace), (peer.client.get_sid(), "/"))
        self.assertEqual(peer.transport, self.settled)
        self.assertNotEqual(who, peer.client.eio.sid)

    async def test_events_go_both_ways(self):
        peer = await self.peer().connect()
        for args in [(1, "two", {"three": [None, True, 1.5]}), ("é漢😀\u2028",), ([],), ()]:
            await peer.client.emit("echo", args)
            self.assertEqual(await peer.next("echo"), args)

    async def test_binary_goes_both_ways(self):
        peer = await self.peer().connect()
        for args in [(b"\x00\x01\xff",), ({"nested": [b"", b"4"]}, "text", b"\x1e" * 1000)]:
            await peer.client.emit("echo", args)
            self.assertEqual(await peer.next("echo"), args)

    async def test_long_messages(self):
        peer = await self.peer().connect()
        for value in ["x" * 300_000, b"y" * 300_000]:
            await peer.client.emit("echo", (value,))
            self.assertEqual(await peer.next("echo"), (value,))

    async def test_the_server_acknowledges(self):
        peer = await self.peer().connect()
        self.assertEqual(await peer.call("ack", 1, "two", b"\x03"), (1, "two", b"\x03"))
        self.assertEqual(await peer.call("ack", "one"), "one")
        answers = await asyncio.gather(*(peer.call("ack", i) for i in range(10)))
        self.assertEqual(answers, list(range(10)))

    async def test_the_client_acknowledges(self):
        peer = self.peer()
        peer.listen("question", answer=("answer", {"b": b"\x01"}))
        await peer.connect()
        await peer.client.emit("ask", (5000, "?"))
        self.assertEqual(await peer.next("question"), ("?",))
        outcome = await peer.next("asked")
        self.assertEqual(outcome[1:], ("ok", ["answer", {"b": b"\x01"}]))

    async def test_events_keep_their_order(self):
        peer = await self.peer().connect()
        # This client refuses a poll of more than 16 packets, and the handshake's may still wait.
        await peer.client.emit("flood", 10)
        self.assertEqual([await peer.next("flood") for _ in range(10)], [(i,) for i in range(10)])

    async def test_namespaces_over_one_connection(self):
        peer = await self.peer().connect("/", "/custom", "/auth", auth={"token": "secret"})
        self.assertEqual(len({peer.client.get_sid(name) for name in ("/", "/custom", "/auth")}), 3)
        for namespace in ("/", "/custom", "/auth"):
            self.assertEqual((await peer.next("hello", namespace))[1], namespace)
            self.assertEqual(await peer.call("ack", namespace, namespace=namespace), namespace)

    async def test_the_server_sees_the_handshake(self):
        peer = await self.peer().connect(auth={"token": "abc"})
        seen = await peer.call("handshake")
        self.assertEqual(seen["auth"], {"token": "abc"})
        self.assertEqual(seen["query"]["EIO"], "4")
        self.assertEqual(seen["secure"], self.tls)

    async def test_is_refused_without_the_token(self):
        # This client does not end its wait for a namespace that is refused.
        peer = await self.peer().connect("/auth", auth={"token": "wrong"}, wait=False)
        (error,) = await peer.next("connect_error", "/auth")
        self.assertEqual(error["message"], "not authorized")
        self.assertEqual(error["data"]["code"], "E_TOKEN")
        self.assertEqual(peer.client.namespaces, {})

    async def test_is_refused_by_an_unknown_namespace(self):
        # This client does not end its wait for a namespace that is refused.
        peer = await self.peer().connect("/nope", wait=False)
        (error,) = await peer.next("connect_error", "/nope")
        self.assertEqual(error["message"], "Invalid namespace")
        self.assertEqual(peer.client.namespaces, {})

    async def test_rooms(self):
        one, two = await self.peer().connect(), await self.peer().connect()
        for peer in (one, two):
            peer.listen("news")
        await two.call("join", ["red", "green"])
        await one.call("relay", {"to": ["red", "green"]}, "news", b"\x01")
        self.assertEqual(await two.next("news"), (b"\x01",))
        await one.call("relay", {"sender": True}, "news", "all")
        self.assertEqual(await one.next("news"), ("all",))
        self.assertEqual(await two.next("news"), ("all",))

    async def test_the_server_knows_that_the_client_left(self):
        observer = await self.observer()
        peer = await self.peer().connect()
        who = peer.client.get_sid()
        await peer.client.disconnect()
        # This client does not wait until its DISCONNECT is written before it closes the connection.
        possible = {"client namespace disconnect", "transport close", "transport error"}
        self.assertIn(await self.reason_of(observer, who), possible)

    async def test_the_client_knows_that_it_was_disconnected(self):
        observer = await self.observer()
        for close in (False, True):
            peer = await self.peer().connect()
            who = peer.client.get_sid()
            await peer.client.emit("kick", close)
            await peer.next("disconnect")
            self.assertEqual(await self.reason_of(observer, who), "server namespace disconnect")

    async def test_the_client_knows_that_its_connection_was_closed(self):
        observer = await self.observer()
        peer = await self.peer().connect()
        who = peer.client.get_sid()
        await peer.client.emit("cut")
        await peer.next("disconnect")
        self.assertEqual(await self.reason_of(observer, who), "forced close")

    async def test_heartbeats_are_answered(self):
        peer = await self.peer().connect()
        pings = asyncio.Queue()
        receive = peer.client.eio._receive_packet

        async def counting(packet):
            if packet.packet_type == 2:
                pings.put_nowait(packet)
            await receive(packet)

        peer.client.eio._receive_packet = counting
        for _ in range(3):
            await asyncio.wait_for(pings.get(), PATIENCE)
        self.assertEqual(await peer.call("ack", "alive"), "alive")


class Polling(Transcripts, unittest.IsolatedAsyncioTestCase):
    transports = ["polling"]
    settled = "polling"


class Websocket(Transcripts, unittest.IsolatedAsyncioTestCase):
    transports = ["websocket"]


class Upgrade(Transcripts, unittest.IsolatedAsyncioTestCase):
    transports = ["polling", "websocket"]


class SecurePolling(Polling):
    tls = True


class SecureWebsocket(Websocket):
    tls = True


class SecureUpgrade(Upgrade):
    tls = True


class Blocking(unittest.TestCase):
    """The client with threads, which has HTTP and WebSocket of other libraries."""

    def test_acknowledgements_over_every_transport(self):
        server = Server()
        self.addCleanup(lambda: self.assertEqual(server.stop(), 0))
        for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
            client = socketio.Client(reconnection=False)
            client.connect(server.url, transports=transports, wait_timeout=PATIENCE)
            try:
                self.assertEqual(client.transport(), transports[-1])
                answer = client.call("ack", (1, b"\x02"), timeout=PATIENCE)
                self.assertEqual(answer, (1, b"\x02"))
            finally:
                client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    options, rest = parser.parse_known_args()
    COMMAND = shlex.split(options.server)
    # The client leaves a socket here and there to the garbage collector.
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2, warnings="ignore")
