"""What the reference central service accepts: the shape of an upload, checked before it is kept.

Resources stay the hub's own bytes (msgspec.Raw): a number read and written again would lose its
decimals.
"""

import zlib
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

OBSERVATION = "observation"
QUESTIONNAIRE_RESPONSE = "questionnaireresponse"
ALERT = "alert"
MAXIMUM_BYTES = 1024 * 1024
UUID_URN = "urn:uuid:"


class Unreadable(Exception):
    """This is no upload; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`identity` is what makes two deliveries the same resource."""

    full_url: str
    type: str
    identity: str
    resource: bytes
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """`id` is what the receipt names."""

    kind: str
    id: str
    entries: tuple[Entry, ...]


class _Identifier(Struct):
    value: Annotated[str, Meta(min_length=1)]


class _Typed(Struct):
    resource_type: str = msgspec.field(name="resourceType")


class _Request(Struct, rename="camel"):
    method: Literal["POST", "PUT"]
    url: Annotated[str, Meta(min_length=1)]
    if_none_exist: str | None = None


class _Entry(Struct, rename="camel"):
    full_url: Annotated[str, Meta(min_length=1)]
    resource: Raw
    request: _Request


class _Bundle(Struct, rename="camel"):
    resource_type: Literal["Bundle"]
    type: Literal["transaction"]
    identifier: _Identifier
    timestamp: str
    entry: Annotated[list[_Entry], Meta(min_length=1)]


class _Alert(Struct, rename="camel"):
    resource_type: Literal["DetectedIssue"]
    identifier: Annotated[list[_Identifier], Meta(min_length=1)]
    status: str


def read(kind: str, body: bytes, message_id: str | None = None) -> Upload:
    """`kind` is the last part of the topic. Raises Unreadable."""
    try:
        if kind == ALERT:
            return _alert(body, message_id)
        bundle = msgspec.json.decode(body, type=_Bundle)
        entries = tuple(_entry(entry) for entry in bundle.entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    return Upload(kind, bundle.identifier.value, entries)


def unpacked(body: bytes, encoding: str) -> bytes:
    """Undo the user property `enc`."""
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise Unreadable(f"enc {encoding!r}")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, MAXIMUM_BYTES)
    except zlib.error as error:
        raise Unreadable(str(error)) from error
    if not inflater.eof:
        raise Unreadable("cut short, or too large")
    return plain


def _entry(entry: _Entry) -> Entry:
    found = msgspec.json.decode(entry.resource, type=_Typed).resource_type
    request = entry.request
    if request.url.split("?")[0] != found:
        raise Unreadable(f"{found} sent to {request.url}")
    # No condition: the hub's own name for it is unique for ever, so it will do.
    condition = request.if_none_exist or f"identifier=urn:ietf:rfc:3986|{entry.full_url}"
    if request.method == "PUT":
        condition = request.url.partition("?")[2]
    identity = f"{found}?{condition}"
    return Entry(entry.full_url, found, identity, bytes(entry.resource), request.method == "PUT")


def _alert(body: bytes, message_id: str | None) -> Upload:
    """One DetectedIssue; clearing it is a second message about the same identifier."""
    name = msgspec.json.decode(body, type=_Alert).identifier[0].value
    entry = Entry(name, "DetectedIssue", f"DetectedIssue?identifier={name}", body, replaces=True)
    return Upload(ALERT, _urn(message_id) or name, (entry,))


def _urn(message_id: str | None) -> str | None:
    try:
        return None if message_id is None else f"{UUID_URN}{UUID(message_id)}"
    except ValueError:
        return None
