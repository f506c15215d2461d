"""gatehouse setup: its questions, what it writes, and what it does not touch.

What needs a house, a router and an internet is tested where these are.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from actors.gateway import BUILD
from actors.home_assistant import HomeAssistant
from actors.netns import Namespace
from actors.process import NOBODY
from actors.terminal import Terminal

HOST = "home.duckdns.org"
OWN_HOST = "home.example.test"
SECRET = "a7c4d0ad-114e-40ef-ba1d-d217904a50f2"
PROGRAM = BUILD / "bin/gatehouse"
ASKS_HOST = b"Host name        (such as myhome.duckdns.org): "


class House:
    """A Home Assistant, a network of its own, and a place for files."""

    def __init__(self, network: Namespace, home_assistant: HomeAssistant,
                 directory: Path) -> None:
        self.network = network
        self.address = home_assistant.address
        self.directory = directory
        self.file = directory / "etc/gatehouse.conf"
        self.token = directory / "token"
        self.token.write_text(f"{SECRET}\n")
        self.token.chmod(0o600)

    def options(self, *more: str | Path) -> list[str | Path]:
        return ["--file", self.file, "--state-dir", self.directory / "state",
                "--backend", self.address, *more]

    def answers(self, *more: str | Path) -> list[str | Path]:
        """All that has to be known."""
        return self.options("--host", HOST, "--ddns-token-file", self.token,
                            "--agree-tos", *more)

    def setup(self, *options: str | Path, before: tuple[str, ...] = (),
              program: Path = PROGRAM) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.network.enter([*before, program, "setup", *options]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    def terminal(self, *options: str | Path, **environment: str) -> Terminal:
        settings = [f"{name}={value}" for name, value in environment.items()]
        return Terminal(["/usr/bin/env", "TERM=xterm", *settings,
                         *self.network.enter([PROGRAM, "setup", *options])])


@pytest.fixture
def house(network: Namespace, short: Path) -> Iterator[House]:
    with HomeAssistant(namespace=network) as home_assistant:
        yield House(network, home_assistant, short)


def written(done: subprocess.CompletedProcess[str]) -> str:
    """The configuration that a dry run prints."""
    return re.search(r"\n\n(# Gatehouse.*\nEnd\n)\n", done.stdout,
                     re.S).group(1)


def screen(terminal: Terminal) -> str:
    """What is left to be seen, line for line: spinners are drawn over."""
    text = terminal.output.decode().replace("\r\n", "\n")
    return re.sub(r"(?m)^.*\r\x1b\[K", "", text)


# The command line

@pytest.mark.parametrize("options, said", [
    ([], "what is your public name? Say --host NAME"),
    (["--host", "home"], "--host: 'home' is no name on the internet"),
    (["--host", "a b.org"], "--host: "),
    (["--host", HOST], "where is the token of your DDNS provider? Say "
     "--ddns-token-file FILE"),
    (["--host", HOST, "--ddns-token-file", "/nonexistent"],
     "--ddns-token-file: /nonexistent: No such file"),
    (["--host", HOST, "--ddns-token-file", "/dev/null"],
     "--ddns-token-file: /dev/null"),
    (["--host", HOST, "--ddns", "ducks"],
     "--ddns: 'ducks' is no provider that is known"),
    (["--host", HOST, "--ddns", "custom"],
     "--ddns: custom needs more than setup asks for"),
    (["--host", "home.example.invalid"],
     "--ddns: home.example.invalid has no address in the DNS"),
    (["--host", "x.ddns.net"],
     "what is your account with the DDNS provider? Say --ddns-login NAME"),
    (["--host", HOST, "--upnp", "yes"], "--upnp is auto or no, not 'yes'"),
    (["--host", HOST, "--http01=0"], "--http01 is yes or no, not '0'")])
def test_answers_that_are_missing_or_wrong(house, options, said):
    done = house.setup(*house.options(*options))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"gatehouse: setup: {said}")
    assert not house.file.parent.exists()


def test_terms_have_to_be_agreed_to(house):
    done = house.setup(*house.options(
        "--host", HOST, "--ddns-token-file", house.token))
    assert done.returncode == 1 and "Say --agree-tos" in done.stderr


def test_options_that_are_unknown(house):
    done = house.setup("--hots", HOST)
    assert done.returncode == 1
    assert "did you mean '--host'?" in done.stderr


# What it finds

def test_no_home_assistant(house):
    done = house.setup("--file", house.file, "--host", HOST,
                       "--ddns-token-file", house.token, "--agree-tos",
                       "--backend", "127.0.0.1:1")
    assert done.returncode == 2
    assert "no Home Assistant was found at 127.0.0.1:1" in (
        re.sub(r"\s+", " ", done.stdout))
    assert not house.file.exists()


@pytest.mark.parametrize("port", [80, 443])
def test_a_port_is_held(house, port):
    with house.network.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = house.setup(*house.answers())
    assert done.returncode == 4
    assert f"port {port} is held by " in done.stdout
    assert f"(process {os.getpid()})" in done.stdout
    assert ("--http01=no" in done.stdout) == (port == 80)
    assert not house.file.exists()


def test_somebody_without_rights(house, programs):
    house.directory.chmod(0o755)
    house.token.chmod(0o644)
    done = house.setup(*house.answers(), before=NOBODY,
                       program=programs / "bin/gatehouse")
    assert done.returncode == 7
    assert "run it as root" in done.stderr


# What it writes

@pytest.mark.parametrize("more", [
    [], ["--email", "you@example.org"], ["--upnp=no"], ["--http01=no"],
    ["--staging"]])
def test_a_dry_run_says_what_it_would_write(house, more):
    done = house.setup(*house.answers("--dry-run", *more))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was changed." in done.stdout
    assert SECRET not in done.stdout
    assert not house.file.parent.exists()
    house.file.parent.mkdir()
    house.file.write_text(written(done))
    (house.file.parent / "duckdns.token").write_text(SECRET)
    (house.file.parent / "duckdns.token").chmod(0o600)
    assert house.network.run(PROGRAM, "check", house.file) == (
        f"{house.file}: ok\n")


@pytest.mark.parametrize("held", [False, True])
def test_http01_no_leaves_port_80_alone(house, held):
    with house.network.socket() as other:
        if held:
            other.bind(("127.0.0.1", 80))
            other.listen()
        done = house.setup(*house.answers("--dry-run", "--http01=no"))
    text = written(done)
    assert 'Challenge\t"tls-alpn-01"' in text
    assert ("\tPort\t0" in text) == held


def test_an_existing_file_is_not_touched(house):
    house.file.parent.mkdir()
    house.file.write_text("# mine\n")
    done = house.setup(*house.answers())
    beside = house.file.with_name("gatehouse.conf.gatehouse-new")
    assert done.returncode == 1
    assert house.file.read_text() == "# mine\n"
    assert f'Gateway "{HOST}"' in beside.read_text()
    assert beside.stat().st_mode & 0o777 == 0o640
    assert "it stays as it is" in done.stdout
    assert f"mv {beside}" in re.sub(r"\s+", " ", done.stdout)
    assert sorted(os.listdir(house.file.parent)) == [
        house.file.name, beside.name]


def test_json(house):
    done = house.setup(*house.answers("--dry-run", "--json"))
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["exit"] == 0 and said["url"] == f"https://{HOST}"
    assert [(step["step"], step["verdict"]) for step in said["steps"]] == [
        ("Home Assistant", "ok"), ("Ports", "ok"), ("Configuration", "ok"),
        ("Home Assistant", "ok")]
    done = house.setup("--file", house.file, "--host", HOST, "--json",
                       "--ddns-token-file", house.token, "--agree-tos",
                       "--backend", "127.0.0.1:1")
    said = json.loads(done.stdout)
    assert (done.returncode, said["exit"]) == (2, 2)
    assert said["steps"][-1]["verdict"] == "fail"


def test_plain_lines_without_a_terminal(house):
    done = house.setup(*house.answers("--dry-run"))
    assert "\x1b" not in done.stdout and "\r" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


# Somebody at a terminal

def test_questions_and_answers(house):
    with house.terminal(*house.options("--dry-run")) as terminal:
        terminal.wait_for(ASKS_HOST)
        assert re.search(r"found 2026.\S+ at 127.0.0.1:\d+ +\x1b\[32mok",
                         screen(terminal))
        since = terminal.mark()
        terminal.type(b"home\n")
        terminal.wait_for(b"is no name on the internet", since=since)
        terminal.wait_for(ASKS_HOST, since=since)
        terminal.type(HOST.encode() + b"\n")
        terminal.wait_for(b"Token            of duckdns (hidden")
        assert not terminal.echoes
        terminal.type(SECRET.encode() + b"\n")
        terminal.wait_for(b"E-mail           (optional")
        assert terminal.echoes
        terminal.type(b"\n")
        terminal.wait_for(b"[Y/n] ")
        terminal.type(b"\n")
        terminal.wait_for(b"Nothing was changed.")
        assert terminal.wait_ended() == 0
        said = screen(terminal)
    assert SECRET not in said and "Email" not in said
    assert "\tDDNS \"duckdns\"" in said
    visible = re.sub(r"\x1b\[\d*m", "", said)
    assert max(map(len, visible.expandtabs().splitlines())) <= 80


def test_a_name_of_ones_own_needs_a_provider(house):
    with house.terminal(*house.options("--dry-run")) as terminal:
        terminal.wait_for(ASKS_HOST)
        terminal.type(b"home.example.invalid\n")
        terminal.wait_for(b"or none [none]: ")
        since = terminal.mark()
        terminal.type(b"\n")
        terminal.wait_for(b"has no address in the", since=since)
        terminal.wait_for(b"or none [none]: ", since=since)
        terminal.type(b"hetzner\n")
        terminal.wait_for(b"Domain           (that the name belongs to): ")
        terminal.type(b"example.invalid\n")
        terminal.wait_for(b"Token            of hetzner")
        terminal.type(b"\x04")
        assert terminal.wait_ended() == 1


def test_whoever_does_not_agree_has_changed_nothing(house):
    with house.terminal(*house.options(
            "--host", HOST, "--ddns-token-file", house.token, "--email",
            "a@example.org")) as terminal:
        terminal.wait_for(b"[Y/n] ")
        terminal.type(b"n\n")
        terminal.wait_for(b"nothing was changed")
        assert terminal.wait_ended() == 1
    assert not house.file.parent.exists()


def test_no_color(house):
    with house.terminal(*house.answers("--dry-run", "--yes"),
                        NO_COLOR="1") as terminal:
        terminal.wait_for(b"Nothing was changed.")
        assert terminal.wait_ended() == 0
        assert not re.search(r"\x1b\[\d*m", screen(terminal))


def test_the_configuration_gives_the_defaults(house):
    dry = house.setup(*house.answers("--dry-run", "--staging", "--email",
                                     "you@example.org"))
    house.file.parent.mkdir()
    house.file.write_text(written(dry))
    token = house.file.parent / "duckdns.token"
    token.write_text(f"{SECRET}\n")
    with house.terminal("--file", house.file, "--dry-run") as terminal:
        for prompt in (f" [{HOST}]: ", "Enter: as it was): ",
                       "[you@example.org]: "):
            terminal.wait_for(prompt.encode())
            terminal.type(b"\n")
        terminal.wait_for(b"Nothing was changed.")
        assert terminal.wait_ended() == 0
        said = screen(terminal)
    assert "would be written: " in said and "staging" not in said
    assert f'"{house.address}"' in said


@pytest.mark.parametrize("sig", [None, signal.SIGTERM, signal.SIGHUP])
def test_an_end_leaves_the_terminal_as_it_was(house, sig):
    with house.terminal(*house.options("--host", HOST)) as terminal:
        terminal.wait_for(b"Token            of duckdns (hidden")
        assert not terminal.echoes
        if sig is None:
            terminal.type(b"\x03")
        else:
            terminal.kill(sig)
        terminal.wait_for(b"say `gatehouse setup` again, and it goes on")
        assert terminal.echoes
        assert terminal.wait_ended() in (-(sig or signal.SIGINT),
                                         128 + (sig or signal.SIGINT))
    assert not house.file.parent.exists()


# As far as it comes without an internet

def test_an_authority_that_is_not_reached(house):
    """It is started, and ended with setup; a second run goes on."""
    hosts = house.directory / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {OWN_HOST}\n")
    house.network.run("mount", "--bind", hosts, "/etc/hosts")
    options = house.options("--host", OWN_HOST, "--agree-tos", "--upnp=no",
                            "--no-service")
    done = house.setup(*options)
    assert done.returncode == 5, done.stderr
    assert house.file.stat().st_mode & 0o777 == 0o640
    text = house.file.read_text()
    assert "letsencrypt-staging" in text
    said = re.sub(r"\s+", " ", done.stdout)
    assert f"written: {house.file} ok" in said
    assert "acme-staging-v02.api.letsencrypt.org" in said
    assert "it is tried again at " in said and said.count(" FAIL") == 1
    assert not (house.directory / "state/control.sock").exists()
    again = house.setup(*options)
    assert again.returncode == 5
    assert f"going on with {house.file} ok" in (
        re.sub(r"\s+", " ", again.stdout))
    assert house.file.read_text() == text


def test_ctrl_c_while_it_waits(house):
    """Nobody is there to be told the address: it would wait two minutes."""
    with house.terminal(*house.answers("--yes", "--no-service")) as terminal:
        terminal.wait_for(b"\x1b[KDNS ", timeout=30)
        terminal.type(b"\x03")
        terminal.wait_for(b"say `gatehouse setup` again, and it goes on\r\n")
        assert terminal.wait_ended() in (-signal.SIGINT, 128 + signal.SIGINT)
        assert terminal.rest().strip() == b""
    text = house.file.read_text()
    assert "letsencrypt-staging" in text
    again = house.setup(*house.answers("--dry-run"))
    assert again.returncode == 0 and house.file.read_text() == text
