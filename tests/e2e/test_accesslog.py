"""The access log: what its lines say, where they go, and what they never do."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import stat
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import Front, pound
from actors.home_assistant import HomeAssistantSocket
from actors.process import Process

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAge: 7\r\n\r\nok"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
CLF = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"
SECRETS = "/x?authSig=S3CRET&a=1&access_token=S3CRET&token=S3CRET"


class LogFile(Process):
    """A file by its name, followed as it is written and replaced."""

    def __init__(self, path: Path) -> None:
        super().__init__("access log", ["tail", "-n", "+1", "-s", "0.02", "-F", path])
        self.path = path

    def wait(self, pattern: str) -> list[str]:
        """All lines until now, once one of them holds the pattern."""
        self.wait_for_line(pattern)
        return [line.text for line in self.lines
                if not line.text.startswith("tail:")]


@pytest.fixture
def log(short) -> Iterator[LogFile]:
    with LogFile(short / "access.log") as made:
        yield made


@pytest.fixture
def plain(make_gateway) -> Callable[..., Front]:
    """Makes a gateway that serves, before a backend that says ok."""
    backends = []

    def make(top: str, response: bytes = OK, **options) -> Front:
        backends.append(ScriptedBackend(answer(response)).start())
        return make_gateway(Front, pound(
            backends[-1].address, top=top, **options)).start_ready()

    yield make
    for backend in backends:
        backend.stop()


def get(front: Front, target: str, headers=(), scheme: str = "http") -> int:
    with front.open(scheme) as client:
        return client.request("GET", target, headers=headers).status


@pytest.mark.parametrize("level, line", [
    ("1", r'127\.0\.0\.1 "GET /x\?a=1 HTTP/1\.1" 200$'),
    ("extended", r'127\.0\.0\.1 "GET /x\?a=1 HTTP/1\.1" 200 \(gw\.test -> '
     r'127\.0\.0\.1:\d+\) in 0 out 2, \d+ ms, first byte \d+ ms$'),
    ("3", rf'gw\.test 127\.0\.0\.1 - - {CLF} "GET /x\?a=1 HTTP/1\.1" 200 2 '
     r'"-" "curl/8"$'),
    ("combined", rf'info: 127\.0\.0\.1 - - {CLF} "GET /x\?a=1 HTTP/1\.1" 200 '
     r'2 "-" "curl/8"$'),
    ("5", r'in 0 out 2, \d+ ms, first byte \d+ ms, TLSv1\.3$'),
    ("full", rf'info: 127\.0\.0\.1 - - {CLF} "GET /x\?a=1 HTTP/1\.1" 200 2 '
     r'"-" "curl/8" host=gw\.test backend=127\.0\.0\.1:\d+ ms=\d+ '
     r'upstream=\d+ in=0 tls=TLSv1\.3$'),
])
def test_built_in_formats(plain, level, line):
    front = plain(f"LogLevel {level}")
    assert get(front, "/x?a=1", [("User-Agent", "curl/8")], "https") == 200
    front.wait_for_line(line)


def test_own_format_and_suppression(plain):
    front = plain('LogFormat "own" "%a \\"%m %U\\" %>s %{Age}o %v %{tls}x"',
                  plain="LogLevel own\nLogSuppress clterr",
                  tls="LogLevel null")
    get(front, "/over-tls", scheme="https")
    with front.http() as client:
        assert client.request("GET", "/seen").status == 200
        assert client.request("TRACE", "/unseen").status == 405
        assert client.request("GET", "/last").status == 200
    front.wait_for_line(r'info: 127\.0\.0\.1 "GET /last" HTTP/1\.1 200 OK '
                        r'7 - -$')
    assert front.count('"GET /seen"') == 1
    assert front.count("unseen|over-tls") == 0


def test_json(plain, log):
    front = plain(f'LogLevel json\nAccessLog "{log.path}"')
    with front.https() as client:
        client.send(b"GET /p?token=S3CRET HTTP/1.1\r\nHost: gw.test\r\n"
                    b"User-Agent: \"\\ \xc3\xa9\xff\r\n"
                    b"Referer: https://u:S3CRET@r/?code=S3CRET\r\n\r\n")
        assert client.read_response().status == 200
    with front.http() as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.read_response().status == 400
    good, bad = map(json.loads, log.wait(":400,"))
    assert re.fullmatch(STAMP, good.pop("time"))
    assert re.fullmatch(r"127\.0\.0\.1:\d+", good.pop("backend"))
    assert good.pop("ms") >= 0 and good.pop("upstream_ms") >= 0
    assert good == {
        "client": "127.0.0.1", "method": "GET", "host": "gw.test",
        "path": "/p", "query": "?token=...", "protocol": "HTTP/1.1",
        "status": 200, "in": 0, "out": 2, "tls": "TLSv1.3",
        "referer": "...@r/?code=...", "user_agent": '"\\x5c é\\xff'}
    assert (bad["client"], bad["status"], bad["method"], bad["backend"]) == (
        "127.0.0.1", 400, None, None)


def test_credentials_are_never_logged(plain):
    """Not even by a format that asks for each of them."""
    everything = " ".join([
        "%r %U %q", *("%%{%s}i" % name for name in (
            "Referer", "Authorization", "Cookie", "Proxy-Authorization")),
        "%{Set-Cookie}o %{Location}o"])
    front = plain(
        f'LogFormat "all" "{everything}"\nLogLevel all',
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: S3CRET\r\n"
        b"Location: https://other.test/?code=S3CRET\r\n\r\n")
    assert get(front, SECRETS, [
        ("Referer", f"http://u:S3CRET@gw.test{SECRETS}"),
        ("Authorization", "Bearer S3CRET"), ("Cookie", "id=S3CRET"),
        ("Proxy-Authorization", "Basic S3CRET")]) == 200
    front.wait_for_line(r"GET /x\?authSig=\.\.\.&a=1&access_token=\.\.\.&"
                        r"token=\.\.\. HTTP/1\.1 /x .* \.\.\. .* \.\.\. "
                        r"https://other\.test/\?code=\.\.\.$")
    assert front.count("S3CRET") == 0


def test_peer_bytes_stay_on_their_line(plain):
    front = plain("LogLevel combined")
    with front.http() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: gw.test\r\nUser-Agent: x\" 1\\"
                    b"\t\x80\r\n\r\n")
        client.read_response()
    front.wait_for_line(r'"x\\x22 1\\x5c\\x09\\x80"$')


# The file

def rotate_by_signal(front: Front) -> None:
    mark = front.mark()
    front.signal(signal.SIGUSR1)
    front.wait_for_line("access log: opened anew", since=mark)


def rotate_by_command(front: Front) -> None:
    front.run_checked("reopen", "-f", str(front.file))


@pytest.mark.parametrize("rotate", [rotate_by_signal, rotate_by_command])
def test_rotation_reaches_every_worker(make_gateway, home_assistant, log,
                                       rotate):
    front = make_gateway(Front, pound(
        home_assistant.address, workers=2,
        top=f'LogLevel 1\nAccessLog "{log.path}"')).start_ready()
    status = log.path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    with HomeAssistantSocket(front.https()) as draining:
        front.reload()
        get(front, "/before")
        assert re.match(rf'{STAMP} 127\.0\.0\.1 "GET /before',
                        log.wait("/before")[-1])
        old = log.path.rename(log.path.with_suffix(".1"))
        rotate(front)
        written = old.read_text()
        assert log.path.exists()
        draining.close()
        log.wait("/api/websocket")      # by a worker that drains
    for n in range(20):                 # by both of the others
        get(front, f"/after{n}")
        log.wait(f"/after{n} ")
    assert old.read_text() == written
    assert "/after19" in log.path.read_text()


def test_no_worker_opens_the_file_that_a_symlink_names(make_gateway, short):
    (short / "link").symlink_to("/dev/null")
    front = make_gateway(Front, pound(
        "127.0.0.1:1", top=f'AccessLog "{short}/link"'))
    assert front.start().wait() == 1
    assert front.count(rf":4:11: AccessLog: cannot open {short}/link") == 1


def test_reload_with_a_file_that_cannot_be_opened_is_refused(plain, log):
    front = plain(f'AccessLog "{log.path}"')
    front.file.write_text(front.file.read_text().replace(
        f"{log.path}", f"{log.path.parent}"))
    done = front.run("reload", "-f", str(front.file))
    assert done.returncode == 1
    assert f":4:11: AccessLog: cannot open {log.path.parent}" in done.stderr
    get(front, "/still")
    log.wait("/still")


def test_full_disk_drops_lines_and_says_so_once(plain, log):
    """The worker may write no more of any file, and later it may again."""
    front = plain(f'LogLevel 1\nAccessLog "{log.path}"')
    worker, = front.pids()["proxy"]
    get(front, "/first")
    log.wait("/first")
    room = log.path.stat().st_size + 20     # for a part of a line
    _soft, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (room, hard))
    for n in range(5):
        assert get(front, f"/lost{n}") == 200
    front.wait_for_line("error: access log: .* dropped until")
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))
    assert get(front, "/again") == 200
    said = front.wait_for_line(r"access log: written again, (\d+) lines")
    first, torn, *more = log.wait("/again")
    assert "/first" in first and len(torn) == 20
    # The last one may have come when there was room again.
    assert int(said[1]) == 6 - len(more)
    assert all(re.match(rf"{STAMP} 127\.0\.0\.1 \"GET /", line)
               for line in more)
    assert front.count("dropped until") == 1


def test_crash_loses_no_more_than_a_round(plain, log):
    front = plain(f'LogLevel 1\nAccessLog "{log.path}"')
    worker, = front.pids()["proxy"]
    with front.http() as client:
        for n in range(20):
            assert client.request("GET", f"/{n}").status == 200
        os.kill(worker, signal.SIGKILL)
    front.wait_for_line("is back")
    assert log.path.read_text().count('"GET /') >= 19
