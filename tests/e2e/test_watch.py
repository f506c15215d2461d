"""gatehouse status --watch."""

from __future__ import annotations

import re
import signal

import pytest

from actors.front import NAME, Front
from actors.gateway import BUILD
from actors.terminal import Terminal

ENTER = b"\x1b[?1049h\x1b[?25l"
LEAVE = b"\x1b[?25h\x1b[?1049l"


def watching(front: Front, **size: int) -> Terminal:
    return Terminal([BUILD / "bin/gatehouse", "status", "--watch",
                     "-f", front.file], **size)


def picture(terminal: Terminal) -> list[str]:
    """The lines that were drawn last."""
    last = terminal.output.decode().rsplit("\x1b[H", 1)[1]
    return [re.sub(r"\x1b\[\d*[KJH]", "", line)
            for line in re.split("\r+\n", last)]


def test_shows_the_status_again_and_again(front):
    with watching(front, rows=60) as terminal:
        terminal.wait_for(b"Ctrl-C ends")
        assert terminal.output.startswith(ENTER)
        first = picture(terminal)
        assert first[0] == "This needs attention:"
        assert f"  {NAME}" in first
        for _ in range(2):
            terminal.wait_for(b"Ctrl-C ends", since=terminal.mark())
        assert picture(terminal)[0] == first[0]


def test_fits_the_terminal_and_its_new_size(front):
    with watching(front, rows=12, columns=30) as terminal:
        terminal.wait_for(b" lines fit")
        lines = picture(terminal)
        assert len(lines) == 12
        assert max(map(len, lines)) == 30
        since = terminal.mark()
        terminal.resize(80, 200)
        terminal.wait_for(b"Ctrl-C ends", since=since)
        assert " lines fit" not in picture(terminal)[-1]
        assert len(picture(terminal)) > 12


@pytest.mark.parametrize("sig", [
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_leaves_the_terminal_as_it_was(front, sig):
    with watching(front) as terminal:
        terminal.wait_for(b"Ctrl-C ends")
        since = terminal.mark()
        terminal.kill(sig)
        terminal.wait_for(LEAVE, since=since)
        assert terminal.wait_ended() == -sig


def test_control_c(front):
    with watching(front) as terminal:
        terminal.wait_for(b"Ctrl-C ends")
        terminal.type(b"\x03")
        terminal.wait_for(LEAVE)
        assert terminal.wait_ended() == -signal.SIGINT


def test_stopped_and_continued(front):
    with watching(front) as terminal:
        terminal.wait_for(b"Ctrl-C ends")
        terminal.kill(signal.SIGTSTP)
        terminal.wait_for(LEAVE)
        terminal.wait_stopped()
        since = terminal.mark()
        terminal.kill(signal.SIGCONT)
        terminal.wait_for(ENTER, since=since)
        terminal.wait_for(b"Ctrl-C ends", since=since)


def test_outlives_the_gateway(serving):
    with watching(serving) as terminal:
        terminal.wait_for(b"Ctrl-C ends")
        serving.stop()
        terminal.wait_for(b"The gateway does not answer: ")
        since = terminal.mark()
        serving.start_ready()
        terminal.wait_for(b"This needs attention:", since=since)


def test_without_a_terminal_or_a_gateway(front, make_gateway):
    done = front.run("status", "--watch", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--watch needs a terminal" in done.stderr
    done = front.run("status", "--watch", "--json", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (2, "")
    idle = make_gateway()
    idle.configure(f'StateDir "{idle.state_dir}"\n')
    with watching(idle) as terminal:
        terminal.wait_for(b"no gateway is running with the configuration")
        assert terminal.wait_ended() == 3
    assert ENTER not in terminal.output
