"""The hub's data key: what stands in the books and documents is sealed with it (AES-256-GCM).

It keeps a lost card from being read as long as the key is not on the same card (a systemd
credential); and wherever it is, `hub wipe` destroys all by destroying it. Ids, times, kinds and the
state of a row stay in the clear: the books are ordered and searched by them.
"""

import os
import secrets
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.store.durable import fsync_directory, write_durably
from hub.store.errors import KeyUnusable, system_errors

BYTES: Final = 32
NONCE_BYTES: Final = 12
CREDENTIAL = "data.key"  # its name in systemd's $CREDENTIALS_DIRECTORY


class Broken(Exception):
    """These bytes were not sealed with this key, for this place, or they were changed since."""


class Key:
    def __init__(self, secret: bytes) -> None:
        """secret: 32 octets of good chance."""
        self._sealing = AESGCM(_derived(secret, b"hjemmehub: content"))
        self._naming = UUID(bytes=_derived(secret, b"hjemmehub: ids")[:16])

    def seal(self, plain: bytes, *place: object) -> bytes:
        """Nonce, ciphertext and tag. It opens only at its `place`: the table and its keys."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._sealing.encrypt(nonce, plain, _named(place))

    def unseal(self, sealed: bytes, *place: object) -> bytes:
        """Raises Broken."""
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._sealing.decrypt(nonce, content, _named(place))
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be anything
            raise Broken(f"{'/'.join(map(str, place))} cannot be unsealed") from error

    def keyed(self, id: str) -> str:
        """Another UUID for this one, that only this key can make.

        The id of a measurement is a hash of its values, of which there are few enough to try all.
        """
        return str(uuid5(self._naming, id))


def load_or_make(path: Path) -> Key:
    """As `load`; where there is no key it is made. One of several processes that come here at once
    makes it."""
    try:
        return load(path)
    except FileNotFoundError:
        with system_errors(path):
            _make(path)
        return load(path)


def load(path: Path) -> Key:
    """The credential that systemd passed, else the key at `path`.

    Raises FileNotFoundError where there is none, KeyUnusable.
    """
    passed = os.environ.get("CREDENTIALS_DIRECTORY")
    if passed and (credential := Path(passed) / CREDENTIAL).exists():
        path = credential
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyUnusable(path, error.strerror or str(error)) from error
    if len(secret) != BYTES:
        raise KeyUnusable(path, f"has {len(secret)} octets, a key has {BYTES}")
    if not any(secret):
        raise KeyUnusable(path, "is blank")
    return Key(secret)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")  # several may come at once
    write_durably(new, secrets.token_bytes(BYTES), mode=0o600)
    try:
        path.hardlink_to(new)
    except FileExistsError:
        pass  # somebody else was quicker
    finally:
        new.unlink()
    fsync_directory(path.parent)


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), BYTES, salt=None, info=purpose).derive(secret)


def _named(place: tuple[object, ...]) -> bytes:
    """Unambiguous: no part can run into the next."""
    return b"".join(len(part).to_bytes(2) + part for part in (str(one).encode() for one in place))
