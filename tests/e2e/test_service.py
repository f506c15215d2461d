"""How the gateway starts, stops, goes to the background and is installed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Iterator

import pytest

from actors.backend import ScriptedBackend
from actors.client import RawClient, tls_context
from actors.front import NAME, Front, native
from actors.gateway import BUILD, REPOSITORY, gateway_config
from actors.home_assistant import HomeAssistantSocket
from actors.ports import free_port
from actors.proc import all_end
from actors.process import NOBODY, Process


def wait_until_closed(port: int) -> None:
    """Connect until it is refused; who was faster is served or reset."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 10).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue


# Stopping

def connected(front: Front) -> HomeAssistantSocket:
    return HomeAssistantSocket(front.https())


def test_sigterm_stops_at_once(serving):
    with connected(serving), serving.https() as client:
        client.send_request("GET", "/api/slow?seconds=60")
        began = time.monotonic()
        assert serving.stop() == 0
        assert time.monotonic() - began < 5     # with the grace: 30
    assert not (serving.state_dir / "control.sock").exists()


def test_sigterm_stops_at_once_while_the_ca_is_silent(make_gateway):
    with ScriptedBackend(lambda connection: connection.read_to_end()) as ca:
        front = make_gateway(Front, native(
            "127.0.0.1:1", directory=f"https://{ca.address}/dir"))
        front.start_ready()
        ca.wait_for_connections(1)
        began = time.monotonic()
        assert front.stop() == 0
        assert time.monotonic() - began < 5     # with the grace: 30


def test_sigint_lets_a_download_end(serving):
    size = 32 << 20
    with serving.https() as client:
        client.send_request("GET", f"/api/download?size={size}")
        pieces = client.pieces(client.read_head())
        received = len(next(pieces))
        serving.signal(signal.SIGINT)
        wait_until_closed(serving.https_port)
        assert received + sum(map(len, pieces)) == size
    assert serving.wait() == 0 and not serving.stragglers


def test_second_sigint_does_not_wait(serving):
    with connected(serving):
        serving.signal(signal.SIGINT)
        serving.wait_for_line("draining")
        serving.signal(signal.SIGINT)
        assert serving.wait(2) == 0


def test_monitor_killed_while_connections_end(serving):
    with connected(serving):
        serving.status()    # by then there is one
        old, = serving.pids()["monitor"]
        serving.signal(signal.SIGINT)
        serving.wait_for_line("draining")
        os.kill(old, signal.SIGKILL)
        status = serving.status()
        assert {row["state"] for row in status["workers"]} == {"draining"}
        assert serving.pids()["monitor"] != [old]
    assert serving.wait() == 0


def test_drain_ends_with_its_grace(make_gateway, home_assistant):
    front = make_gateway(Front, native(home_assistant.address,
                                       extra="Grace 1"))
    front.start_ready()
    with connected(front):
        front.signal(signal.SIGINT)
        assert front.wait(5) == 0


# Starting

def test_port_that_is_taken(make_gateway, home_assistant):
    front = make_gateway(Front, native(home_assistant.address))
    with socket.create_server(("127.0.0.1", front.https_port)):
        assert front.start().wait() == 1
    front.wait_for_line(
        rf"{front.file}:\d+:\d+: port {front.https_port} is already in use; "
        r"`ss -ltnp` shows by whom")
    front.start_ready()


def test_state_directory_of_another_gateway(serving, make_gateway,
                                            home_assistant):
    other = make_gateway(Front, native(home_assistant.address))
    other.configure(other.file.read_text().replace(
        str(other.state_dir), str(serving.state_dir)))
    assert other.start().wait() == 1
    other.wait_for_line(rf"{serving.state_dir} belongs to another gateway "
                        rf"that is running \(process {serving.pid}\)")


def test_broken_configuration(make_gateway):
    gateway = make_gateway().configure("Wrokers 2\nEnd\n")
    assert gateway.start().wait() == 1
    for where in "1:1: unknown word 'Wrokers'", "2:1: ":
        assert gateway.count(f"{gateway.file}:{where}") == 1
    assert not gateway.state_dir.exists()


def test_gatehoused_wants_no_operand():
    done = subprocess.run(
        [BUILD / "sbin/gatehoused", "x.conf"], stderr=subprocess.PIPE,
        text=True, timeout=10, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        'gatehoused: "x.conf" is not an option; to name the configuration')


def test_unprivileged_gateway_serves(namespace, short, programs):
    """Whoever has no privilege to give up is told so, and served."""
    os.chown(short, 65534, 65534)
    http, https = 8080, 8443
    file = short / "gatehouse.conf"
    file.write_text(gateway_config(
        short / "state", forward="127.0.0.1:1", http_port=http,
        https_port=https, extra='User "daemon"'))
    with Process("gatehoused", [*NOBODY, programs / "sbin/gatehoused", "-f",
                                file], namespace=namespace) as gateway:
        gateway.wait_for_line("ready: 2 listeners")
        gateway.wait_for_line(f"{file}:3:6: warning: not started as root: "
                              "User has no effect")
        with RawClient(("127.0.0.1", https), name=NAME, tls=tls_context(),
                       connect=namespace.connect) as client:
            assert client.request("GET", "/").status == 503
        assert gateway.stop() == 0


def test_systemd_is_told(make_gateway, home_assistant, short):
    front = make_gateway(Front, native(home_assistant.address))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(short / "notify"))
        manager.settimeout(10)
        front.env = {"NOTIFY_SOCKET": str(short / "notify"),
                     "WATCHDOG_USEC": "200000"}

        def wait_told(wanted: str) -> list[str]:
            """What is said until this, without watchdog and status."""
            said: list[str] = []
            while wanted not in said:
                text = manager.recv(4096).decode()
                if not text.startswith(("WATCHDOG=1", "STATUS=")):
                    said.append(text.partition("\n")[0])
            return said

        front.start()
        assert wait_told("READY=1") == ["READY=1"]
        with front.https() as client:
            assert client.request("GET", "/").status == 200
        text = front.file.read_text()
        for config in text, "Wrokers 2", text:
            front.configure(config)
            front.signal(signal.SIGHUP)
            assert wait_told("READY=1") == ["RELOADING=1", "READY=1"]
        while not manager.recv(4096).startswith(b"WATCHDOG=1"):
            pass
        assert front.stop() == 0
        assert wait_told("STOPPING=1") == ["STOPPING=1"]


# As a daemon

SMALL_DEV = """
    new=$(mktemp -d)
    mount -t tmpfs tmpfs "$new"
    for device in null zero random urandom; do
        : >"$new/$device"
        mount --bind "/dev/$device" "$new/$device"
    done
    ln -s "$1" "$new/log"
    mount --move "$new" /dev
    rmdir "$new"
"""


@pytest.fixture
def syslog(namespace, short) -> Iterator[socket.socket]:
    """What is sent to /dev/log in the namespace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(short / "log"))
        log.settimeout(10)
        namespace.run("sh", "-ec", SMALL_DEV, "sh", short / "log")
        yield log


def wait_logged(log: socket.socket, text: str) -> list[str]:
    """Wait for a line with this text; all lines until then."""
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        lines.append(log.recv(4096).decode())
    return lines


def test_daemon(namespace, syslog, short):
    file, pid_file = short / "gatehouse.conf", short / "pid"
    file.write_text(gateway_config(
        short / "state", forward="127.0.0.1:1", http_port=80, https_port=443,
        extra=f'Daemon 1\nPIDFile "{pid_file}"\nLogFacility local3\n'
              'LogTag "house"'))
    done = subprocess.run(
        namespace.enter([BUILD / "sbin/gatehoused", "-f", file]),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=20, check=False)
    pids = [int(pid_file.read_text())]
    try:
        # Its output has ended, so nobody holds the terminal any more.
        assert done.returncode == 0
        assert "error" not in done.stdout and "ready" in done.stdout
        with RawClient(("127.0.0.1", 80), name=NAME,
                       connect=namespace.connect) as client:
            assert client.request("GET", "/").status == 301
        line = wait_logged(syslog, '"GET / HTTP/1.1" 301')[-1]
        assert re.search(r" house\[\d+\]: info: ", line)
        children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children")
        pids += map(int, children.read_text().split())
        assert os.getsid(pids[0]) == pids[0] and len(pids) >= 3
        family = [os.pidfd_open(pid) for pid in pids]
        os.kill(pids[0], signal.SIGTERM)
        lines = wait_logged(syslog, "stopped")
        assert re.match(rf"<158>.* house\[{pids[0]}\]: info: stopped",
                        lines[-1])
        assert all_end(family, 10)
        assert not pid_file.exists()
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_daemon_that_cannot_start_says_so(make_gateway, home_assistant):
    front = make_gateway(Front, native(home_assistant.address,
                                       extra="Daemon 1\nLogFacility -"))
    with socket.create_server(("127.0.0.1", front.http_port)):
        assert front.start().wait() == 1
    assert front.count(f"port {front.http_port} is already in use") == 1


# Installed

def make(*words: str, under: tuple[str, ...] = ()
         ) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*under, "make", "-C", REPOSITORY, f"B={BUILD}", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, check=False)


def make_install(*variables: str) -> None:
    done = make("install", *variables)
    assert done.returncode == 0, done.stdout


@pytest.mark.release
def test_installed_tree_runs_from_where_it_is(make_gateway, home_assistant,
                                              tmp_path):
    make_install(f"DESTDIR={tmp_path}")
    usr = tmp_path / "usr"
    front = make_gateway(Front, native(home_assistant.address), build=usr)
    front.start_ready()
    assert front.run_checked("check", "-f", str(front.file)) == (
        f"{front.file}: ok\n")
    assert front.status()["pid"] == front.pid
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    if os.geteuid() == 0:   # nobody else may look at workers
        for pid in sum(front.pids().values(), []):
            assert os.readlink(f"/proc/{pid}/exe").startswith(f"{usr}/")
    # What the README and the unit name is there.
    readme = (REPOSITORY / "README.md").read_text()
    unit = (usr / "lib/systemd/system/gatehouse.service").read_text()
    named = set(re.findall(r"/usr/[\w./-]+\w", readme + unit))
    assert len(named) >= 3
    for path in named:
        assert (tmp_path / path[1:]).is_file(), path
    for page in re.findall(r"man:(\w+(?:\.conf)?)\((\d)\)", unit):
        assert (usr / "share/man/man{1}/{0}.{1}".format(*page)).is_file()
    for path in ("bash-completion/completions/gatehouse",
                 "zsh/vendor-completions/_gatehouse",
                 "fish/vendor_completions.d/gatehouse.fish"):
        assert "client-cert" in (usr / "share" / path).read_text()
    for kind in "sysusers", "tmpfiles":
        assert (usr / f"lib/{kind}.d/gatehouse.conf").is_file()


@pytest.mark.release
def test_what_was_installed_is_removed(tmp_path):
    """But for what somebody else has put there."""
    make_install(f"DESTDIR={tmp_path}")
    mine = tmp_path / "usr/share/gatehouse/mine"
    mine.write_text("")
    done = make("uninstall", f"DESTDIR={tmp_path}")
    assert done.returncode == 0 and "`gatehouse uninstall`" in done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert not (tmp_path / "usr/libexec/gatehouse").exists()


@pytest.mark.release
def test_setup_is_for_root(tmp_path):
    somebody = tmp_path / "id"
    somebody.write_text("#!/bin/sh\necho 1000\n")
    somebody.chmod(0o755)
    done = make("setup", "HOST=x.test", under=(
        "env", f"PATH={tmp_path}:{os.environ['PATH']}"))
    assert done.returncode == 2
    assert "say `sudo make setup` with the same words" in done.stdout


@pytest.mark.release
@pytest.mark.skipif(not shutil.which("systemd-analyze"),
                    reason="no systemd-analyze here")
def test_unit_is_sound_at_another_prefix(tmp_path):
    make_install(f"PREFIX={tmp_path}")
    unit = tmp_path / "lib/systemd/system/gatehouse.service"
    assert f"ExecStart={tmp_path}/sbin/gatehoused " in unit.read_text()
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        check=False)
    assert (done.returncode, done.stdout) == (0, "")


# make run

def marked(mark: str) -> list[str]:
    """The processes with this in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "comm").read_text().strip())
        except OSError:
            continue    # gone meanwhile, or not ours to see
    return found


@pytest.mark.parametrize("once", [True, False])
def test_demonstration_leaves_nothing_behind(once):
    mark = f"GH_TEST={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    ports = free_port(), free_port()
    demo = Process(
        "demo", [sys.executable, REPOSITORY / "tests/e2e/demo.py",
                 "--http-port", str(ports[0]), "--https-port", str(ports[1]),
                 *["--once"][:once]], env={name: value})
    with demo:
        demo.wait_for_line("ready: 2 listeners", 20)
        assert {"pebble", "gatehoused"} <= set(marked(mark))
        if not once:
            demo.wait_for_line("Running; Ctrl-C ends it", 20)
            demo.signal(signal.SIGINT)
        assert demo.wait(20) == 0, demo.tail()
        assert not demo.stragglers and not marked(mark)
    demo.wait_for_line(f"302|301 to https://home.localhost:{ports[1]}/")
    demo.wait_for_line("nothing is left behind")
