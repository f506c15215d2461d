"""Backends at a UNIX socket, in a jail and out of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Callable

import pytest

from actors.backend import ScriptedBackend
from actors.front import Front, native, pound
from test_balancing import services


def listening_at(path: Path) -> ScriptedBackend:
    listener = socket.socket(socket.AF_UNIX)
    path.unlink(missing_ok=True)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(64)
    return ScriptedBackend(listener=listener)


def at(path: Path, top: str = "") -> Callable[[Front], str]:
    return services(f'BackEnd\nAddress "{path}"\nEnd', top=top)


def test_requests_and_restarts(short):
    path = short / "ha.sock"
    with Front(at(path)) as front:
        for _ in range(2):
            mark = front.mark()
            with listening_at(path):
                front.wait_for_line(f"backend {path} is up", since=mark)
                mark = front.mark()
                with front.https() as client:
                    assert client.request("GET", "/").status == 200
                    assert client.request(
                        "POST", "/", body=bytes(300000)).status == 200
            with front.https() as client:
                assert client.request("GET", "/").status == 503
            front.wait_for_line(f"backend {path} is down", since=mark)
            path.unlink()


def test_gateway_forwards_to_a_socket(short):
    path = short / "ha.sock"
    with listening_at(path) as backend:
        with Front(native(f"unix:{path}")) as front:
            front.wait_for_line(f"backend {path} is up")
            with front.https() as client:
                assert client.request("GET", "/").status == 200
            found, = front.status()["backends"]
            assert (found["name"], found["state"]) == (str(path), "up")
            assert found["address"] == ""
        probe = backend.received_since([])[0]
    assert b"\r\nHost: localhost\r\n" in probe


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_socket_within_the_jail(short):
    jail = short / "jail"
    (jail / "run").mkdir(parents=True)
    short.chmod(0o755)
    path = jail / "run" / "ha.sock"
    with listening_at(path), Front(
            at(path, top=f'User nobody\nRootJail "{jail}"')) as front:
        front.wait_for_line(f"backend {path} is up")
        worker, = front.pids()["proxy"]
        assert os.readlink(f"/proc/{worker}/root") == str(jail)
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_socket_outside_the_jail_is_refused(short):
    with Front(pound("127.0.0.1:1")) as front:
        front.file.write_text(at(
            short / "ha.sock", top='RootJail "/var/empty"')(front))
        done = front.run("check", str(front.file))
        assert done.returncode != 0
        assert "is not within the RootJail" in done.stderr
