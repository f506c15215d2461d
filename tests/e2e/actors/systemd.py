"""The gateway as a service, by a systemctl that writes down its calls."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from .front import Front
from .gateway import BUILD
from .netns import Namespace

FILE = "/etc/gatehouse/gatehouse.conf"
SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$0.calls"
case $1 in
show)
    [ -z "{daemon}" ] ||
        echo "ExecStart={{ path={daemon} ; argv[]={daemon} -f FILE ; }}" ;;
start)
    {daemon} --daemon -f {file} 2>"$0.log" || {{
        echo "Job for gatehouse.service failed." >&2
        exit 1
    }} ;;
disable)
    {gatehouse} stop -f {file} >/dev/null 2>&1 || : ;; # there is none
esac
"""
JOURNALCTL = """#!/bin/sh
cat "${0%/*}/systemctl.log"
"""


class Systemd:
    """What `gatehouse` takes for systemd, in a namespace of its own.

    It starts the unit as a daemon, and stops it as the unit says.
    """

    def __init__(self, namespace: Namespace, directory: Path, *,
                 programs: Path, file: Path, daemon: str | None = None
                 ) -> None:
        self._bin = directory / "stand-in"
        self._bin.mkdir()
        self._write("systemctl", SYSTEMCTL.format(
            daemon=(programs / "sbin/gatehoused" if daemon is None
                    else daemon),
            gatehouse=programs / "bin/gatehouse", file=file))
        self._write("journalctl", JOURNALCTL)
        namespace.run("mkdir", "/run/systemd/system")

    def _write(self, name: str, script: str) -> None:
        path = self._bin / name
        path.write_text(script)
        path.chmod(0o755)

    def enter(self, *argv: str | Path) -> list[str]:
        """The command line that meets these before the machine's own."""
        return ["sh", "-c", 'PATH=$0:$PATH exec "$@"', str(self._bin),
                *map(str, argv)]

    @property
    def calls(self) -> list[str]:
        """The arguments of systemctl, call by call."""
        try:
            return (self._bin / "systemctl.calls").read_text().splitlines()
        except FileNotFoundError:
            return []


class Machine:
    """Where the gateway is a service: a daemon, or systemd's.

    Its configuration is /etc/gatehouse/gatehouse.conf, which nobody outside
    of the namespace sees there; `front` says what is in it.
    """

    def __init__(self, front: Front, *, systemd: bool,
                 daemon: str | None = None) -> None:
        self.front = front
        self.space = front.namespace
        self.space.private_directory("/run/systemd")
        self.space.private_directory("/etc/gatehouse")
        self.etc = front.directory / "etc"
        self.etc.mkdir()
        self.file = self.etc / "gatehouse.conf"
        shutil.copy(front.file, self.file)
        self.space.run("mount", "--bind", self.etc, "/etc/gatehouse")
        self.systemd = Systemd(
            self.space, front.directory, programs=BUILD,
            file=Path(FILE), daemon=daemon) if systemd else None

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_exc) -> None:
        """Whatever its own file says by now."""
        self.run("stop", "-f", str(self.front.file))

    def command(self, *args: str) -> list[str]:
        argv = [str(BUILD / "bin/gatehouse"), *args]
        return self.space.enter(
            self.systemd.enter(*argv) if self.systemd else argv)

    def run(self, *args: str, status: int | None = None
            ) -> subprocess.CompletedProcess[str]:
        """gatehouse with these arguments, without a terminal."""
        done = subprocess.run(
            self.command(*args), stdin=subprocess.DEVNULL, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        assert status in (None, done.returncode), done
        return done

    def pid(self) -> int | None:
        """Of the gateway that runs."""
        done = self.run("status", "--json")
        return json.loads(done.stdout)["pid"] if not done.returncode else None
