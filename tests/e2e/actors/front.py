"""A gateway with its two ports, for tests of what goes through it."""

from __future__ import annotations

import functools
import select
import socket
import time
from pathlib import Path
from typing import Callable

from . import PATIENCE
from .authority import Authority
from .client import RawClient, tls_context
from .gateway import Gateway, gateway_config
from .ports import free_port

NAME = "gw.test"


class Front(Gateway):
    """Serves while its `with` lasts.

    Then it must stop without a complaint, and with the workers it began with:
    none has crashed and been replaced meanwhile. One of a reload that was
    refused may still be about to go.
    """

    def __init__(self, config: Callable[[Front], str], *,
                 http_port: int | None = None,
                 https_port: int | None = None, **options) -> None:
        super().__init__(**options)
        self.http_port = http_port or free_port()
        self.https_port = https_port or free_port()
        self.authority = Authority(self.directory)
        self.configure(config(self))

    def __enter__(self) -> Front:
        try:
            self.start_ready()
            self._workers = self.pids()["proxy"]
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_exc) -> None:
        try:
            workers = set(self.pids().get("proxy", []))
            self.stop()
            assert workers >= set(self._workers), self.error(
                "a worker has ended")
        finally:
            self.close()

    def http(self, **options) -> RawClient:
        return self.client(self.http_port, name=NAME, **options)

    def https(self, **options) -> RawClient:
        options.setdefault("tls", tls_context())
        return self.client(self.https_port, **{"name": NAME, **options})

    def open(self, scheme: str, **options) -> RawClient:
        return {"http": self.http, "https": self.https}[scheme](**options)

    def certificate(self, *names: str) -> Path:
        """A file as `Cert` wants it."""
        chain, key = self.authority.issue(*names)
        both = chain.with_suffix(".all.pem")
        both.write_bytes(chain.read_bytes() + key.read_bytes())
        return both


def from_address(address: str) -> Callable[..., socket.socket]:
    """For `connect`: come from this address."""
    return functools.partial(socket.create_connection,
                             source_address=(address, 0))


def native(forward: str, **options) -> Callable[[Front], str]:
    """One Gateway section: HTTP redirects, HTTPS serves."""
    return lambda front: gateway_config(
        front.state_dir, forward=forward, host=NAME,
        http_port=front.http_port, https_port=front.https_port, **options)


def backend(address: str) -> str:
    """The section of one backend."""
    host, _, port = address.rpartition(":")
    return f"BackEnd\n Address {host}\n Port {port}\nEnd\n"


def pound(*forward: str, top: str = "", plain: str = "", tls: str = "",
          names: tuple[str, ...] = (NAME,), address: str = "127.0.0.1",
          workers: int = 1) -> Callable[[Front], str]:
    """Pound's way: plain HTTP and HTTPS, both before the same backends.

    `top`, `plain` and `tls` are more lines for the file and its listeners;
    there is a certificate for each of the names.
    """
    where = f"Address {address}" if address else ""
    backends = "".join(map(backend, forward))

    def config(front: Front) -> str:
        certs = "\n".join(f'Cert "{front.certificate(name)}"'
                          for name in names)
        return f"""
StateDir "{front.state_dir}"
Workers {workers}
{top}
ListenHTTP
    {where}
    Port {front.http_port}
    xHTTP 2
    {plain}
End
ListenHTTPS
    {where}
    Port {front.https_port}
    xHTTP 2
    {certs}
    {tls}
End
Service
    {backends}
End
"""
    return config


def until_quiet(progress: Callable[[], int], pause: float = 0.3,
                timeout: float = PATIENCE) -> int:
    """Wait until a number has not changed for so long; the number."""
    deadline = time.monotonic() + timeout
    last = None
    while (now := progress()) != last:
        assert time.monotonic() < deadline, f"{now} after {last}"
        last = now
        select.select([], [], [], pause)
    return last
