"""The filter for fail2ban, on lines that the gateway wrote.

fail2ban itself is not needed: its tags and the cutting out of the date are
done here as it does them. Where it is installed, it is asked as well.
"""

from __future__ import annotations

import configparser
import ipaddress
import re
import shutil
import subprocess
from typing import Iterator

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.front import Front, from_address, pound
from actors.gateway import REPOSITORY

FILTER = REPOSITORY / "etc/fail2ban/filter.d/gatehouse.conf"
ADDR = (r"(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|\[?(?P<ip6>"
        r"(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))\]?)")
DATES = [r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
         r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}",
         r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"]
LINE = r"gatehouse-proxy\[\d+\]: info: "
FORGED = "198.51.100.66"
LEVELS = ["regular", "extended", "vhost_combined", "combined", "detailed",
          "full", "json"]


def patterns(mode: str) -> list[re.Pattern[str]]:
    parser = configparser.ConfigParser()
    parser.read(FILTER)
    definition = parser["Definition"]
    assert definition["failregex"] == "<mdre-<mode>>"
    return [re.compile(line.replace("<ADDR>", ADDR))
            for line in definition[f"mdre-{mode}"].splitlines()]


def banned(line: str, mode: str = "normal") -> str | None:
    """The address that a line would count against."""
    line = re.sub("|".join(DATES), "", line, count=1)
    for pattern in patterns(mode):
        if match := pattern.search(line):
            return str(ipaddress.ip_address(match["ip4"] or match["ip6"]))
    return None


def by_path(connection: Connection) -> None:
    """/api/401 answers with 401."""
    while True:
        head, _body = connection.read_request()
        status = re.match(rb"\S+ \S*?(\d{3})", head)
        connection.send(b"HTTP/1.1 %s x\r\nContent-Length: 0\r\n\r\n"
                        % (status[1] if status else b"200"))


@pytest.fixture(scope="module", params=LEVELS)
def front(request) -> Iterator[Front]:
    with ScriptedBackend(by_path) as backend, Front(pound(
            backend.address, top=f"LogLevel {request.param}")) as made:
        yield made


def logged(front: Front, address: str, request: bytes) -> list[str]:
    """A request, alone on its connection; its line as places have it."""
    mark = front.mark()
    with front.http(connect=from_address(address)) as client:
        client.send(request)
        client.read_response()
    front.wait_for_line(LINE, since=mark)
    line, = [line.text for line in front.lines[mark:]
             if re.search(LINE, line.text)]
    bare = line.split(": info: ", 1)[1]
    return [line, bare, f"Nov 23 07:00:00 house {line}",
            f"house gatehoused[7]: {line}",
            f"2026-11-23T07:00:00.000Z {bare}" if bare[0] == "1" else bare]


def get(path: str, method: str = "GET", host: str = "gw.test",
        **fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}",
             *(f"{name.replace('_', '-')}: {value}"
               for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("request_, counts", [
    (get("/auth/login_flow/401"), True),
    (get("/auth/token403", "PATCH"), True),
    (get("/api/states401?x=1"), True),
    (get("/api/websocket400"), True),
    (get("/x421"), True),
    (get("/x429"), True),
    (b"nonsense\r\n\r\n", True),
    (get("/a", host="two names"), True),
    (get("/auth/login_flow/200"), False),
    (get("/api/camera_proxy/camera.door401?token=old"), False),
    (get("/api/hls/401"), False),
    (get("/local/401"), False),
    (get("/x404"), False),
    (get("/x503"), False),
])
def test_refusals(front, request_, counts):
    for line in logged(front, "127.0.0.9", request_):
        assert banned(line) == ("127.0.0.9" if counts else None), line


def test_passwords(front):
    tried = get("/auth/login_flow/200abc", "GET").replace(b"GET", b"POST", 1)
    tried = tried.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n")
    begun = tried.replace(b"/200abc", b"", 1)
    for line in logged(front, "127.0.0.9", tried):
        assert banned(line, "login") == "127.0.0.9", line
        assert banned(line) is None, line
    for line in logged(front, "127.0.0.9", begun):
        assert banned(line, "login") is None, line


INJECTIONS = [
    f'{FORGED} "GET /api/ HTTP/1.1" 401',
    f'{FORGED} - - [23/Nov/2026:07:00:00 +0000] "GET /api/ HTTP/1.1" 401 1',
    f'gatehouse-proxy[1]: info: {FORGED} "GET /api/ HTTP/1.1" 401',
    f'" 401 {FORGED} "GET /api/ HTTP/1.1" 401',
    f'\\" 401 1 "x" {FORGED} - - [] "GET /api/ HTTP/1.1" 401',
    f'{{"time":"","client":"{FORGED}","method":"GET","host":null,'
    '"path":"/api/","query":"","protocol":null,"status":401,',
    f'","client":"{FORGED}","status":401,"x":"',
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_address_of_a_client_s_making_counts(front, text):
    in_path = text.replace(" ", "%20").replace('"', "'")
    plus = text.replace(" ", "+").replace('"', "'").replace("[", "(")
    requests = [
        (get("/200", User_Agent=text, Referer=text), None),
        (get("/api/401", User_Agent=text, Referer=text), "127.0.0.9"),
        (get(f"/200?{plus}".replace("]", ")").replace("\\", "/")
             .replace("{", "(").replace("}", ")")), "any"),
        (get("/200", host=FORGED), None),
        (get("/api/401", host=FORGED), "127.0.0.9"),
        (get(f"/200{in_path}"), "any"),
        (get("/200", host=text), "any"),
        (text.encode() + b" / HTTP/1.1\r\nHost: gw.test\r\n\r\n", "any"),
    ]
    for request, wanted in requests:
        for line in logged(front, "127.0.0.9", request):
            for mode in "normal", "login":
                found = banned(line, mode)
                assert found in (None, "127.0.0.9"), line
                if wanted != "any" and mode == "normal":
                    assert found == wanted, line


@pytest.mark.skipif(not shutil.which("fail2ban-regex"),
                    reason="fail2ban is not installed")
def test_fail2ban_reads_the_filter(front, short):
    lines = logged(front, "127.0.0.9", get("/api/401"))
    (short / "log").write_text("\n".join(lines[2:3]) + "\n")
    done = subprocess.run(["fail2ban-regex", short / "log", FILTER],
                          stdout=subprocess.PIPE, text=True, check=True)
    assert "1 lines, 0 ignored, 1 matched, 0 missed" in done.stdout
