"""A child process whose output is kept, line by line, with its time.

Every actor that is a program builds on this. The child leads a process
group of its own, dies with the test run whatever happens to it, and is
waited for through its output, never by sleeping.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import (IO, TYPE_CHECKING, Iterator, Mapping, NamedTuple,
                    Sequence)

from . import PATIENCE
from .proc import Holder, holders

if TYPE_CHECKING:
    from .netns import Namespace

TAIL = 60
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class Line(NamedTuple):
    time: float     # time.monotonic() at which it was read
    text: str


class ActorError(AssertionError):
    """An actor failed; the message ends with the tail of its log."""


class Process:
    """A program under test, or one that serves a test.

    Start it from the main thread: the kernel is asked to kill the child
    when the thread that started it ends. The log goes on through restarts.
    """

    open_ones: list[Process] = []   # started and not closed, by age

    def __init__(self, name: str, argv: Sequence[str | Path], *,
                 env: Mapping[str, str] | None = None,
                 namespace: Namespace | None = None) -> None:
        self.name = name
        self.argv = [str(arg) for arg in argv]
        self.env = dict(env or {})
        self.namespace = namespace
        self.lines: list[Line] = []
        self.exit_status: int | None = None  # of the last run, once it ended
        self.stragglers: list[str] = []     # children that it left alive
        self._changed = threading.Condition()
        self._ended = True      # the program, and all that it wrote is here
        self._eof = True        # nobody holds its output open any more
        self._unheard = False   # nobody is to wait for its output
        self._partial = b""     # a line that is not yet complete
        self._child: subprocess.Popen | None = None
        self._pidfd = -1
        self._pipe = ""
        self._reader: threading.Thread | None = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_exc) -> None:
        self.close()

    def start(self):
        """Run the program."""
        assert self._child is None, f"{self.name} was started already"
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *self.argv]
        if self.namespace:
            argv = self.namespace.enter(argv)
        self._child = subprocess.Popen(
            argv, env={**os.environ, **self.env}, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        output = self._child.stdout.fileno()
        os.set_blocking(output, False)
        self._pipe = os.readlink(f"/proc/self/fd/{output}")
        self._pidfd = os.pidfd_open(self._child.pid)
        self._eof = self._ended = False
        if self not in Process.open_ones:
            Process.open_ones.append(self)
        self._reader = threading.Thread(
            target=self._read, daemon=True,
            args=(self._child.stdout, os.dup(self._pidfd)))
        self._reader.start()
        return self

    def _read(self, output: IO[bytes], pidfd: int) -> None:
        """The reader thread: until nobody can write any more."""
        waiting = select.poll()
        waiting.register(output, select.POLLIN)
        waiting.register(pidfd, select.POLLIN)
        with output:
            while not self._eof:
                ready = [fd for fd, _events in waiting.poll()]
                with self._changed:
                    self._drain()
                    if output.fileno() not in ready:
                        # It has ended; its children may still write.
                        waiting.unregister(pidfd)
                        self._ended = True
                        self._changed.notify_all()
        os.close(pidfd)

    def _drain(self) -> None:
        """Keep all that has been written until now. With the lock held."""
        while not self._eof:
            try:
                data = os.read(self._child.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            *raw, self._partial = (self._partial + data).split(b"\n")
            if not data:
                self._eof = self._ended = True
                raw = [self._partial] if self._partial else []
                self._partial = b""
            now = time.monotonic()
            self.lines += [Line(now, line.decode(errors="replace"))
                           for line in raw]
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        assert self._child is not None, f"{self.name} is not running"
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and not self._exited(0)

    def _writers(self) -> Iterator[Holder]:
        """Who can still write to our pipe, which we only read."""
        return (holder for holder in holders({self._pipe})
                if holder.pid != os.getpid())

    def _exited(self, timeout: float) -> bool:
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        return bool(waiting.poll(timeout * 1000))

    def send_line(self, text: str) -> None:
        """Write one line to the standard input of the program."""
        self._child.stdin.write(text.encode() + b"\n")
        self._child.stdin.flush()

    def signal(self, number: int) -> None:
        """Send a signal to the program alone, not to its children."""
        signal.pidfd_send_signal(self._pidfd, number)

    def mark(self) -> int:
        """A place in the log, for the `since` of other calls."""
        with self._changed:
            self._drain()
            return len(self.lines)

    def read_lines(self, since: int, timeout: float | None = None
                   ) -> list[Line]:
        """Wait for lines from `since` on; none: it ended, or too late."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or self._unheard
                or len(self.lines) > since, timeout)
            return self.lines[since:]

    def end_waiting(self) -> None:
        """From another thread: nobody waits for lines any longer."""
        with self._changed:
            self._unheard = True
            self._changed.notify_all()

    def wait_for_line(self, pattern: str, timeout: float = PATIENCE, *,
                      since: int = 0) -> re.Match[str]:
        """The first line from `since` on in which the pattern is found."""
        regex = re.compile(pattern)
        deadline = time.monotonic() + timeout
        while lines := self.read_lines(since, deadline - time.monotonic()):
            for line in lines:
                if match := regex.search(line.text):
                    return match
            since += len(lines)
        if self._ended:
            raise self.error(f"ended before a line with /{pattern}/")
        raise self.error(f"no line with /{pattern}/ within {timeout:g} s")

    def count(self, pattern: str, *, since: int = 0) -> int:
        """How many lines of the log hold the pattern, until now."""
        regex = re.compile(pattern)
        with self._changed:
            self._drain()
            return sum(bool(regex.search(line.text))
                       for line in self.lines[since:])

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait until the program ends by itself; its exit status."""
        if not self._exited(timeout):
            raise self.error(f"still running after {timeout:g} s")
        self.stragglers = [str(holder) for holder in self._writers()]
        self._reap()
        return self.exit_status

    def stop(self, timeout: float = PATIENCE) -> int | None:
        """End it with SIGTERM; the exit status (negative: a signal)."""
        if self._child is None:
            return self.exit_status
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and its children, whatever they do."""
        if self._child is not None:
            self._reap()

    def close(self) -> None:
        """The last call: an actor with files removes them here, too."""
        self.kill()
        if self in Process.open_ones:
            Process.open_ones.remove(self)

    def _reap(self) -> None:
        # The group is killed before its leader is waited for: until then
        # its number cannot belong to anybody else. Children with groups of
        # their own still have our pipe.
        os.killpg(self._child.pid, signal.SIGKILL)
        for holder in self._writers():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(holder.pidfd, signal.SIGKILL)
        self.exit_status = self._child.wait()
        self._child.stdin.close()
        self._reader.join(5)
        os.close(self._pidfd)
        self._child = None
        if self._reader.is_alive():
            self._eof = True
            raise self.error("left a process behind")

    def tail(self, count: int = TAIL) -> str:
        """The last lines of the log."""
        with self._changed:
            self._drain()
            return "\n".join(line.text for line in self.lines[-count:])

    def error(self, what: str) -> ActorError:
        """An exception about this actor, with the tail of its log."""
        return ActorError(
            f"{self.name}: {what}\n--- log of {self.name} ---\n{self.tail()}")
