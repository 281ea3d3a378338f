"""JSON from the wire, checked against a type; every way in which it can be wrong is `Malformed`."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


class Malformed(Exception):
    """`reason` says what is wrong, without quoting the payload at length."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(payload: bytes, kind: type[T]) -> T:
    """Not JSON, not UTF-8, nested too deeply or not a `kind`: Malformed."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
