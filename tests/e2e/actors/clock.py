"""A wall clock that the test sets, for some of the programs: libfaketime."""

from __future__ import annotations

import glob
import os
import time
from pathlib import Path

import pytest

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


class Clock:
    """Give `environment` to the program, before it starts."""

    def __init__(self, file: Path, *programs: str) -> None:
        if LIBRARY is None:
            pytest.skip("no libfaketime here: a wrong clock cannot be shown")
        self._file = file
        self.put_right()
        self.environment = {
            "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_ONLY_CMDS": ",".join(programs),
            # It does not jump, whatever people do to the other one.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def _write(self, text: str) -> None:
        """Whole or not at all: it is read again and again."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(text + "\n")
        os.replace(fresh, self._file)

    def put_right(self) -> None:
        self._write("+0")

    def shift(self, seconds: float) -> None:
        self._write(f"{seconds:+.0f}")

    def set(self, when: float) -> None:
        """Seconds since the epoch; it goes on from there."""
        self.shift(when - time.time())

    def hurry(self, factor: int) -> None:
        """From now it is right, and everything passes so much faster: the
        monotonic clock, too, of programs that are started after this."""
        self.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "0"
        self._write(f"+0 x{factor}")
