"""What a command may say (`dho.command/1.x`, contract §4), checked before anything is done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from hub.uplink.decoding import Malformed, decode

TITLE_LIMIT = 200
TEXT_LIMIT = 4000

# They change what runs on the hub, so the broker alone must not be able to ask for them. Checking
# signatures comes with `commands.trusted_keys`; until then nobody can.
SIGNED_ONLY = frozenset({"hub.reboot", "hub.update", "hub.wipe", "log.upload"})

Moment = Annotated[datetime, Meta(tz=True)]
Short = Annotated[str, Meta(max_length=TITLE_LIMIT)]
Reply = Annotated[str, Meta(min_length=1, max_length=40)]  # what stands on a button


class MessageShow(Struct, frozen=True, rename="camel"):
    """`message.show`. A text that is too long is refused, not cut: the nurse must know.

    replies  what the patient may answer with; each is a button
    """

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_LIMIT)]
    title: Short = ""
    require_read: bool = False
    replies: Annotated[list[Reply], Meta(max_length=4)] = []


class MessageClear(Struct, frozen=True):
    """`message.clear`: `id` of the `message.show`."""

    id: UUID


class DevicePair(Struct, frozen=True):
    """`device.pair`: open the join window for `window` seconds, for this device if one is named."""

    window: Annotated[int, Meta(ge=10, le=3600)] = 120
    model: Short | None = None
    address: Short | None = None


class DeviceUnpair(Struct, frozen=True, rename="camel"):
    device_key: Annotated[str, Meta(pattern="^([0-9A-F]{12}|[0-9A-F]{16})$")]


class MeasureRequest(Struct, frozen=True):
    """`measure.request`: ask the patient to measure; `kind` as in the plan, `text` as written."""

    kind: Short | None = None
    text: Annotated[str, Meta(max_length=TEXT_LIMIT)] = ""


class QuestionnaireRequest(Struct, frozen=True):
    """`questionnaire.request`: canonical URL, with or without `|version`."""

    questionnaire: Short


class NoArguments(Struct, frozen=True):
    pass


ARGUMENTS: dict[str, type[Struct]] = {
    "message.show": MessageShow,
    "message.clear": MessageClear,
    "device.pair": DevicePair,
    "device.unpair": DeviceUnpair,
    "time.sync": NoArguments,
    "config.reload": NoArguments,
    "hub.identify": NoArguments,
    "measure.request": MeasureRequest,
    "questionnaire.request": QuestionnaireRequest,
}


class State(StrEnum):
    RECEIVED = "received"
    IN_PROGRESS = "in-progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Order:
    """A valid command. `args` is one of the structs above, by `type`."""

    id: str
    type: str
    args: Any
    issued: datetime
    expires: datetime


class _Header(Struct, frozen=True):
    schema: str
    id: UUID


class _Command(Struct, frozen=True):
    schema: Annotated[str, Meta(pattern=r"^dho\.command/1\.[0-9]+$")]
    id: UUID
    type: Short
    issued: Moment
    expires: Moment
    args: dict[str, Any] = {}


class Denied(Exception):
    """This command must not run: `state` is rejected or expired, `reason` goes back."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def command_id(payload: bytes) -> str:
    """Raises Malformed: what has no id cannot even be refused."""
    return str(decode(payload, _Header).id)


def order(payload: bytes, now: datetime) -> Order:
    """Raises Denied for what must not run."""
    try:
        command = decode(payload, _Command)
    except Malformed as error:
        raise Denied(State.REJECTED, error.reason) from error
    if command.type in SIGNED_ONLY:
        raise Denied(State.REJECTED, "not signed")
    if command.type not in ARGUMENTS:
        raise Denied(State.REJECTED, f"unknown type {command.type!r}")
    if command.expires <= now:
        raise Denied(State.EXPIRED, f"expired at {command.expires.isoformat()}")
    try:
        args = msgspec.convert(command.args, ARGUMENTS[command.type])
    except msgspec.ValidationError as error:
        raise Denied(State.REJECTED, f"args: {error}") from error
    return Order(str(command.id), command.type, args, command.issued, command.expires)
