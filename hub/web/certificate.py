"""The setup pages' own certificate: P-256, self-signed, made once on the hub.

No authority vouches for it, so the browser warns; the kiosk shows the fingerprint to compare.
"""

import hashlib
import os
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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
        write_private(path, _issued(name))
    der = ssl.PEM_cert_to_DER_cert(_certificate_part(path.read_text()))
    return Certificate(path, in_groups(hashlib.sha256(der).digest()))


def _issued(name: str) -> bytes:
    """In a process of its own: once in a hub's life, and 12 MB that would stay in this one."""
    command = [sys.executable, "-P", "-m", "hub.web.issuing", name]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603


def in_groups(digest: bytes) -> str:
    """SHA-256 as eight groups of eight hexadecimal digits."""
    text = digest.hex().upper()
    size = len(text) // GROUPS
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


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


def _certificate_part(pem: str) -> str:
    return pem[pem.index("-----BEGIN CERTIFICATE-----") :]
