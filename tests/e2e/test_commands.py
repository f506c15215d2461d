"""What people type."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from actors.client import RawClient, tls_context
from actors.front import NAME, Front, native
from actors.gateway import BUILD, REPOSITORY, gateway_config
from actors.home_assistant import HomeAssistant
from actors.process import NOBODY, Process

VERBS = ["run", "check", "status", "doctor", "ha-sensors", "reload", "renew",
         "revoke", "account", "ddns", "import", "portmap", "client-cert",
         "reopen", "stop", "completion", "help", "version"]


def gatehouse(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BUILD / "bin/gatehouse", *args], stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        timeout=30, check=False)


# Words

def test_help_lists_every_command():
    done = gatehouse("help")
    assert re.findall(r"^  ([\w-]+) ", done.stdout, re.M) == VERBS
    assert (done.returncode, done.stderr) == (0, "")
    for other in "--help", "-h":
        assert gatehouse(other).stdout == done.stdout
    nothing = gatehouse()
    assert (nothing.returncode, nothing.stderr) == (2, done.stdout)


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_explains_itself(verb):
    done = gatehouse(verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: gatehouse {verb}")
    assert "  -h, --help " in done.stdout
    assert gatehouse("help", verb).stdout == done.stdout


@pytest.mark.parametrize("args, said", [
    (["relaod"], "unknown command 'relaod'; did you mean 'reload'?"),
    (["help", "chekc"], "unknown command 'chekc'; did you mean 'check'?"),
    (["sing"], "unknown command 'sing'; `gatehouse help` lists them"),
    (["check", "--expnad"],
     "unknown option '--expnad'; did you mean '--expand'?"),
    (["status", "--expand"], "unknown option '--expand'; "
     "`gatehouse status --help` lists them"),
    (["reload", "now"], "'now' is too much: see `gatehouse reload --help`"),
    (["check", "-f"], "option --file needs its FILE"),
    (["revoke"], "revoke: which certificate? Give one of its names"),
    (["revoke", "x.test"], "Revoke the certificate of x.test? This cannot be "
     "undone. Say so with --yes."),
    (["account", "deactivate"], "Close the account? This cannot be undone. "
     "Say so with --yes."),
    (["run", "--host", "x.test"], "run: --host needs --backend"),
    (["run", "--email", "a@b.test"], "run: --backend, --email and"),
    (["run", "--host", "a b", "--backend", "127.0.0.1:1",
      "--state-dir", "/tmp/never-made"], "'Gateway' needs a host name")])
def test_command_lines_that_make_no_sense(args, said):
    done = gatehouse(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"gatehouse: {said}")
    assert not Path("/tmp/never-made").exists()


def test_versions_agree():
    version = gatehouse("version").stdout
    assert re.fullmatch(r"gatehouse \d+\.\d+\.\d+\n", version)
    daemon = subprocess.run([BUILD / "sbin/gatehoused", "-V"], check=True,
                            stdout=subprocess.PIPE, text=True, timeout=10)
    assert daemon.stdout == version.replace("gatehouse", "gatehoused")


# check

def write(directory: Path, text: str, **options) -> Path:
    """A file with one Gateway section, after this text."""
    file = directory / "gatehouse.conf"
    file.write_text(gateway_config(
        directory / "state", forward="127.0.0.1:8123", http_port=8080,
        https_port=8443, extra=text, **options))
    return file


def test_check_without_a_mistake(short):
    file = write(short, "")
    for args in ["-f", file], [file]:
        done = gatehouse("check", *args)
        assert (done.returncode, done.stdout, done.stderr) == (
            0, f"{file}: ok\n", "")
    assert not (short / "state").exists()


def test_check_with_a_warning(short):
    file = write(short, "LogFacility deamon")
    done = gatehouse("check", file)
    assert (done.returncode, done.stdout) == (
        0, f"{file}: ok, with 1 warning\n")
    assert re.fullmatch(f"{file}:3:13: warning: .*'daemon'.*\n", done.stderr)


def test_check_with_mistakes(short):
    file = write(short, "Alive 0\nLogFacility deamon\nUser \"nosuch\"",
                 ca_file="/nonexistent.pem")
    done = gatehouse("check", file)
    assert (done.returncode, done.stdout) == (1, "")
    *lines, last = done.stderr.splitlines()
    assert last.startswith(f"{file}: ") and " 1 warning" in last
    assert lines[0].startswith(f"{file}:3:7: ")
    assert lines[1].startswith(f"{file}:4:13: warning: ")


def test_check_looks_at_this_machine(short):
    file = write(short, 'User "nosuch"\nRootJail "/nonexistent"',
                 ca_file="/nonexistent.pem")
    done = gatehouse("check", file)
    assert done.returncode == 1
    assert [line.removeprefix(f"{file}:")
            for line in done.stderr.splitlines()] == [
        '3:6: there is no user "nosuch" on this machine',
        "4:10: RootJail /nonexistent: No such file or directory",
        "7:12: CAFile /nonexistent.pem: No such file or directory",
        " 3 errors, 0 warnings"]


def expand(file: Path) -> str:
    done = gatehouse("check", "--expand", file)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_expansion_is_a_configuration_that_means_the_same(short):
    file = write(short, 'Include "more.conf"')
    (short / "more.conf").write_text("LogLevel 0\nAlive 5\n")
    expanded = expand(file)
    assert "Gateway" not in expanded and "Include" not in expanded
    for word in ("LogLevel\t0", "Alive\t5", "ListenHTTP\n", "ListenHTTPS\n",
                 f'AutoCert\t"{NAME}"', "BackEnd", "8123"):
        assert word in expanded
    file.write_text(expanded)
    assert expand(file) == expanded


def test_example_configuration_is_five_lines_that_work(short):
    example = (REPOSITORY / "etc/gatehouse.conf").read_text()
    file = short / "gatehouse.conf"
    file.write_text(f'{example}\nStateDir "{short}/state"\n')
    assert gatehouse("check", file).stdout == f"{file}: ok\n"
    words = [line for line in example.splitlines()
             if line and not line.startswith("#")]
    assert len(words) == 5


# status, reload, renew, stop

def test_status_for_people(serving):
    serving.status()
    said = serving.run_checked("status", "-f", str(serving.file))
    assert f"This needs attention:\n  {NAME} has no certificate" in said
    for title in "Listeners", "Backends", "Certificates", "Workers":
        assert f"\n{title}\n  " in said
    for fact in (f"http  127.0.0.1:{serving.http_port}\n",
                 f"https 127.0.0.1:{serving.https_port}\n",
                 "source       self-signed\n", "generation 1    serving\n",
                 f"process {serving.pid}, up for "):
        assert fact in said


def test_status_for_programs(serving, home_assistant):
    status = serving.status()
    assert {name: type(part) for name, part in status.items()} == {
        "version": str, "now": int, "pid": int, "uptime": int,
        "generation": int, "listeners": list, "backends": list,
        "certificates": list, "ddns": list, "workers": list, "memory": dict,
        "portmap": dict, "problems": list, "traffic": dict, "hour": dict,
        "events": list}
    assert [set(part[0]) for part in map(status.get, (
        "listeners", "backends", "certificates", "workers"))] == [
        {"index", "name", "protocol", "address"},
        {"id", "name", "host", "port", "address", "state", "since", "error"},
        {"slot", "names", "source", "state", "serial", "issuer", "not_before",
         "not_after", "issued_by", "directory", "profile", "window_start",
         "window_end", "chosen", "next_attempt", "reason", "attempts",
         "failures", "problem", "advice"},
        {"pid", "worker", "generation", "state"}]
    assert status["backends"][0]["port"] == home_assistant.port
    assert status["certificates"][0]["names"] == [NAME]
    assert sorted(row["pid"] for row in status["workers"]) == (
        sorted(serving.pids()["proxy"]))


@pytest.mark.parametrize("verb", ["status", "reload", "renew", "account", "stop"])
def test_commands_without_a_gateway(short, verb):
    file = write(short, "")
    done = gatehouse(verb, "-f", file)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"gatehouse: no gateway is running with the configuration {file} "
        f"({short}/state/control.sock: No such file or directory)\n")
    done = gatehouse(verb, "-f", "/nonexistent")
    assert (done.returncode, done.stderr) == (
        1, "gatehouse: /nonexistent: No such file or directory\n")


def test_commands_after_a_gateway_was_killed(serving):
    """Its socket is still there; nobody listens."""
    serving.kill()
    assert (serving.state_dir / "control.sock").is_socket()
    done = serving.run("status", "-f", str(serving.file))
    assert done.returncode == 3 and "Connection refused" in done.stderr


def test_renew_of_names_that_are_not_there(serving):
    done = serving.run("renew", "other.test", "-f", str(serving.file))
    assert (done.returncode, done.stderr) == (
        1, "no AutoCert has the name 'other.test'; `gatehouse status` shows "
        "those that there are\n")


def test_stop(serving):
    assert serving.run_checked("stop", "-f", str(serving.file)) == (
        "stopping\n")
    assert serving.wait() == 0 and not serving.stragglers
    assert not (serving.state_dir / "control.sock").exists()


# run

def test_run_becomes_the_gateway(make_gateway, home_assistant):
    front = make_gateway(Front, native(home_assistant.address))
    with Process("gatehouse run", [BUILD / "bin/gatehouse", "run", "-f",
                                   front.file]) as run:
        run.wait_for_line("ready: 2 listeners")
        assert run.count(rf"^gatehoused\[{run.pid}\]: ") > 0
        assert run.stop() == 0


def test_run_for_one_home_assistant(namespace, short):
    with HomeAssistant(namespace=namespace) as backend, Process(
            "gatehouse run",
            [BUILD / "bin/gatehouse", "run", "--host", NAME, "--backend",
             backend.address, "--email", "me@example.org", "--state-dir",
             short / "state"], namespace=namespace) as run:
        run.wait_for_line("ready: 2 listeners")
        said = run.tail()
        file = short / "state/gatehouse.conf"
        for fact in (f"https://{NAME}/", backend.address, str(file),
                     "Ctrl-C"):
            assert fact in said.partition("gatehoused[")[0]
        assert file.stat().st_mode & 0o777 == 0o600
        assert "me@example.org" in file.read_text()
        with RawClient(("127.0.0.1", 80), name=NAME,
                       connect=namespace.connect) as client:
            response = client.request("GET", "/x?y")
            assert response.header("Location") == f"https://{NAME}/x?y"
        with RawClient(("127.0.0.1", 443), name=NAME, tls=tls_context(),
                       connect=namespace.connect) as client:
            assert client.request("GET", "/manifest.json").status == 200
        status = namespace.run(BUILD / "bin/gatehouse", "status", "-f", file)
        assert "Let's Encrypt" not in status and NAME in status
        run.signal(signal.SIGINT)
        assert run.wait() == 0


def test_run_without_root(namespace, short, programs):
    os.chown(short, 65534, 65534)
    with Process("gatehouse run",
                 [*NOBODY, programs / "bin/gatehouse", "run", "--host", NAME,
                  "--backend", "127.0.0.1:1", "--state-dir", short / "state"],
                 namespace=namespace) as run:
        assert run.wait() == 1
    file = short / "state/gatehouse.conf"
    for port in 80, 443:
        assert run.count(rf"{file}:\d+:\d+: port {port} is privileged: start "
                         "this as root or by systemd, or run") == 1
