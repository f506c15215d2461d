"""A disk that is full, and one that takes nothing any more."""

from __future__ import annotations

import os
import shutil
import signal
from typing import Callable, Iterator

import pytest

from actors.fake_ca import FakeCA
from actors.front import NAME, Front, native
from actors.netns import Namespace
from actors.store import Store



@pytest.fixture
def ca() -> Iterator[FakeCA]:
    with FakeCA() as made:
        made.issue()
        yield made


@pytest.fixture
def make(make_gateway, home_assistant, ca: FakeCA) -> Callable[..., Front]:
    def made(**options) -> Front:
        return make_gateway(Front, native(
            home_assistant.address, directory=ca.directory,
            ca_file=ca.ca_file), **options)
    return made


def mount(mounts: Namespace, *argv) -> None:
    """It may be refused even to who may have namespaces."""
    try:
        mounts.run("mount", *argv)
    except AssertionError as refused:
        pytest.skip(f"no mounts here: {refused}")


def served(front: Front) -> int:
    with front.https() as client:
        serial = client.peer_serial()
        assert client.request("GET", "/").status == 200
    return serial


class Disk:
    """A small one of its own, under the state directory."""

    def __init__(self, mounts: Namespace, front: Front) -> None:
        self._mounts = mounts
        self._filling = front.state_dir / "filling"
        front.state_dir.mkdir(0o700)
        mount(mounts, "-t", "tmpfs", "-o",
              "size=256k,nr_inodes=64,mode=0700", "tmpfs", front.state_dir)

    def fill(self) -> None:
        self._mounts.run(
            "sh", "-c", 'dd if=/dev/zero of="$1" bs=4k 2>/dev/null; '
            'dd if=/dev/zero of="$1" bs=1 oflag=append conv=notrunc '
            '2>/dev/null; test -s "$1"', "sh", self._filling)

    def fill_with_names(self) -> None:
        """There is room, but for no further file."""
        self._mounts.run("sh", "-c", 'mkdir "$1"; i=0; while touch '
                         '"$1/$((i += 1))" 2>/dev/null; do :; done',
                         "sh", self._filling)

    def make_room(self) -> None:
        self._mounts.run("rm", "-r", self._filling)


def renew(front: Front) -> str:
    """It fails; why."""
    done = front.run("renew", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def check_full(front: Front, serial: int) -> None:
    """The old certificate serves, and people are told."""
    assert served(front) == serial
    row, = front.status()["certificates"]
    assert (row["source"], row["failures"]) == ("acme", 1)
    assert row["problem"].startswith("store: ")
    assert "No space left on device" in row["problem"]
    assert "No space left on device" in front.run_checked(
        "status", "-f", str(front.file))


def test_disk_that_is_full(mounts: Namespace, make, ca: FakeCA):
    """The CA is not asked for what could not be kept, nor at the start."""
    front = make(namespace=mounts)
    disk = Disk(mounts, front)
    front.start_ready()
    serial = int(front.wait_certificate()["serial"], 16)
    orders = ca.count("/order")
    disk.fill()
    assert "No space left on device" in renew(front)
    check_full(front, serial)

    front.stop()
    since = front.mark()
    front.start_ready()
    assert served(front) == serial
    assert "No space left on device" in renew(front)
    assert ca.count("/order") == orders

    disk.make_room()
    front.run_checked("renew", "-f", str(front.file))
    assert served(front) == int(
        front.wait_certificate(since=since)["serial"], 16) != serial
    assert (ca.count("/order"), ca.count("/account")) == (orders + 1, 1)


def test_disk_that_fills_up_during_a_renewal(mounts: Namespace, make,
                                             ca: FakeCA):
    """What the CA has issued by then is fetched when there is room."""
    front = make(namespace=mounts)
    disk = Disk(mounts, front)
    front.start_ready()
    serial = int(front.wait_certificate()["serial"], 16)
    certificate, = ca.scripts["/cert"]
    full: list[bool] = []

    def last_moment():
        if not full:
            full.append(True)
            disk.fill()
        return certificate()

    ca.say("/cert", last_moment)
    since, orders = front.mark(), ca.count("/order")
    assert "No space left on device" in renew(front)
    assert ca.count("/order") == orders + 1
    check_full(front, serial)
    disk.make_room()
    front.run_checked("renew", "-f", str(front.file))
    assert served(front) == int(
        front.wait_certificate(since=since)["serial"], 16) != serial
    assert (ca.count("/order"), ca.count("/account")) == (orders + 1, 1)


def test_disk_without_room_for_a_socket(mounts: Namespace, make, ca: FakeCA):
    """The certificate serves all the same, and the next start is like any."""
    front = make(namespace=mounts)
    disk = Disk(mounts, front)
    front.start_ready()
    serial = int(front.wait_certificate()["serial"], 16)
    front.stop()
    disk.fill_with_names()
    since = front.mark()
    front.start_ready()
    assert front.count("control.sock: No space left on device; "
                       "`gatehouse status`", since=since) == 1
    assert served(front) == serial
    front.stop()
    disk.make_room()
    front.start_ready()
    assert front.status()["certificates"][0]["source"] == "acme"
    assert ca.count("/order") == 1


@pytest.fixture
def frozen(mounts: Namespace, make) -> Callable[..., Front]:
    """A gateway, not started, whose state directory can only be read."""
    def made(*lost: str) -> Front:
        before = make().start_ready()
        before.wait_certificate()
        before.run_checked("renew", "-f", str(before.file))
        before.stop()
        front = make(namespace=mounts)
        shutil.copytree(before.state_dir, front.state_dir)
        for file in lost:
            (front.state_dir / file).unlink()
        mount(mounts, "--bind", front.state_dir, front.state_dir)
        mount(mounts, "-o", "remount,ro,bind", front.state_dir)
        return front
    return made


@pytest.mark.parametrize("lost", [
    (), ("lock",), (f"certs/{NAME}.pem",)])
def test_disk_that_can_only_be_read(frozen, make, mounts: Namespace,
                                    ca: FakeCA, lost: tuple[str, ...]):
    """The newest good certificate serves; nobody else may begin here."""
    front = frozen(*lost).start_ready()
    assert front.count(f"{front.state_dir} is read-only: ") == 1
    serials = Store(front.state_dir).serials(NAME)
    assert served(front) == serials[0]

    second = make(namespace=mounts)
    second.configure(front.file.read_text().replace(
        str(front.http_port), str(second.http_port)).replace(
        str(front.https_port), str(second.https_port)))
    second.start()
    second.wait_for_line("belongs to another gateway that is running")
    assert second.wait() == 1

    done = front.run("status", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (3, "")    # it does not run
    since = front.mark()
    os.kill(front.pid, signal.SIGHUP)
    front.wait_ready(since=since)
    assert served(front) == serials[0]
    assert (ca.count("/order"), ca.count("/account")) == (2, 1)


def test_nothing_is_ordered_that_cannot_be_kept(frozen, ca: FakeCA):
    """Not even for want of any certificate."""
    front = frozen(f"certs/{NAME}.pem", f"certs/{NAME}.prev.pem")
    asked = len(ca.requests)
    front.start_ready()
    front.wait_for_line(f"certificate for {NAME}: store: .*"
                        "Read-only file system; next attempt")
    with front.https() as client:
        certificate = client.peer_certificate()
    assert certificate.issuer == certificate.subject
    assert len(ca.requests) == asked


def test_first_start_on_a_disk_that_can_only_be_read(
        mounts: Namespace, make):
    """That is a mistake, and said at once."""
    front = make(namespace=mounts)
    front.state_dir.mkdir(0o700)
    mount(mounts, "--bind", front.state_dir, front.state_dir)
    mount(mounts, "-o", "remount,ro,bind", front.state_dir)
    front.start()
    front.wait_for_line("cannot create .*Read-only file system")
    assert front.wait() == 1
