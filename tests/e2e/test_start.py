"""gatehouse start: by systemd, and where there is none."""

from __future__ import annotations

import contextlib
import os
from typing import Callable, Iterator

import pytest

from actors.front import NAME, Front, native
from actors.systemd import FILE, Machine

UNIT = "gatehouse.service"


@pytest.fixture
def machine(namespace, make_gateway) -> Iterator[Callable[..., Machine]]:
    with contextlib.ExitStack() as stack:
        yield lambda systemd=True, **options: stack.enter_context(Machine(
            make_gateway(Front, native("127.0.0.1:1"), namespace=namespace),
            systemd=systemd, **options))


def test_by_systemd(machine):
    made = machine()
    done = made.run("start", status=0)
    assert done.stdout == (f"the gateway runs with {FILE}, by systemd, now "
                           "and at each boot\n")
    assert made.systemd.calls == [
        f"show --property=ExecStart {UNIT}", f"start {UNIT}",
        f"enable {UNIT}"]
    with made.front.http() as client:
        assert client.request("GET", "/").status == 301
    pid = made.pid()
    made.run("start", status=0)
    assert made.pid() == pid
    assert made.systemd.calls[3:] == [
        f"show --property=ExecStart {UNIT}", f"enable {UNIT}"]


def test_what_the_journal_says(machine):
    made = machine()
    made.file.write_text(made.file.read_text() + "Frontent 1\n")
    done = made.run("start", status=1)
    assert done.stderr.startswith(
        "gatehouse: start: systemd could not start gatehouse.service: error: "
        f"{FILE}:")
    assert "unknown word 'Frontent'" in done.stderr
    assert made.systemd.calls[-1] == f"stop {UNIT}"


def test_a_unit_of_another_program(machine):
    done = machine(daemon="/bin/true").run("start", status=1)
    assert "starts /bin/true, which is not this program's" in done.stderr


def test_a_unit_that_is_not_installed(machine):
    done = machine(daemon="").run("start", status=1)
    assert ("systemd knows no gatehouse.service: install it with `make "
            "install`") in done.stderr


def test_systemd_has_one_configuration(machine):
    made = machine()
    done = made.run("start", "-f", str(made.front.file), status=1)
    assert f"reads {FILE} and not {made.front.file}" in done.stderr
    assert made.systemd.calls == []


def test_as_a_daemon(machine):
    made = machine(systemd=False)
    done = made.run("start", status=0)
    assert "in the background; no systemd starts it at" in done.stdout
    pid = made.pid()
    assert os.getsid(pid) not in (os.getsid(0), 0)
    with made.front.http() as client:
        assert client.request("GET", "/").status == 301
    made.file.write_text(made.file.read_text().replace(
        NAME, "other.test"))
    made.run("start", status=0)
    assert made.pid() == pid
    with made.front.client(made.front.http_port, name="other.test"
                           ) as client:
        assert client.request("GET", "/").status == 301


def test_daemon_that_cannot_start(machine, namespace):
    made = machine(systemd=False)
    with namespace.listen(("127.0.0.1", made.front.http_port)):
        done = made.run("start", status=1)
    assert done.stderr.startswith("gatehouse: start: gatehoused: ")
    assert str(made.front.http_port) in done.stderr
    assert made.pid() is None


def test_configuration_that_is_not_taken_over(machine):
    made = machine(systemd=False)
    made.run("start", status=0)
    made.file.write_text(made.file.read_text() + "Frontent 1\n")
    done = made.run("start", status=1)
    assert "goes on with its old configuration" in done.stderr
    assert "unknown word 'Frontent'" in done.stderr
