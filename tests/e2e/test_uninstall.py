"""gatehouse uninstall: what is undone, what is said, what is removed."""

from __future__ import annotations

import contextlib
import re
from typing import Callable, Iterator

import pytest

from actors.front import Front, native
from actors.netns import NamespacesRefused
from actors.router import Miniupnpd, Street
from actors.systemd import FILE, Machine
from actors.terminal import Terminal

UNIT = "gatehouse.service"
TOKEN = "/etc/gatehouse/duckdns.token"
BACKEND = "127.0.0.1:1"
DDNS = f"""
DDNS duckdns
    Hostname "house.duckdns.org"
    TokenFile "{TOKEN}"
End
"""
QUESTION = b"Stop the gateway, and start it at no boot any more? [y/N] "


@pytest.fixture
def machine(namespace, make_gateway) -> Iterator[Callable[..., Machine]]:
    """Machines with a service that runs, a token and a client's authority."""
    with contextlib.ExitStack() as stack:
        def make(systemd: bool) -> Machine:
            front = make_gateway(Front, native(BACKEND, extra=DDNS),
                                 namespace=namespace)
            made = Machine(front, systemd=systemd)
            token = made.etc / "duckdns.token"
            token.write_text("a-token\n")
            token.chmod(0o600)
            made.file.chmod(0o640)
            stack.enter_context(made)
            made.run("start", status=0)
            made.run("client-cert", "add", "phone", "--out",
                     str(front.directory / "phone.p12"), status=0)
            return made

        yield make


@pytest.mark.parametrize("systemd", [True, False])
def test_what_is_undone_and_what_is_left(machine, systemd):
    made = machine(systemd)
    done = made.run("uninstall", "--yes", status=0)
    assert made.pid() is None and done.stderr == ""
    assert re.findall(r"^(\S+(?: \S+)*)  +(\S+)", done.stdout, re.M) == [
        ("Service", "stopped,"), ("Configuration", FILE),
        ("State", f"{made.front.state_dir}:"),
        ("Client CA", "/etc/gatehouse/client-ca:"),
        ("Name", "house.duckdns.org"), ("Home Assistant", "127.0.0.1"),
        ("Program", "is")]
    assert "127.0.0.1 port 1 may still trust this machine as a proxy" in done.stdout
    assert "delete it at duckdns" in done.stdout
    if systemd:
        assert made.systemd.calls[-2:] == [
            f"show --property=ExecStart {UNIT}", f"disable --now {UNIT}"]
    for path in made.file, made.front.state_dir / "certs":
        assert path.exists()
    again = made.run("uninstall", "--yes", status=0)
    assert again.stdout == done.stdout


@pytest.mark.parametrize("systemd", [True, False])
def test_purge(machine, systemd):
    made = machine(systemd)
    mine = made.etc / "mine"
    mine.write_text("")
    done = made.run("uninstall", "--purge", "--yes", status=0)
    assert f"State            {made.front.state_dir} is removed" in done.stdout
    assert f"Configuration    {FILE} is removed" in done.stdout
    assert "house.duckdns.org still points here" in done.stdout
    assert "a-token" not in done.stdout + done.stderr
    assert not made.front.state_dir.exists()
    assert list(made.etc.iterdir()) == [mine]
    again = made.run("uninstall", "--purge", "--yes", status=0)
    assert again.stderr == ""


def test_a_secret_that_lies_elsewhere_is_named(machine, short):
    made = machine(False)
    token = short / "token"
    token.write_text("a-token\n")
    made.file.write_text(made.file.read_text().replace(TOKEN, str(token)))
    done = made.run("uninstall", "--purge", "--yes", status=0)
    assert f"Secret           {token} is left" in done.stdout
    assert token.exists() and not made.file.exists()


def test_it_asks(machine):
    made = machine(False)
    pid = made.pid()
    for answer, status in (b"n\n", 2), (b"\n", 2), (b"y\n", 0):
        assert made.pid() == pid
        nsenter = ["/usr/bin/env", *made.command("uninstall")]
        with Terminal(nsenter) as terminal:
            terminal.wait_for(QUESTION)
            terminal.type(answer)
            assert terminal.wait_ended() == status
    assert made.pid() is None


def test_router_forgets(make_gateway):
    try:
        street = Street()
    except NamespacesRefused as refused:
        pytest.skip(f"no namespaces here: {refused}")
    with street, Miniupnpd(street):
        front = make_gateway(
            Front, native(BACKEND, address="0.0.0.0",
                          extra="PortMap auto\n"), namespace=street.house)
        with Machine(front, systemd=False) as made:
            made.run("start", status=0)
            made.run("portmap", "renew", status=0)
            assert "dnat" in street.router.run("nft", "list", "ruleset")
            done = made.run("uninstall", "--yes", status=0)
            assert done.stdout.startswith(
                "Router           forwards nothing here any more\n"
                "Service          stopped")
            assert "dnat" not in street.router.run("nft", "list", "ruleset")


def test_router_that_does_not_answer(make_gateway, namespace):
    """It is said, and everything else happens all the same."""
    front = make_gateway(Front, native(BACKEND, extra="PortMap auto\n"),
                         namespace=namespace)
    with Machine(front, systemd=False) as made:
        made.run("start", status=0)
        done = made.run("uninstall", "--yes", status=0)
        assert made.pid() is None
    assert done.stdout.partition("\n")[0].startswith(("Router", "Service"))


def test_nothing_was_ever_installed(namespace, make_gateway):
    front = make_gateway(Front, native(BACKEND), namespace=namespace)
    with Machine(front, systemd=False) as made:
        made.file.unlink()
        namespace.private_directory("/var/lib/gatehouse")
        done = made.run("uninstall", "--purge", "--yes", status=0)
        assert done.stderr == ""
