"""A program on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from pathlib import Path
from typing import Sequence

from . import PATIENCE


class Terminal:
    """Runs a program on a pseudoterminal, whose session it leads."""

    def __init__(self, argv: Sequence[str | Path], *, rows: int = 24,
                 columns: int = 80) -> None:
        self.output = b""
        self.status: int | None = None  # as os.waitpid() has it
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                # The child's own end: its size is there before it asks.
                self._set_size(0, rows, columns)
                os.execv(argv[0], [str(arg) for arg in argv])
            finally:
                os._exit(127)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_exc) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    @staticmethod
    def _set_size(fd: int, rows: int, columns: int) -> None:
        fcntl.ioctl(fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        self._set_size(self._fd, rows, columns)

    @property
    def echoes(self) -> bool:
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def type(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def kill(self, sig: int) -> None:
        os.kill(self.pid, sig)

    def mark(self) -> int:
        """For `since`: what comes from here on."""
        return len(self.output)

    def wait_for(self, text: bytes, *, since: int = 0,
                 timeout: float = PATIENCE) -> None:
        deadline = time.monotonic() + timeout
        while text not in self.output[since:]:
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self._fd], [], [], left)
            assert ready, self.output[since:]
            try:
                some = os.read(self._fd, 65536)
            except OSError:     # the last one has closed it
                some = b""
            assert some, self.output[since:]
            self.output += some

    def rest(self) -> bytes:
        """What comes after all that was waited for, until all have left."""
        before = self.mark()
        while True:
            try:
                some = os.read(self._fd, 65536)
            except OSError:
                some = b""
            if not some:
                return self.output[before:]
            self.output += some

    def wait_stopped(self) -> None:
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def wait_ended(self) -> int:
        """Until it has ended: its exit status, or minus the signal."""
        _, self.status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(self.status)
