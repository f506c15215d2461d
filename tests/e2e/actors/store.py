"""What a gateway keeps in its state directory, looked at from outside."""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_pem_private_key)

KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\n.*?"
                 rb"-----END (?:[A-Z]+ )?PRIVATE KEY-----\n", re.S)
RECORD = re.compile(r"([a-z]+(-[a-z]+)*: [ -~]+\n)+")


def _public(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read_key(pem: bytes):
    return load_pem_private_key(KEY.search(pem)[0], None)


class Store:
    """Every look at it checks that nothing is torn and nothing is open."""

    def __init__(self, state_dir: Path) -> None:
        self.directory = state_dir
        self.certs = state_dir / "certs"

    def check(self) -> None:
        """Every file is complete, and nobody else may read it.

        What a crash left under a temporary name counts for nothing. A
        gateway that runs may take a file away meanwhile.
        """
        for path in [self.directory, *self.directory.rglob("*")]:
            with contextlib.suppress(FileNotFoundError):
                mode = path.lstat().st_mode
                wanted = 0o700 if stat.S_ISDIR(mode) else 0o600
                assert stat.S_IMODE(mode) == wanted, path
        for file in self.names():
            with contextlib.suppress(FileNotFoundError):
                self._check_file(file)
        for account in self.directory.glob("accounts/*"):
            self._check_account(account)

    def _check_file(self, file: str) -> None:
        if file.endswith(".order.pem"):
            self._check_order(file)
        elif file.endswith(".pem"):
            self.pair(file)
        else:
            assert file.endswith(".state"), file
            assert RECORD.fullmatch((self.certs / file).read_text())

    def names(self) -> set[str]:
        """The files about certificates."""
        return {file.name for file in self.certs.iterdir()
                if not file.name.startswith(".")}

    def pair(self, file: str) -> x509.Certificate:
        """A certificate; its key is the one beside it."""
        pem = (self.certs / file).read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        assert _public(_read_key(pem).public_key()) == (
            _public(certificate.public_key()))
        return certificate

    def serials(self, name: str) -> list[int]:
        """Of the newest certificate for a name and of the one before it."""
        return [self.pair(file).serial_number
                for file in (f"{name}.pem", f"{name}.prev.pem")
                if file in self.names()]

    def _check_order(self, file: str) -> None:
        pem = (self.certs / file).read_bytes()
        assert re.match(rb"wanted: [ -~]+\norder: https://[!-~]+\n"
                        rb"saved-at: [0-9]+\n", pem)
        _read_key(pem)

    def _check_account(self, directory: Path) -> None:
        files = {file.name for file in directory.iterdir()
                 if not file.name.startswith(".")}
        assert files <= {"key.pem", "url"}
        if "key.pem" in files:
            _read_key((directory / "key.pem").read_bytes())
        if "url" in files:
            assert re.fullmatch(
                "(https://[!-~]+)?", (directory / "url").read_text())
