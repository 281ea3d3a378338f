"""The setup pages' own certificate: P-256, self-signed, made once on the hub.

No authority vouches for it, so the browser warns; the kiosk shows the fingerprint to compare.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=20 * 365)
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)  # a hub without a clock must not make one of the future
GROUPS = 8


@dataclass(frozen=True, slots=True)
class Certificate:
    """`path` holds the key and the certificate as PEM, readable by this user only."""

    path: Path
    fingerprint: str


def certificate(directory: Path, name: str) -> Certificate:
    """The one of this hub; made the first time. `name` is the host name it is for."""
    path = directory / "setup.pem"
    if not path.exists():
        _make(path, name)
    made = x509.load_pem_x509_certificate(_certificate_part(path.read_bytes()))
    return Certificate(path, in_groups(made.fingerprint(hashes.SHA256())))


def in_groups(digest: bytes) -> str:
    """SHA-256 as eight groups of eight hexadecimal digits."""
    text = digest.hex().upper()
    size = len(text) // GROUPS
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


def _make(path: Path, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(datetime.now(UTC) + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + built.public_bytes(serialization.Encoding.PEM)
    write_private(path, pem)


def write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _certificate_part(pem: bytes) -> bytes:
    return pem[pem.index(b"-----BEGIN CERTIFICATE-----") :]
