"""A certificate and an account that another program has got."""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from actors.authority import Authority
from actors.client import tls_context
from actors.front import NAME, Front, native, pound
from actors.pebble import Pebble
from actors.store import Store

DAY = datetime.timedelta(days=1)


def take(front: Front, *words: str | Path
         ) -> subprocess.CompletedProcess[str]:
    return front.run("import", "-f", str(front.file), *map(str, words))


def files(pair: tuple[Path, Path]) -> list[str | Path]:
    return ["--cert", pair[0], "--key", pair[1]]


def serial_of(file: Path) -> int:
    return x509.load_pem_x509_certificate(file.read_bytes()).serial_number


def waiting(front: Front) -> set[str]:
    """What the gateway has not taken over yet."""
    return {file.name for file in front.state_dir.glob("import/*")}


def served(front: Front) -> int:
    with front.https() as client:
        return client.peer_serial()


@pytest.fixture
def front(make_gateway, home_assistant) -> Front:
    """Not started; its authority cannot be reached."""
    return make_gateway(Front, native(home_assistant.address))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    """Who has issued what is imported."""
    return Authority(tmp_path)


def test_serves_at_the_next_start(front, elsewhere):
    chain, key = elsewhere.issue(NAME)
    done = take(front, *files((chain, key)))
    assert (done.returncode, done.stdout) == (
        0, f"{NAME}: ready; no gateway is running, and it will serve when "
           "one starts\n")
    assert waiting(front) == {f"{NAME}.pem"}
    for path, mode in ("import", 0o700), (f"import/{NAME}.pem", 0o600):
        assert (front.state_dir / path).stat().st_mode & 0o777 == mode
    front.start_ready()
    assert waiting(front) == set()
    assert served(front) == serial_of(chain)
    row, = front.status()["certificates"]
    life = row["not_after"] - row["not_before"]
    assert row["reason"] == "by its lifetime"
    assert (row["state"], row["source"], row["issued_by"]) == (
        "valid", "acme", "")
    assert (row["attempts"], row["window_end"]) == (0, 0)
    assert abs(row["next_attempt"] - row["not_before"] - life * 2 / 3) <= 1
    Store(front.state_dir).check()


def test_running_gateway_takes_it_over(front, elsewhere):
    chain, key = elsewhere.issue(NAME)
    first = serial_of(chain)
    take(front, *files((chain, key)))
    front.start_ready()
    with front.https() as open_one:
        chain, key = elsewhere.issue(NAME, lifetime=60 * DAY)
        done = take(front, *files((chain, key)))
        assert done.returncode == 0, done.stderr
        said = re.match(rf"{NAME}: serial (\w+), expires ", done.stdout)
        assert int(said[1], 16) == serial_of(chain)
        assert open_one.peer_serial() == first
    assert served(front) == serial_of(chain)
    assert waiting(front) == set()
    store = Store(front.state_dir)
    assert store.serials(NAME) == [serial_of(chain), first]
    row, = front.status()["certificates"]
    assert (row["state"], row["problem"], row["attempts"]) == ("valid", "", 0)
    front.stop()
    front.start_ready()
    assert served(front) == serial_of(chain)
    assert store.serials(NAME) == [serial_of(chain), first]
    store.check()


def test_reload_takes_over_what_waits(front, elsewhere):
    """For an AutoCert that the gateway does not know before the reload."""
    take(front, *files(elsewhere.issue(NAME)))
    front.start_ready()
    front.configure(front.file.read_text().replace(
        f'"{NAME}"', '"other.test"'))
    chain, key = elsewhere.issue("other.test")
    done = take(front, *files((chain, key)))
    assert done.returncode == 1
    assert "with the next `gatehouse reload`" in done.stderr
    front.reload()
    with front.https(name="other.test") as client:
        assert client.peer_serial() == serial_of(chain)
    assert waiting(front) == set()


def test_pound(front, elsewhere, tmp_path):
    """Key and chain in one file, the key first."""
    chain, key = elsewhere.issue(NAME)
    both = tmp_path / "pound.pem"
    both.write_bytes(key.read_bytes() + chain.read_bytes()
                     + elsewhere.ca_file.read_bytes())
    assert take(front, "--pound", both).returncode == 0
    front.start_ready()
    assert served(front) == serial_of(chain)


def other_key(authority: Authority) -> list[str | Path]:
    chain, key = authority.issue(NAME)
    mine = key.rename(key.with_suffix(".mine"))
    authority.issue(NAME)
    return files((chain, mine))


def wrong_order(authority: Authority) -> list[str | Path]:
    chain, key = authority.issue(NAME)
    chain.write_bytes(chain.read_bytes() * 2)
    return files((chain, key))


@pytest.mark.parametrize("make, why", [
    (other_key, "the private key is not the certificate's"),
    (wrong_order, "certificate 1 of the chain is not signed by the next"),
    (lambda authority: files(authority.issue(
        NAME, lifetime=-DAY / 48)), "the certificate expired at "),
    (lambda authority: files(authority.issue("other.test")),
     "the names other.test, which is not enough for any AutoCert (there is: "
     f"{NAME})"),
    (lambda authority: files(authority.issue(NAME)) + ["other.test"],
     "not enough for any AutoCert with the name other.test"),
    (lambda authority: files(authority.issue(
        NAME, key=rsa.generate_private_key(65537, 2048))),
     f"of the kind RSA, and AutoCert {NAME} is to have P-256"),
    (lambda authority: files((authority.issue(NAME)[0], authority.ca_file)),
     "the key: there is no private key"),
    (lambda authority: ["--cert", "/nowhere", "--key", "/nowhere"],
     "/nowhere: No such file"),
    (lambda authority: ["--certbot", authority.directory], "fullchain.pem"),
])
def test_refused(front, elsewhere, make, why):
    done = take(front, *make(elsewhere))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("gatehouse: import: ")
    assert why in done.stderr
    assert waiting(front) == set()


@pytest.mark.parametrize("words", [
    [], ["--cert", "a"], ["--key", "a"], ["--pound", "a", "--certbot", "b"]])
def test_usage(front, words):
    assert take(front, *words).returncode == 2


def test_older_than_stored(front, elsewhere):
    chain, key = elsewhere.issue(NAME)
    newer = serial_of(chain)
    take(front, *files((chain, key)))
    front.start_ready()
    chain, key = elsewhere.issue(NAME, lifetime=20 * DAY)
    done = take(front, *files((chain, key)))
    assert done.returncode == 1
    assert f"the one of {NAME} that is stored" in done.stderr
    assert "--force" in done.stderr
    assert served(front) == newer
    assert take(front, *files((chain, key)), "--force").returncode == 0
    assert served(front) == serial_of(chain)


def test_forced_kind_of_key(front, elsewhere):
    chain, key = elsewhere.issue(
        NAME, key=rsa.generate_private_key(65537, 2048))
    assert take(front, *files((chain, key)), "--force").returncode == 0
    front.start_ready()
    assert served(front) == serial_of(chain)


def test_which_of_several(make_gateway, home_assistant, elsewhere):
    front = make_gateway(Front, pound(
        home_assistant.address,
        tls=f'AutoCert "{NAME}"\n    AutoCert "other.test"'))
    pair = elsewhere.issue(NAME, "other.test")
    done = take(front, *files(pair))
    assert done.returncode == 1
    assert f"({NAME}, other.test): give the name of one" in done.stderr
    assert take(front, *files(pair), "other.test").returncode == 0
    assert waiting(front) == {"other.test.pem"}


def open_to_others(file: Path) -> None:
    file.chmod(0o640)


def link(file: Path) -> None:
    file.symlink_to(file.rename(file.with_suffix(".other")))


def nonsense(file: Path) -> None:
    file.write_text("serial: 1\nissuer: \nnonsense\n")


def directory_open(file: Path) -> None:
    file.parent.chmod(0o750)


@pytest.mark.parametrize("tamper", [
    open_to_others, link, nonsense, directory_open])
def test_tampered_with(front, elsewhere, tamper: Callable[[Path], None]):
    """The gateway starts without it, and says why."""
    take(front, *files(elsewhere.issue(NAME)))
    tamper(front.state_dir / "import" / f"{NAME}.pem")
    front.start_ready()
    assert front.count(f"certificate for {NAME}: not imported: import/|"
                       "nothing is imported: import is open to other users")
    row, = front.status()["certificates"]
    assert row["source"] == "self-signed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_state_of_another_user(front, elsewhere):
    front.state_dir.mkdir(mode=0o700)
    os.chown(front.state_dir, 65534, 65534)
    done = take(front, *files(elsewhere.issue(NAME)))
    assert done.returncode == 1
    assert "the user with the number 65534" in done.stderr
    assert waiting(front) == set()


# What certbot and acme.sh keep, of a certificate and an account

def _number(value: int, width: int = 0) -> str:
    octets = value.to_bytes(width or (value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def jwk(pem: bytes) -> dict[str, str]:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    numbers = key.private_numbers()
    return {"kty": "EC", "crv": "P-256",
            "x": _number(numbers.public_numbers.x, 32),
            "y": _number(numbers.public_numbers.y, 32),
            "d": _number(numbers.private_value, 32)}


def certbot(directory: Path, pair: tuple[Path, Path], server: str,
            account: Path) -> list[str | Path]:
    """As certbot has it: live/ is links into archive/."""
    live, archive = directory / "live" / NAME, directory / "archive" / NAME
    for made in live, archive, directory / "renewal":
        made.mkdir(parents=True)
    for source, name in zip(pair, ("fullchain", "privkey")):
        (archive / f"{name}1.pem").write_bytes(source.read_bytes())
        (live / f"{name}.pem").symlink_to(
            f"../../archive/{NAME}/{name}1.pem")
    (directory / "renewal" / f"{NAME}.conf").write_text(
        f"version = 2.1.0\n[renewalparams]\naccount = 0123abcd\n"
        f"server = {server}\n")
    kept = (directory / "accounts" / server.removeprefix("https://")
            / "0123abcd")
    kept.mkdir(parents=True)
    (kept / "private_key.json").write_text(
        json.dumps(jwk((account / "key.pem").read_bytes())))
    (kept / "regr.json").write_text(json.dumps(
        {"body": {}, "uri": (account / "url").read_text()}))
    return ["--certbot", live]


def acme_sh(directory: Path, pair: tuple[Path, Path], server: str,
            account: Path) -> list[str | Path]:
    """As acme.sh has it; it has lost the account's URL."""
    own = directory / f"{NAME}_ecc"
    own.mkdir(parents=True)
    (own / "fullchain.cer").write_bytes(pair[0].read_bytes())
    (own / f"{NAME}.key").write_bytes(pair[1].read_bytes())
    (own / f"{NAME}.conf").write_text(
        f"Le_Domain='{NAME}'\nLe_API='{server}'\n")
    host, _, rest = server.removeprefix("https://").partition("/")
    kept = directory / "ca" / host.partition(":")[0] / rest
    kept.mkdir(parents=True)
    (kept / "account.key").write_bytes((account / "key.pem").read_bytes())
    return ["--acme.sh", own]


@pytest.mark.parametrize("layout", [certbot, acme_sh])
def test_account_is_used(issued, elsewhere, tmp_path, layout):
    """The imported one is due: it is renewed with the imported account."""
    with Pebble() as pebble:
        before = issued(pebble).start_ready()
        before.wait_certificate()
        before.stop()
        account, = before.state_dir.glob("accounts/*")
        pair = elsewhere.issue(NAME, lifetime=DAY / 96)
        imported = serial_of(pair[0])
        front = issued(pebble)
        done = take(front, *layout(
            tmp_path / "tool", pair, pebble.directory, account))
        assert (done.returncode, done.stderr) == (0, "")
        assert waiting(front) == {f"{NAME}.pem", f"{NAME}.account"}
        front.start_ready()
        front.wait_certificate()
        assert (pebble.new_accounts, pebble.new_orders) == (1, 2)
        assert waiting(front) == set()
        ours, = front.state_dir.glob("accounts/*")
        assert (ours / "url").read_text() == (account / "url").read_text()
        store = Store(front.state_dir)
        assert store.serials(NAME)[1] == imported
        with front.https(tls=tls_context(pebble.root_file())) as client:
            assert client.peer_serial() == store.serials(NAME)[0]
        store.check()


def test_account_that_works_is_kept(issued, elsewhere, tmp_path):
    """Unless --force says otherwise."""
    with Pebble() as pebble:
        before = issued(pebble).start_ready()
        before.wait_certificate()
        before.stop()
        account, = before.state_dir.glob("accounts/*")
        words = certbot(tmp_path / "tool", elsewhere.issue(
            NAME, lifetime=4000 * DAY), pebble.directory, account)
        front = issued(pebble).start_ready()
        front.wait_certificate()
        ours, = front.state_dir.glob("accounts/*")
        url = (ours / "url").read_text()
        done = take(front, *words)
        assert done.returncode == 0
        assert "has an account with" in done.stderr
        assert (ours / "url").read_text() == url
        done = take(front, *words, "--force")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("the account is imported\n")
        assert (ours / "url").read_text() == (account / "url").read_text()
        assert (ours / "key.pem").read_text() == (
            account / "key.pem").read_text()
        front.run_checked("renew", "-f", str(front.file))
        assert pebble.new_accounts == 2
        Store(front.state_dir).check()


def test_account_elsewhere_is_left_alone(front, elsewhere, tmp_path, issued):
    with Pebble() as pebble:
        before = issued(pebble).start_ready()
        before.wait_certificate()
        account, = before.state_dir.glob("accounts/*")
        done = take(front, *certbot(
            tmp_path / "tool", elsewhere.issue(NAME), pebble.directory,
            account))
        assert done.returncode == 0
        assert f"the account with {pebble.directory} is left alone" in (
            done.stderr)
        assert waiting(front) == {f"{NAME}.pem"}


def test_account_that_is_not_there(front, elsewhere, tmp_path):
    pair = elsewhere.issue(NAME)
    live = tmp_path / "tool" / "live" / NAME
    live.mkdir(parents=True)
    for source, name in zip(pair, ("fullchain.pem", "privkey.pem")):
        (live / name).write_bytes(source.read_bytes())
    done = take(front, "--certbot", live)
    assert done.returncode == 0
    assert "no account was found" in done.stderr
    assert waiting(front) == {f"{NAME}.pem"}
