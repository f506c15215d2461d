"""A network and mount namespace of the test's own.

A child holds it open and ends when its standard input does, so that the
namespace goes away with the test whatever happens. Programs enter through
nsenter; sockets of the test itself are made inside by a passing thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Callable, ContextManager, Iterator, Sequence, TypeVar

import pytest

CLONE_NEWNET = 0x40000000


class NamespacesRefused(Exception):
    """This machine or this user may not have them."""


Made = TypeVar("Made", bound=ContextManager)


@contextlib.contextmanager
def or_skip(make: Callable[..., Made], *args, **options) -> Iterator[Made]:
    """What lives in namespaces; where there are none, the test is skipped."""
    try:
        made = make(*args, **options)
    except NamespacesRefused as refused:
        pytest.skip(f"no namespaces here: {refused}")
    with made:
        yield made


class Namespace:
    """Loopback is up; the file system is shared but for private mounts.

    With network=False it has nothing of its own but the mounts.
    """

    def __init__(self, *, network: bool = True) -> None:
        self._holder = subprocess.Popen(
            ["unshare", *(["--net"] if network else []), "--mount",
             "--propagation", "private", "sh", "-c", "echo ready; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)
        answer = self._holder.stdout.readline().strip()
        if answer != "ready":
            self.close()
            raise NamespacesRefused(answer)
        if network:
            self.run("ip", "link", "set", "lo", "up")

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        """Let it go; the kernel removes it with its last process."""
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()

    @property
    def pid(self) -> int:
        """Of a process inside."""
        return self._holder.pid

    def enter(self, argv: Sequence[str | Path]) -> list[str]:
        """The command line that runs this one inside."""
        return ["nsenter", "--target", str(self._holder.pid), "--net",
                "--mount", f"--wd={os.getcwd()}", "--", *map(str, argv)]

    def popen(self, *argv: str | Path, **options) -> subprocess.Popen:
        """Start a program inside."""
        return subprocess.Popen(self.enter(argv), **options)

    def run(self, *argv: str | Path) -> str:
        """Run a program inside, to success; its output."""
        done = subprocess.run(
            self.enter(argv), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"{argv}: {done.stdout}"
        return done.stdout

    def add_address(self, address: str) -> None:
        """Give the loopback interface one more, e.g. 192.168.1.2/32."""
        self.run("ip", "address", "add", address, "dev", "lo")

    def private_directory(self, path: str | Path) -> None:
        """An empty directory here that nobody outside sees.

        Where it does not exist, its parent is rebuilt around it from bind
        mounts of what is there, so that nothing is made on the real disk.
        """
        path = Path(path)
        if not path.is_dir():
            self._rebuild(path.parent)
            self.run("mkdir", path)
        self.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", path)

    def _rebuild(self, parent: Path) -> None:
        self.run("sh", "-ec", """
            new=$(mktemp -d)
            mount -t tmpfs -o mode=0755 tmpfs "$new"
            cd "$1"
            for entry in * .[!.]*; do
                if [ -L "$entry" ]; then
                    cp -P "$entry" "$new/$entry"
                elif [ -d "$entry" ]; then
                    mkdir "$new/$entry"
                    mount --rbind "$entry" "$new/$entry"
                elif [ -e "$entry" ]; then
                    : >"$new/$entry"
                    mount --bind "$entry" "$new/$entry"
                fi
            done
            cd /
            mount --move "$new" "$1"
            rmdir "$new"
            """, "sh", parent)

    def socket(self, family: int = socket.AF_INET,
               kind: int = socket.SOCK_STREAM) -> socket.socket:
        """A socket of this process that lives in the namespace."""
        made: list[socket.socket] = []
        thread = threading.Thread(target=self._make_socket,
                                  args=(family, kind, made))
        thread.start()
        thread.join()
        assert made, "setns failed"
        return made[0]

    def _make_socket(self, family: int, kind: int,
                     made: list[socket.socket]) -> None:
        fd = os.open(f"/proc/{self._holder.pid}/ns/net", os.O_RDONLY)
        try:
            if ctypes.CDLL(None).setns(fd, CLONE_NEWNET) == 0:
                made.append(socket.socket(family, kind))
        finally:
            os.close(fd)

    def connect(self, address: tuple[str, int], timeout: float = 10,
                source_address: tuple[str, int] | None = None
                ) -> socket.socket:
        """socket.create_connection(), from inside."""
        sock = self.socket(socket.AF_INET6 if ":" in address[0]
                           else socket.AF_INET)
        sock.settimeout(timeout)
        if source_address:
            sock.bind(source_address)
        sock.connect(address)
        return sock

    def listen(self, address: tuple[str, int]) -> socket.socket:
        """A listening socket inside, for a ScriptedBackend."""
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(128)
        return sock
