"""A state directory that a disk, or a person, has damaged.

What an earlier run has left, with one thing wrong; real workers judge what
they are given, and a CA counts what it is asked for.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat)

from actors.fake_ca import FakeCA
from actors.front import NAME, Front, native
from actors.store import KEY, Store

PAIR, PREVIOUS = f"certs/{NAME}.pem", f"certs/{NAME}.prev.pem"
RECORD, ORDER = f"certs/{NAME}.state", f"certs/{NAME}.order.pem"
ACCOUNT_KEY, ACCOUNT_URL = "accounts/*/key.pem", "accounts/*/url"


# What can be wrong with a file

def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])


def cut_near_its_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def nul_filled(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def missing(path: Path) -> None:
    path.unlink()


def with_another_key(path: Path) -> None:
    """A certificate beside a key that is good, but not its own."""
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(KEY.sub(lambda _match: key, path.read_bytes()))


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def a_link(path: Path) -> None:
    """To what would be good, elsewhere."""
    target = path.with_name(".elsewhere")
    path.rename(target)
    path.symlink_to(target)


def unreadable(path: Path) -> None:
    path.chmod(0)


class Bound:
    """In a Namespace's place: what runs here obeys modes, even if it is root."""

    connect = staticmethod(socket.create_connection)

    @staticmethod
    def enter(argv: Sequence[str | Path]) -> list[str]:
        if os.geteuid() != 0:
            return [str(arg) for arg in argv]
        return ["setpriv", "--bounding-set=-dac_override,-dac_read_search",
                "--", *map(str, argv)]


WRECKS = [truncated, emptied, nul_filled, missing]
FOREIGN = [a_directory, a_link, unreadable]
Damage = Callable[[Path], None]


class Earlier(NamedTuple):
    """What an earlier run has left."""

    ca: FakeCA
    state: Path
    newest: int     # serial numbers
    previous: int

    @property
    def asked(self) -> tuple[int, int]:
        """For orders and for accounts."""
        return self.ca.count("/order"), self.ca.count("/account")


@pytest.fixture(scope="module")
def earlier(home_assistant) -> Iterator[Earlier]:
    """Two certificates, a record, an order under way and an account."""
    with FakeCA() as ca, tempfile.TemporaryDirectory(
            prefix="gh-", dir="/tmp") as directory:
        ca.issue()
        front = Front(native(home_assistant.address, directory=ca.directory,
                             ca_file=ca.ca_file))
        try:
            front.start_ready()
            front.wait_certificate()
            front.run_checked("renew", "-f", str(front.file))
            front.stop()
            state = Path(directory) / "state"
            shutil.copytree(front.state_dir, state)
        finally:
            front.close()
        record = dict(line.split(": ", 1) for line in (
            state / RECORD).read_text().splitlines())
        (state / ORDER).write_bytes(
            f"wanted: {record['wanted']}\norder: {ca.url('/order/1')}\n"
            f"saved-at: {record['saved-at']}\n".encode()
            + KEY.search((state / PAIR).read_bytes())[0])
        (state / ORDER).chmod(0o600)
        store = Store(state)
        store.check()
        yield Earlier(ca, state, *store.serials(NAME))


@pytest.fixture
def damaged(earlier: Earlier, make_gateway, home_assistant
            ) -> Callable[..., Front]:
    """Starts a gateway on it, when this has happened to these files."""
    def made(damage: Damage, *files: str) -> Front:
        front = make_gateway(Front, native(
            home_assistant.address, directory=earlier.ca.directory,
            ca_file=earlier.ca.ca_file), namespace=Bound())
        shutil.copytree(earlier.state, front.state_dir)
        for file in files:
            path, = front.state_dir.glob(file)
            damage(path)
        return front.start_ready()
    return made


def served(front: Front) -> int:
    with front.https() as client:
        serial = client.peer_serial()
        assert client.request("GET", "/").status == 200
    return serial


def lose_pairs(front_state: Path) -> None:
    for file in PAIR, PREVIOUS:
        (front_state / file).unlink()


# A certificate that need not be renewed

@pytest.mark.parametrize("damage", [
    *WRECKS, cut_near_its_end, with_another_key, *FOREIGN])
def test_pair(earlier: Earlier, damaged, damage: Damage):
    """The one before it serves, and the CA is not asked for another."""
    asked = earlier.asked
    front = damaged(damage, PAIR)
    assert served(front) == earlier.previous
    row, = front.status()["certificates"]
    assert row["source"] == "previous"
    assert earlier.asked == asked


@pytest.mark.parametrize("damage", [*WRECKS, *FOREIGN])
@pytest.mark.parametrize("file", [
    PREVIOUS, RECORD, ORDER, ACCOUNT_KEY, ACCOUNT_URL])
def test_what_is_not_served(earlier: Earlier, damaged, file: str,
                            damage: Damage):
    """The newest serves; the CA hears of nothing."""
    asked = earlier.asked
    front = damaged(damage, file)
    assert served(front) == earlier.newest
    row, = front.status()["certificates"]
    assert row["source"] == "acme"
    assert earlier.asked == asked


# No good pair at all

@pytest.mark.parametrize("damage", [
    *WRECKS, with_another_key, a_link, unreadable])
def test_both_pairs(earlier: Earlier, damaged, damage: Damage):
    """A placeholder, then what the order that was under way brings."""
    orders, accounts = earlier.asked
    front = damaged(damage, PAIR, PREVIOUS)
    front.wait_for_line("a self-signed placeholder serves")
    serial = int(front.wait_certificate()["serial"], 16)
    assert served(front) == serial
    assert serial not in (earlier.newest, earlier.previous)
    assert earlier.asked == (orders, accounts)


def then_no_pair(damage: Damage) -> Damage:
    """The same, in a store without pairs."""
    def both(path: Path) -> None:
        damage(path)
        state = next(parent for parent in path.parents
                     if (parent / "accounts").is_dir())
        lose_pairs(state)
    return both


@pytest.mark.parametrize("file, damages, orders, accounts", [
    (RECORD, WRECKS, 0, 0),
    (ORDER, WRECKS, 1, 0),
    # It is lost, so there is no other way. This CA shows everybody the order.
    (ACCOUNT_KEY, WRECKS, 0, 1),
    (ACCOUNT_URL, [emptied, nul_filled, missing], 0, 1)])   # asked for
def test_new_certificate_without(earlier: Earlier, damaged, file: str,
                                 damages: list[Damage], orders: int,
                                 accounts: int):
    for damage in damages:
        before = earlier.asked
        front = damaged(then_no_pair(damage), file)
        serial = int(front.wait_certificate()["serial"], 16)
        assert served(front) == serial
        Store(front.state_dir).check()
        after = earlier.asked
        assert (after[0] - before[0], after[1] - before[1]) == (
            orders, accounts), damage
        front.stop()


@pytest.mark.parametrize("damage", FOREIGN)
@pytest.mark.parametrize("file, orders", [
    (RECORD, 0), (ORDER, 1), (ACCOUNT_KEY, 0), (ACCOUNT_URL, 0)])
def test_what_cannot_be_kept_is_not_begun(
        earlier: Earlier, damaged, file: str, orders: int, damage: Damage):
    """Something stands where the gateway would write.

    A link, or what cannot be read, is replaced, but where it is an account:
    there is one, and it is not to be forgotten.
    """
    before = earlier.asked
    front = damaged(then_no_pair(damage), file)
    if damage is not a_directory and file in (RECORD, ORDER):
        front.wait_certificate()
    else:
        front.wait_for_line(f"certificate for {NAME}: .*; next attempt")
        with front.https() as client:
            certificate = client.peer_certificate()
        assert certificate.issuer == certificate.subject
        row, = front.status()["certificates"]
        assert row["problem"].startswith(("store: ", "local: "))
    after = earlier.asked
    assert (after[0] - before[0], after[1] - before[1]) == (orders, 0)
