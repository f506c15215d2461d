"""A certificate authority of our own, for the actors that need a name."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

LIFETIME = datetime.timedelta(days=30)
CA_KEY_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True,
    crl_sign=True, encipher_only=False, decipher_only=False)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())


class Authority:
    """Issues certificates; its own one is in `ca_file`.

    With a parent, it is that one which has issued it.
    """

    def __init__(self, directory: str | Path, name: str = "Test authority",
                 parent: Authority | None = None) -> None:
        self.directory = Path(directory)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        self.ca_file = self.directory / f"ca-{name.replace(' ', '-')}.pem"
        issuer = parent or self
        issuer._write(self.ca_file, issuer._builder(
            self._subject, self._key.public_key()
        ).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).add_extension(CA_KEY_USAGE, critical=True))

    def _builder(self, subject: x509.Name, public_key: PublicKey,
                 lifetime: datetime.timedelta = LIFETIME
                 ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return x509.CertificateBuilder(
            issuer_name=self._subject, subject_name=subject,
            public_key=public_key, serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(hours=1),
            not_valid_after=now + lifetime
        ).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key),
            critical=False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self._key.public_key()), critical=False)

    def _write(self, path: Path, builder: x509.CertificateBuilder) -> None:
        certificate = builder.sign(self._key, hashes.SHA256())
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM))

    def certify(self, public_key: PublicKey, *names: str) -> str:
        """A certificate for somebody's key, with ours after it, as PEM."""
        certificate = self._builder(
            _name(names[0]), public_key
        ).add_extension(
            x509.SubjectAlternativeName(
                [_general_name(name) for name in names]), critical=False
        ).sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM
                                        ).decode() + self.ca_file.read_text()

    def issue(self, *names: str, key: Key | None = None,
              lifetime: datetime.timedelta = LIFETIME) -> tuple[Path, Path]:
        """A certificate for these names and addresses, and its key."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        cert_file = self.directory / f"{names[0]}.pem"
        key_file = self.directory / f"{names[0]}.key"
        self._write(cert_file, self._builder(
            _name(names[0]), key.public_key(), lifetime
        ).add_extension(
            x509.SubjectAlternativeName(
                [_general_name(name) for name in names]), critical=False))
        key_file.write_bytes(_key_pem(key))
        key_file.chmod(0o600)
        return cert_file, key_file

    def issue_client(self, name: str, *,
                     lifetime: datetime.timedelta = LIFETIME,
                     usage: x509.ObjectIdentifier
                     = ExtendedKeyUsageOID.CLIENT_AUTH) -> Path:
        """A client's certificate and its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        file = self.directory / f"client-{key.public_key().public_numbers().x:x}"
        self._write(file, self._builder(
            _name(name), key.public_key(), lifetime
        ).add_extension(x509.ExtendedKeyUsage([usage]), critical=False))
        file.write_bytes(file.read_bytes() + _key_pem(key))
        return file

    def revoke(self, *files: Path,
               lifetime: datetime.timedelta = LIFETIME) -> Path:
        """The list of all that is revoked: the certificates of these files."""
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self._subject,
            last_update=now - datetime.timedelta(hours=1),
            next_update=now + lifetime)
        for file in files:
            serial = x509.load_pem_x509_certificate(
                file.read_bytes()).serial_number
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, now).build())
        crl = builder.sign(self._key, hashes.SHA256())
        path = self.directory / f"{self.ca_file.stem}.crl"
        path.write_bytes(crl.public_bytes(serialization.Encoding.PEM))
        return path
