"""SendFile: the files of a directory, and nothing outside of it.

Pound 4.23 was led out of its directory; this is every way we know of.
"""

from __future__ import annotations

import email.utils
import os
import select
import socket
from pathlib import Path
from typing import Iterator

import pytest

from actors.front import NAME, Front, backend as section, pound

BIG = 24 << 20
SECRET = b"secret\n"
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A directory to send from, with a secret beside and traps in it."""
    top = tmp_path_factory.mktemp("files")
    www = top / "www"
    for directory in www, www / "sub", www / "empty", www / ".git":
        directory.mkdir()
    (top / "secret.txt").write_bytes(SECRET)
    (top / "wwwsecret.txt").write_bytes(SECRET)
    (www / "index.html").write_text("<h1>top</h1>")
    (www / "sub" / "index.html").write_text("<h1>sub</h1>")
    (www / "a b+ü%.txt").write_text("odd name")
    (www / "data.bin").write_bytes(bytes(range(100)))
    (www / "nothing").write_bytes(b"")
    (www / "STYLE.CSS").write_text("p {}")
    with (www / "big").open("wb") as big:
        for number in range(BIG >> 20):
            big.write(bytes([number]) * (1 << 20))
    (www / ".hidden").write_bytes(SECRET)
    (www / ".git" / "config").write_bytes(SECRET)
    (www / "link").symlink_to(top / "secret.txt")
    (www / "relative").symlink_to("../secret.txt")
    (www / "within").symlink_to("index.html")
    (www / "out").symlink_to(top)
    (www / "root").symlink_to("/")
    os.mkfifo(www / "fifo")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(www / "socket"))
    return www


@pytest.fixture(scope="module")
def files(site, backend) -> Iterator[Front]:
    service = f'Service\nSendFile "{site}"\nEnd\n'
    with Front(pound(backend.address, plain=service, tls=service)) as made:
        yield made


@SCHEMES
@pytest.mark.parametrize("path, kind, body", [
    ("/", "text/html; charset=utf-8", b"<h1>top</h1>"),
    ("/?q=../x", "text/html; charset=utf-8", b"<h1>top</h1>"),
    ("/index.html", "text/html; charset=utf-8", b"<h1>top</h1>"),
    ("/%69ndex.htm%6C", "text/html; charset=utf-8", b"<h1>top</h1>"),
    ("/sub/", "text/html; charset=utf-8", b"<h1>sub</h1>"),
    ("/a%20b+%C3%BC%25.txt", "text/plain; charset=utf-8", b"odd name"),
    ("/STYLE.CSS", "text/css; charset=utf-8", b"p {}"),
    ("/data.bin", "application/octet-stream", bytes(range(100))),
    ("/nothing", "application/octet-stream", b"")])
def test_files(files, scheme, path, kind, body):
    with files.open(scheme) as client:
        for method in "GET", "HEAD", "GET":
            response = client.request(method, path)
            assert response.status == 200
            assert response.body == (b"" if method == "HEAD" else body)
            assert response.header("Content-Length") == str(len(body))
            assert response.header("Content-Type") == kind
            assert response.header("X-Content-Type-Options") == "nosniff"


OUT = [
    "/../secret.txt", "/..", "/../", "/sub/../../secret.txt", "/./index.html",
    "/sub/../index.html", "/%2e%2e/secret.txt", "/%2e./secret.txt",
    "/.%2E/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt", "/..\\secret.txt", "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt", "/%c0%ae%c0%ae/secret.txt",
    "/..%c0%afsecret.txt", "/..;/secret.txt", "/...//secret.txt",
    "/....//secret.txt", "//secret.txt", "//../secret.txt", "/sub//index.html",
    "/../wwwsecret.txt", "/%00/../secret.txt", "/index.html%00.txt",
    "/index.html/", "/index.html/../../secret.txt", "/sub%2findex.html",
    "/sub%2Findex.html", "/%2findex.html", "/%2fetc/passwd", "/etc/passwd",
    "//etc/passwd", "/link", "/relative", "/within", "/out/secret.txt",
    "/root/etc/passwd", "/fifo", "/socket", "/sub", "/empty/", "/empty",
    "/.hidden", "/.git/config", "/.git/", "/sub/.", "/sub/..", "/%2ehidden",
    "/index.html%0a", "/index.html%20", "/%", "/%2", "/%zz", "/%u002e/x",
    "/proc/self/root/etc/passwd", "/" + "a" * 300, "/" + "a/" * 1500,
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd"]


@pytest.mark.parametrize("path", OUT)
def test_nothing_else(files, path):
    for scheme in "http", "https":
        with files.open(scheme) as client:
            response = client.request("GET", path)
            assert response.status in (400, 404)
            assert SECRET not in response.body
            assert b"root:" not in response.body
    with files.http() as client:
        assert client.request("GET", "/").status == 200


def test_device_is_not_there(backend, tmp_path):
    (tmp_path / "ok").write_text("ok")
    try:
        os.mknod(tmp_path / "zero", 0o20666, os.makedev(1, 5))
    except OSError:
        pytest.skip("no devices can be made here")
    service = f'Service\nSendFile "{tmp_path}"\nEnd\n'
    with Front(pound(backend.address, plain=service)) as front:
        with front.http() as client:
            assert client.request("GET", "/zero").status == 404
            assert client.request("GET", "/ok").body == b"ok"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods(files, method):
    with files.http() as client:
        response = client.request(method, "/data.bin")
        assert response.status == 405
        assert response.header("Allow") == "GET, HEAD"
        assert client.request("GET", "/").status == 200


def test_not_modified(files, site):
    modified = int((site / "data.bin").stat().st_mtime)

    def ask(client, *headers):
        return client.request("GET", "/data.bin", headers=headers).status

    def date(when):
        return email.utils.formatdate(when, usegmt=True)

    with files.http() as client:
        response = client.request("GET", "/data.bin")
        assert response.header("Last-Modified") == date(modified)
        for when, status in ((modified, 304), (modified + 9, 304),
                             (modified - 1, 200)):
            assert ask(client, ("If-Modified-Since", date(when))) == status
        assert ask(client, ("If-Modified-Since", "yesterday")) == 200
        assert ask(client, ("If-Modified-Since", date(modified) + "x")) == 200
        assert ask(client, ("If-Modified-Since", date(modified)),
                   ("If-None-Match", '"x"')) == 200


@pytest.mark.parametrize("asked, status, part", [
    ("bytes=0-0", 206, (0, 1)), ("bytes=10-19", 206, (10, 20)),
    ("bytes=90-", 206, (90, 100)), ("bytes=90-1000", 206, (90, 100)),
    ("bytes=-10", 206, (90, 100)), ("bytes=-1000", 206, (0, 100)),
    ("bytes=99-99", 206, (99, 100)), ("BYTES=0-1", 206, (0, 2)),
    ("bytes=100-", 416, None), ("bytes=100-200", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=18446744073709551614-", 416, None),
    ("bytes=99999999999999999999-", 200, (0, 100)),
    ("bytes=2-1", 200, (0, 100)), ("bytes=-", 200, (0, 100)),
    ("bytes=", 200, (0, 100)), ("bytes=a-b", 200, (0, 100)),
    ("bytes=+1-2", 200, (0, 100)), ("bytes=0-1,3-4", 200, (0, 100)),
    ("lines=0-1", 200, (0, 100)), ("bytes 0-1", 200, (0, 100))])
def test_ranges(files, asked, status, part):
    with files.https() as client:
        for method in "GET", "HEAD":
            response = client.request(method, "/data.bin",
                                      headers=[("Range", asked)])
            if method == "HEAD":
                assert response.status == 200   # RFC 9110 section 14.2
                continue
            assert response.status == status
            if part:
                first, end = part
                assert response.body == bytes(range(first, end))
            if status == 206:
                assert (response.header("Content-Range")
                        == f"bytes {first}-{end - 1}/100")
            if status == 416:
                assert response.header("Content-Range") == "bytes */100"


def test_range_if_it_is_still_the_same(files, site):
    modified = (site / "data.bin").stat().st_mtime
    with files.http() as client:
        for when, status in ((modified, 206), (modified - 1, 200)):
            response = client.request("GET", "/data.bin", headers=[
                ("Range", "bytes=0-1"),
                ("If-Range", email.utils.formatdate(when, usegmt=True))])
            assert response.status == status


@SCHEMES
def test_large_file_is_whole(files, scheme):
    with files.open(scheme) as client:
        for _ in range(2):
            body = client.request("GET", "/big").body
            assert len(body) == BIG
            assert all(body[number << 20:(number + 1) << 20]
                       == bytes([number]) * (1 << 20)
                       for number in range(BIG >> 20))
        part = client.request("GET", "/big", headers=[
            ("Range", f"bytes={(3 << 20) - 5}-{(3 << 20) + 4}")]).body
        assert part == b"\2" * 5 + b"\3" * 5


def test_pipelined(files):
    with files.http() as client:
        for path in "/data.bin", "/sub/", "/big", "/data.bin":
            client.send_request("GET", path)
        assert client.read_response().body == bytes(range(100))
        assert client.read_response().body == b"<h1>sub</h1>"
        assert len(client.read_response().body) == BIG
        assert client.read_response().body == bytes(range(100))


def stalled(files: Front, count: int) -> list[socket.socket]:
    """Clients that ask for the big file and take nothing of it."""
    socks = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", files.http_port))
        sock.sendall(f"GET /big HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        assert sock.recv(1) == b"H"
        socks.append(sock)
    return socks


@pytest.mark.release
def test_readers_that_stall_cost_little(files):
    worker, = files.pids()["proxy"]
    with files.http() as client:
        client.request("GET", "/big")
    before = files.rss()[worker]
    socks = stalled(files, 40)
    with files.http() as client:
        assert client.request("GET", "/data.bin").status == 200
    assert files.rss()[worker] - before < 8 << 20
    for sock in socks:
        sock.close()


def test_reader_that_goes_leaves_no_descriptor(files):
    worker, = files.pids()["proxy"]

    def open_files() -> int:
        return sum(os.path.basename(os.readlink(entry)) == "big"
                   for entry in Path(f"/proc/{worker}/fd").iterdir()
                   if entry.is_symlink())

    socks = stalled(files, 10)
    assert open_files() == 10
    for sock in socks:
        sock.close()
    for _ in range(100):
        if open_files() == 0:
            break
        select.select([], [], [], 0.05)
    assert open_files() == 0


def test_file_that_shrinks_is_cut(backend, tmp_path):
    name = tmp_path / "log"
    name.write_bytes(b"x" * BIG)
    service = f'Service\nSendFile "{tmp_path}"\nEnd\n'
    with Front(pound(backend.address, plain=service)) as front:
        with front.http() as client:
            client.send_request("GET", "/log")
            head = client.read_head()
            assert head.header("Content-Length") == str(BIG)
            os.truncate(name, 1000)
            with pytest.raises(AssertionError, match="truncated"):
                list(client.pieces(head))
        with front.http() as client:
            assert len(client.request("GET", "/log").body) == 1000


def test_beside_a_backend(backend, site):
    service = f"""
Service
    Path -beg "/sub/"
    SendFile "{site}"
End
Service
    Path -beg "/www/"
    SetPath "/sub/index.html"
    SendFile "{site}"
End
Service
    {section(backend.address)}
End
"""
    with Front(pound(backend.address, tls=service)) as front:
        with front.https() as client:
            assert client.request("GET", "/sub/").body == b"<h1>sub</h1>"
            assert client.request("GET", "/www/x").body == b"<h1>sub</h1>"
            assert client.request("GET", "/").body == b"ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_in_the_jail(backend, tmp_path):
    """The directory is outside of it; nobody's rights are what counts."""
    www, jail = tmp_path / "www", tmp_path / "jail"
    for directory in www, jail:
        directory.mkdir()
    (www / "a.txt").write_text("here")
    (www / "private").write_text("no")
    (www / "private").chmod(0o600)
    service = f'Service\nSendFile "{www}"\nEnd\n'
    with Front(pound(backend.address, plain=service,
                     top=f'User nobody\nRootJail "{jail}"')) as front:
        with front.http() as client:
            assert client.request("GET", "/a.txt").body == b"here"
            assert client.request("GET", "/private").status == 403
        front.wait_for_line("warning: SendFile .*private")


def test_directory_that_is_missing(files, tmp_path):
    text = files.file.read_text()
    (tmp_path / "file").write_text("")
    for name in "none", "file":
        files.file.write_text(
            f'Service\n SendFile "{tmp_path / name}"\nEnd\n' + text)
        done = files.run("reload", "-f", str(files.file))
        assert done.returncode != 0
        assert f":2:11: {tmp_path / name}: " in done.stderr
        done = files.run("check", str(files.file))
        assert f":2:11: SendFile: {tmp_path / name}: " in done.stderr
    files.file.write_text(text)
    with files.http() as client:
        assert client.request("GET", "/").status == 200
