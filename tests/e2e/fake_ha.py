#!/usr/bin/python3
"""A stand-in for Home Assistant, as a reverse proxy sees it.

It has the parts of Home Assistant that a gateway can get wrong: the rules
for forwarded headers, the WebSocket API with its login, endless streams,
uploads, downloads and slow answers. /api/counters tells what is open, so
that a test can wait until something is closed here. Its front page shows
whoever opens it how the request arrived. An administrator may change its HTTP
settings, for which it restarts (fake_ha_settings.py).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import html
import ipaddress
import json
import secrets
import signal
import ssl
import string
import struct
import time
import zlib
from pathlib import Path
from typing import AsyncIterator, Awaitable, Callable, Iterator, NamedTuple

from aiohttp import WSMsgType, web

from fake_ha_settings import Invalid, Settings

VERSION = "2026.9.1"
CLIENT_MAX_SIZE = 16 * 1024 * 1024
MAX_LINE = 24570
HEARTBEAT = 55
LOGIN_CODE = "code"
REFRESH_TOKEN = "refresh"
PAGE = string.Template(
    (Path(__file__).with_suffix(".html")).read_text(encoding="utf-8"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# Forwarded headers

class Refused(Exception):
    """Forwarded headers that Home Assistant answers with 400."""


class Origin(NamedTuple):
    """Where a request comes from; None: as the connection says."""

    remote: str
    scheme: str | None = None
    host: str | None = None


def elements(headers, name: str) -> list[str]:
    """The comma-separated elements of a header, repeated ones joined."""
    lines = headers.getall(name, [])
    return [part.strip() for part in ",".join(lines).split(",")
            ] if lines else []


def origin(headers, peer: str, trusted: list[Network] | None) -> Origin:
    """Who sent a request that came from `peer`.

    `trusted` are the proxies believed; None: not set up for proxies.
    """
    hops = elements(headers, "X-Forwarded-For")
    if not hops:
        return Origin(peer)
    if trusted is None:
        raise Refused(f"A request from a reverse proxy was received from "
                      f"{peer}, but your HTTP integration is not set-up for "
                      f"reverse proxies")

    def is_trusted(address: Address) -> bool:
        return any(address in network for network in trusted)

    if not is_trusted(ipaddress.ip_address(peer)):
        raise Refused(f"Received X-Forwarded-For header from an untrusted "
                      f"proxy {peer}")
    try:
        chain = [ipaddress.ip_address(hop) for hop in hops]
    except ValueError:
        raise Refused(f"Invalid IP address in X-Forwarded-For: {hops}"
                      ) from None
    client = next((index for index in reversed(range(len(chain)))
                   if not is_trusted(chain[index])), 0)

    schemes = elements(headers, "X-Forwarded-Proto")
    if "" in schemes or len(schemes) not in (0, 1, len(chain)):
        raise Refused(f"Bad X-Forwarded-Proto: {schemes}")
    scheme = None
    if schemes:
        scheme = schemes[client] if len(schemes) > 1 else schemes[0]

    hosts = elements(headers, "X-Forwarded-Host")
    if hosts and not hosts[-1]:
        raise Refused(f"Bad X-Forwarded-Host: {hosts}")
    return Origin(str(chain[client]), scheme, hosts[-1] if hosts else None)


# Bodies

PATTERN = b"".join(hashlib.sha256(struct.pack(">I", number)).digest()
                   for number in range(32768))[:1048573]


def pattern_pieces(start: int, length: int) -> Iterator[bytes]:
    """Bytes start..start+length of the endless download, in pieces."""
    while length > 0:
        offset = start % len(PATTERN)
        piece = PATTERN[offset:offset + min(length, 65536)]
        yield piece
        start += len(piece)
        length -= len(piece)


def camera_frame(number: int, width: int = 320, height: int = 180) -> bytes:
    """A PNG picture of a moving gradient."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    def colour(index: int) -> bytes:
        light = abs(index - 128)
        return bytes((20 + light // 2, 60 + light, 255 - light // 2))

    ramp = bytes(range(256)) * 4
    rows = b"".join(
        b"\0" + ramp[(number * 4 + row) % 256:][:width]
        for row in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height,
                                         8, 3, 0, 0, 0))
            + chunk(b"PLTE", b"".join(map(colour, range(256))))
            + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


class CloseDelimited(web.StreamResponse):
    """A response whose body ends with the connection."""

    _length_check = False   # as WebSocketResponse: aiohttp adds no framing


# What is open

class Counters:
    """Totals (connections, requests) and what is open at the moment."""

    def __init__(self) -> None:
        self.values = dict.fromkeys(
            ("connections", "requests", "active", "streams", "websockets"), 0)
        self._changed = asyncio.Event()

    def add(self, name: str, amount: int = 1) -> None:
        self.values[name] += amount
        self._changed.set()
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[None]:
        self.add(name)
        try:
            yield
        finally:
            self.add(name, -1)

    async def wait(self, wanted: dict[str, int]) -> None:
        while any(self.values[name] != wanted[name] for name in wanted):
            await self._changed.wait()


# The WebSocket API

class Session:
    """One client of /api/websocket."""

    def __init__(self, socket: web.WebSocketResponse,
                 fake: FakeHomeAssistant) -> None:
        self.socket = socket
        self.fake = fake
        self.is_admin = True
        self.last_id = 0
        self.subscriptions: dict[int, asyncio.Task] = {}

    async def login(self, tokens: set[str], timeout: float) -> bool:
        version = self.fake.options.version
        await self.socket.send_json(
            {"type": "auth_required", "ha_version": version})
        try:
            message = await self.socket.receive_json(timeout=timeout)
        except (asyncio.TimeoutError, TypeError, ValueError):
            return False
        token = message.get("access_token")
        if token not in tokens:
            self.fake.settings.counts["wrong_logins"] += 1
            await self.socket.send_json(
                {"type": "auth_invalid", "message": "Invalid access token"})
            return False
        self.is_admin = token != self.fake.options.guest_token
        await self.socket.send_json(
            {"type": "auth_ok", "ha_version": version})
        return True

    async def run(self) -> None:
        try:
            async for message in self.socket:
                if message.type is WSMsgType.TEXT:
                    await self.handle(json.loads(message.data))
        finally:
            for task in self.subscriptions.values():
                task.cancel()

    async def handle(self, message: dict) -> None:
        number, kind = message["id"], message["type"]
        if number <= self.last_id:
            await self.fail(number, "id_reuse")
            return
        self.last_id = number
        if kind == "ping":
            await self.socket.send_json({"id": number, "type": "pong"})
        elif kind == "subscribe_events":
            await self.succeed(number, None)
            self.subscriptions[number] = asyncio.create_task(
                self.send_events(number))
        elif kind == "unsubscribe_events":
            self.subscriptions.pop(message["subscription"]).cancel()
            await self.succeed(number, None)
        elif kind in RESULTS:
            await self.succeed(number, RESULTS[kind])
        elif kind == "get_config":
            await self.succeed(number, self.fake.core_config())
        elif kind in ADMINS and (self.fake.has_settings
                                 or not kind.startswith("http/")):
            await self.administrate(number, kind, message)
        else:
            await self.fail(number, "unknown_command")

    async def administrate(self, number: int, kind: str, message: dict
                           ) -> None:
        if not self.is_admin:
            await self.fail(number, "unauthorized", "Unauthorized")
            return
        try:
            result = ADMINS[kind](self.fake, message)
        except Invalid as error:
            await self.fail(number, error.code, str(error))
            return
        if kind != "http/config/configure":
            await self.succeed(number, result)
            return
        if not self.fake.options.lose_answer:
            await self.succeed(number, result)
        if result["restart"]:
            # A while longer, the old one answers as if nothing were.
            asyncio.get_running_loop().call_later(
                0 if self.fake.options.lose_answer else 0.2,
                self.fake.settings.restart)

    async def send(self, message: dict) -> None:
        """As a whole, or as unlike that as it may be."""
        if not self.fake.options.awkward:
            await self.socket.send_json(message)
            return
        await self.socket.ping(b"are you there?")
        text = json.dumps([{"id": 4711, "type": "pong"}, message]).encode()
        for start in range(0, len(text), 100):
            last = start + 100 >= len(text)
            piece = text[start:start + 100]
            head = bytes([0x80 * last | (start == 0), len(piece)])
            self.fake.transport_of(self.socket).write(head + piece)

    async def succeed(self, number: int, result) -> None:
        await self.send({"id": number, "type": "result",
                         "success": True, "result": result})

    async def fail(self, number: int, code: str, message: str = "") -> None:
        await self.send({
            "id": number, "type": "result", "success": False,
            "error": {"code": code,
                      "message": message or code.replace("_", " ")}})

    async def send_events(self, number: int) -> None:
        count = 0
        while True:
            count += 1
            now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
            await self.socket.send_json({
                "id": number, "type": "event",
                "event": {"event_type": "time_changed", "origin": "LOCAL",
                          "time_fired": now, "data": {"count": count}}})
            await asyncio.sleep(1)


RESULTS = {
    "supported_features": None,
    "get_states": [
        {"entity_id": "light.hall", "state": "on", "attributes": {}},
        {"entity_id": "sensor.outside", "state": "8.5",
         "attributes": {"unit_of_measurement": "°C"}}],
    "get_services": {},
    "auth/current_user": {"id": "1", "name": "Demo", "is_admin": True},
}

# What an administrator may say.
ADMINS = {
    "http/config": lambda fake, _message: fake.settings.read(),
    "http/config/configure": lambda fake, message: {
        "restart": fake.settings.configure(message.get("config"))},
    "http/config/promote": lambda fake, _message: fake.settings.promote(),
    "config/core/update": lambda fake, message: fake.update_core(message),
    "system_log/list": lambda fake, _message: [
        {"name": "homeassistant.components.http.forwarded",
         "message": [line], "level": "ERROR", "count": 1}
        for line in reversed(fake.settings.log)],
}


# The program

class FakeHomeAssistant:
    """The handlers and what they share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings = Settings(
            options, None if options.no_forwarded
            else options.trusted_proxy or DEFAULT_TRUSTED)
        self.token = options.token
        self.auth_timeout = options.auth_timeout
        self.tokens = {options.token}
        if options.guest_token is not None:
            self.tokens.add(options.guest_token)
        self.counters = Counters()
        self._tasks: dict[object, set[asyncio.Task]] = {}
        self._transports: dict[web.WebSocketResponse, asyncio.Transport] = {}

    def application(self) -> web.Application:
        app = web.Application(
            middlewares=[self.track, self.forwarded],
            client_max_size=CLIENT_MAX_SIZE)
        app.add_routes([
            web.get("/", self.index),
            web.get("/manifest.json", self.manifest),
            web.get("/api/websocket", self.websocket_api),
            web.get("/api/hassio_ingress/{tail:.*}", self.websocket_echo),
            web.post("/auth/token", self.auth_token),
            web.get("/api/camera_proxy_stream/{name}", self.camera_stream),
            web.get("/api/stream", self.event_stream),
            web.get("/api/hassio/{name}/logs/follow", self.log_stream),
            web.route("*", "/api/echo{tail:.*}", self.echo),
            web.post("/api/backup/upload", self.upload),
            web.get("/api/download", self.download),
            web.get("/api/slow", self.slow),
            web.route("*", "/api/status/{code:[2-5][0-9][0-9]}", self.status),
            web.post("/api/early413", self.early413),
            web.get("/api/counters", self.read_counters),
            web.route("*", "/api/{tail:.*}", self.unauthorized),
        ])
        return app

    @property
    def has_settings(self) -> bool:
        """Else they are in its configuration.yaml."""
        year, month, _patch = self.options.version.split(".", 2)
        return (int(year), int(month)) >= (2026, 8)

    def core_config(self) -> dict:
        return {"version": self.options.version, "state": "RUNNING",
                "location_name": "Home", "components": [],
                "external_url": self.settings.external_url}

    def update_core(self, message: dict) -> None:
        url = message.get("external_url")
        if (not isinstance(url, str)
                or not url.startswith(("http://", "https://"))
                or url.endswith("/") or set(message) != {
                    "id", "type", "external_url"}):
            raise Invalid("invalid_format", "invalid url")
        self.settings.external_url = url

    def revert(self) -> None:
        if self.settings.give_up():
            print("reverting to the stable settings", flush=True)
            self.settings.restart()

    def transport_of(self, socket: web.WebSocketResponse
                     ) -> asyncio.Transport:
        return self._transports[socket]

    def observe(self, server: web.Server) -> None:
        """Count connections, and end what serves one that was lost.

        aiohttp lets a handler run on until it writes; a quiet stream
        would never learn that its client is gone.
        """
        made, lost = server.connection_made, server.connection_lost

        def connection_made(protocol, transport) -> None:
            self.counters.add("connections")
            made(protocol, transport)

        def connection_lost(protocol, exc=None) -> None:
            lost(protocol, exc)
            for task in self._tasks.get(protocol, ()):
                task.cancel()

        server.connection_made = connection_made
        server.connection_lost = connection_lost

    @web.middleware
    async def track(self, request: web.Request, handler: Handler
                    ) -> web.StreamResponse:
        agent = request.headers.get("User-Agent", "")
        if request.path == "/api/counters" or agent.startswith("Gatehouse/"):
            return await handler(request)   # nobody's: a probe
        task = asyncio.current_task()
        tasks = self._tasks.setdefault(request.protocol, set())
        tasks.add(task)
        self.counters.add("requests")
        try:
            with self.counters.open("active"):
                return await handler(request)
        finally:
            tasks.remove(task)
            if not tasks:
                del self._tasks[request.protocol]

    @web.middleware
    async def forwarded(self, request: web.Request, handler: Handler
                        ) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername")[0]
        try:
            found = origin(request.headers, self.options.sees or peer,
                           self.settings.trusted)
        except Refused as reason:
            print(f"400: {reason}", flush=True)
            self.settings.log = [*self.settings.log[-49:], str(reason)]
            raise web.HTTPBadRequest() from None
        known = {name: value for name, value in found._asdict().items()
                 if value is not None}
        return await handler(request.clone(**known))

    async def index(self, request: web.Request) -> web.Response:
        names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
        through = "X-Forwarded-For" in request.headers
        facts = [("Your address", request.remote), ("Host", request.host),
                 ("Scheme", request.scheme)]
        facts += [(name, request.headers.get(name, "not sent"))
                  for name in names]
        rows = "\n".join(
            f"<tr><th>{html.escape(name)}</th>"
            f"<td>{html.escape(value)}</td></tr>" for name, value in facts)
        version = self.options.version
        page = PAGE.substitute(
            state="through" if through else "direct",
            title=("You came through the gateway" if through
                   else "You came directly, not through the gateway"),
            rows=rows, token=html.escape(self.token), version=version)
        return web.Response(text=page, content_type="text/html",
                            headers={"Cache-Control": "no-store"})

    async def manifest(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"name": "Home Assistant", "short_name": "Home Assistant",
             "start_url": "/", "display": "standalone"},
            content_type="application/manifest+json")

    async def websocket_api(self, request: web.Request
                            ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT)
        await socket.prepare(request)
        with self.counters.open("websockets"):
            self._transports[socket] = request.transport
            session = Session(socket, self)
            if await session.login(self.tokens, self.auth_timeout):
                await session.run()
            await socket.close()
            del self._transports[socket]
        return socket

    async def websocket_echo(self, request: web.Request
                             ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=0)
        await socket.prepare(request)
        with self.counters.open("websockets"):
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await socket.send_str(message.data)
                elif message.type is WSMsgType.BINARY:
                    await socket.send_bytes(message.data)
        return socket

    async def auth_token(self, request: web.Request) -> web.Response:
        form = await request.post()
        answer = {"token_type": "Bearer", "expires_in": 1800}
        if form.get("action") == "revoke":
            return web.Response()
        if (form.get("grant_type"), form.get("code")) == (
                "authorization_code", LOGIN_CODE):
            answer["refresh_token"] = REFRESH_TOKEN
        elif (form.get("grant_type"), form.get("refresh_token")) != (
                "refresh_token", REFRESH_TOKEN):
            return web.json_response({"error": "invalid_request"}, status=400)
        answer["access_token"] = secrets.token_urlsafe()
        self.tokens.add(answer["access_token"])
        return web.json_response(answer)

    @contextlib.asynccontextmanager
    async def stream(self, request: web.Request, content_type: str
                     ) -> AsyncIterator[web.StreamResponse]:
        response = web.StreamResponse(headers={
            "Content-Type": content_type, "Cache-Control": "no-cache"})
        with self.counters.open("streams"):
            await response.prepare(request)
            yield response

    async def camera_stream(self, request: web.Request) -> web.StreamResponse:
        pause = 1 / float(request.query.get("rate", "10"))
        number = 0
        async with self.stream(
                request, "multipart/x-mixed-replace;"
                "boundary=--frameboundary") as response:
            while True:
                frame = camera_frame(number)
                head = (f"--frameboundary\r\nContent-Type: image/png\r\n"
                        f"Content-Length: {len(frame)}\r\nX-Frame: {number}"
                        f"\r\nX-Sent: {time.monotonic():.6f}\r\n\r\n")
                await response.write(head.encode() + frame + b"\r\n")
                number += 1
                await asyncio.sleep(pause)

    async def event_stream(self, request: web.Request) -> web.StreamResponse:
        pause = float(request.query.get("ping", "50"))
        async with self.stream(request, "text/event-stream") as response:
            while True:
                await response.write(b"data: ping\n\n")
                await asyncio.sleep(pause)

    async def log_stream(self, request: web.Request) -> web.StreamResponse:
        pause = float(request.query.get("pause", "3600"))
        name = request.match_info["name"]
        async with self.stream(request, "text/plain") as response:
            while True:
                await response.write(f"{name}: all is well\n".encode())
                await asyncio.sleep(pause)

    async def echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        peer = request.transport.get_extra_info("peername")
        return web.json_response({
            "method": request.method,
            "path": request.raw_path,
            "version": "{}.{}".format(*request.version),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")]
                        for name, value in request.raw_headers],
            "peer": peer[:2],
            "remote": request.remote,
            "scheme": request.scheme,
            "host": request.host,
            "body_length": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
        })

    async def upload(self, request: web.Request) -> web.Response:
        length, digest = 0, hashlib.sha256()
        async for piece in request.content.iter_any():
            length += len(piece)
            digest.update(piece)
        return web.json_response(
            {"length": length, "sha256": digest.hexdigest()})

    async def download(self, request: web.Request) -> web.StreamResponse:
        size = int(request.query.get("size", "1048576"))
        framing = request.query.get("framing", "length")
        kind = CloseDelimited if framing == "close" else web.StreamResponse
        response = kind(headers={"Accept-Ranges": "bytes"})
        start, end = 0, size
        if "Range" in request.headers:
            try:
                start, end, _step = request.http_range.indices(size)
            except ValueError:
                start, end = size, size
            if start >= end:
                raise web.HTTPRequestRangeNotSatisfiable(
                    headers={"Content-Range": f"bytes */{size}"})
            response.set_status(206)
            response.headers["Content-Range"] = (
                f"bytes {start}-{end - 1}/{size}")
        if framing == "length":
            response.content_length = end - start
        elif framing == "chunked":
            response.enable_chunked_encoding()
        else:
            response.force_close()
        await response.prepare(request)
        if request.method != "HEAD":
            for piece in pattern_pieces(start, end - start):
                await response.write(piece)
        return response

    async def slow(self, request: web.Request) -> web.Response:
        await asyncio.sleep(float(request.query.get("seconds", "1")))
        return web.Response(text="at last\n")

    async def status(self, request: web.Request) -> web.Response:
        code = int(request.match_info["code"])
        if code in (204, 304):
            return web.Response(status=code)
        return web.Response(status=code, text=f"status {code}\n")

    async def early413(self, _request: web.Request) -> web.Response:
        return web.Response(status=413, text="too large\n")

    async def unauthorized(self, _request: web.Request) -> web.Response:
        """As a failed login this counts towards a ban."""
        self.settings.counts["unauthorized"] += 1
        return web.Response(status=401, text="401: Unauthorized")

    async def read_counters(self, request: web.Request) -> web.Response:
        """All of them; with ?streams=0 and the like, once that is so."""
        wanted = {name: int(value) for name, value in request.query.items()
                  if name in self.counters.values}
        timeout = float(request.query.get("timeout", "10"))
        try:
            await asyncio.wait_for(self.counters.wait(wanted), timeout)
        except asyncio.TimeoutError:
            return web.json_response(self.counters.values, status=504)
        return web.json_response(
            {**self.counters.values, **self.settings.counts})


DEFAULT_TRUSTED = [ipaddress.ip_network("127.0.0.1/32"),
                   ipaddress.ip_network("::1/128")]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="stand-in Home Assistant")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--token", default="long-lived-token",
                        help="the access token that logs in")
    parser.add_argument("--auth-timeout", type=float, default=10,
                        help="seconds a WebSocket client has to log in")
    parser.add_argument("--trusted-proxy", action="append",
                        type=ipaddress.ip_network, metavar="NETWORK")
    parser.add_argument("--lost-mask", metavar="NETWORK",
                        help="have this in the list, whatever it is")
    parser.add_argument("--no-forwarded", action="store_true",
                        help="refuse requests with X-Forwarded-For")
    parser.add_argument("--version", default=VERSION)
    parser.add_argument("--guest-token",
                        help="a token of nobody who may change anything")
    parser.add_argument("--certificate",
                        help="speak TLS: a PEM file with the key")
    parser.add_argument("--sees", metavar="ADDRESS",
                        help="take every connection for one from there")
    parser.add_argument("--revert-after", type=float, default=300,
                        metavar="SECONDS", help="how long a trial lasts")
    parser.add_argument("--trial", choices=["refused", "unusable", "unkept"],
                        help="how new settings fail")
    parser.add_argument("--not-running", type=int, default=0, metavar="N",
                        help="refuse new settings so often at first")
    parser.add_argument("--legacy-port", action="store_true",
                        help="run with defaults, port 80 was not free")
    parser.add_argument("--lose-answer", action="store_true",
                        help="restart before new settings are answered")
    parser.add_argument("--never-back", action="store_true",
                        help="a restart does not end")
    parser.add_argument("--awkward", action="store_true",
                        help="answer in fragments and arrays, with pings")
    return parser.parse_args()


async def serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in signal.SIGTERM, signal.SIGINT:
        loop.add_signal_handler(number, ended.set)
    fake = FakeHomeAssistant(options)
    if options.never_back and fake.settings.counts["restarts"] > 0:
        await ended.wait()
        return
    tls = None
    if options.certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate)
    runner = web.AppRunner(fake.application(), access_log=None,
                           max_line_size=MAX_LINE, max_field_size=MAX_LINE)
    await runner.setup()
    fake.observe(runner.server)
    await web.TCPSite(runner, options.host, options.port,
                      ssl_context=tls).start()
    host, port = runner.addresses[0][:2]
    if fake.settings.revert_at is not None:
        loop.call_later(options.revert_after, fake.revert)
        loop.add_signal_handler(signal.SIGUSR1, fake.revert)
    restarts = fake.settings.counts["restarts"]
    print(f"listening on http{'s' if tls else ''}://{host}:{port}"
          + f", restarted: {restarts}" * bool(restarts), flush=True)
    await ended.wait()
    # No farewell to open connections: they end with the process.


if __name__ == "__main__":
    asyncio.run(serve(parse_options()))
