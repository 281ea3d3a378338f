"""Whose reading it is, on a device for several people: User Data Service 1.0 (0x181C).

A device tells a user's readings only to one who gives the user's consent code, on every
connection. The hub registers a user of its own with a code that nobody else knows, and keeps slot
and code in the device's memory:

    user_index  the slot, 1 when a technician gave only a code
    consent     the code, 0 to 9999
    accepted    "slot:code" that the device has accepted before

A code that was accepted before and no longer is: a change of batteries has emptied the slots
(KristianP26/ble-scale-sync issue #229), so the hub registers anew. A code that never was accepted
is a wrong one; slots are few, so then none is used up and the technician is asked. Users are never
deleted. A user that the hub registered has no profile (birth, sex, height): the weight is the
patient's, but a scale that needs a profile measures no body composition until one is set on it, or
until the code of a user who has one is typed in.
"""

import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal

from drivers.contract import Memory
from drivers.errors import ConsentNeeded, LinkRefused, LinkTimeout, UnknownResponse
from drivers.gatt.resolution import counted
from drivers.links import GattLink, read_if_offered, uuid16
from drivers.measurement import Learned, Unit, Value
from drivers.reader import ByteReader, user_index

USER_CONTROL_POINT = uuid16(0x2A9F)
CHANGE_INCREMENT = uuid16(0x2A99)
# Date of birth, gender, height and Beurer's own level of activity: the order of its app.
PROFILE = (uuid16(0x2A85), uuid16(0x2A8C), uuid16(0x2A8E), uuid16(0xFFF3))

REGISTER_NEW_USER = 0x01
CONSENT = 0x02
RESPONSE = 0x20
SUCCESS = 1
CODES = 10_000
FIRST_SLOT = "1"
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """How the procedure that `request` began has ended; a registration names its slot."""

    request: int
    code: int
    slot: int | None = None


def decode_response(payload: bytes) -> Response:
    """What 0x2A9F indicates; raises PayloadError for anything that is not an answer."""
    reader = ByteReader(payload)
    operation, request, code = reader.u8(), reader.u8(), reader.u8()
    if operation != RESPONSE:
        raise UnknownResponse(payload, code=operation, operator=request)
    registered = request == REGISTER_NEW_USER and code == SUCCESS
    slot = reader.u8() if registered else None
    reader.end()
    return Response(request, code, slot)


def decode_user_index(payload: bytes) -> int | None:
    """0x2A9A; None for 0xFF, "unknown user"."""
    reader = ByteReader(payload)
    slot, _ = user_index(reader)
    reader.end(padded=False)
    return slot


def decode_age(payload: bytes) -> int:
    """0x2A80, in years."""
    reader = ByteReader(payload)
    years = reader.u8()
    reader.end(padded=False)
    return years


def decode_height(payload: bytes) -> Value:
    """0x2A8E, which counts in 0.01 m."""
    reader = ByteReader(payload)
    count = reader.u16()
    reader.end(padded=False)
    return Value(Decimal(count).scaleb(-2), Unit.METRE)


def decode_weight(payload: bytes) -> Value:
    """0x2A98, which counts in 0.005 kg."""
    reader = ByteReader(payload)
    count = reader.u16()
    reader.end(padded=False)
    return counted(count, Unit.KILOGRAM)


async def identify(link: GattLink, memory: Memory) -> AsyncGenerator[Learned, None]:
    """Give the consent of the patient's slot; yields what is to be kept before it is used.

    Raises ConsentNeeded where only the device's own display can tell the code.
    """
    await link.subscribe(USER_CONTROL_POINT)
    slot, code = memory.get("user_index", FIRST_SLOT), memory.get("consent")
    if code is not None:
        if await _consent(link, slot, code):
            if memory.get("accepted") != f"{slot}:{code}":
                yield Learned({"accepted": f"{slot}:{code}"})
            return
        if memory.get("accepted") != f"{slot}:{code}":
            raise ConsentNeeded(slot)
    slot, code = await _register(link)
    yield Learned({"user_index": slot, "consent": code, "accepted": None})
    if not await _consent(link, slot, code):
        raise ConsentNeeded(slot)
    yield Learned({"accepted": f"{slot}:{code}"})


async def confirm_profile(link: GattLink) -> None:
    """Write the user's data back as they are, and count the change.

    A Beurer BF788 measures body composition only for a profile that was confirmed so after the
    consent (KristianP26/ble-scale-sync issue #229, capture of the maker's app).
    """
    for characteristic in PROFILE:
        if payload := await read_if_offered(link, characteristic):
            await _write_if_allowed(link, characteristic, payload)
    if link.has(CHANGE_INCREMENT):
        before = await read_if_offered(link, CHANGE_INCREMENT) or bytes(4)
        after = (int.from_bytes(before, "little") + 1) % (1 << 32)
        await _write_if_allowed(link, CHANGE_INCREMENT, after.to_bytes(4, "little"))


async def _consent(link: GattLink, slot: str, code: str) -> bool:
    try:
        operand = int(slot).to_bytes(1, "little") + int(code).to_bytes(2, "little")
    except (ValueError, OverflowError):
        raise ConsentNeeded(slot) from None
    return (await _ask(link, CONSENT, operand)).code == SUCCESS


async def _register(link: GattLink) -> tuple[str, str]:
    """A new user's slot and code."""
    code = secrets.randbelow(CODES)
    answer = await _ask(link, REGISTER_NEW_USER, code.to_bytes(2, "little"))
    if answer.slot is None:
        raise ConsentNeeded(FIRST_SLOT)
    return str(answer.slot), str(code)


async def _ask(link: GattLink, operation: int, operand: bytes) -> Response:
    await link.write(USER_CONTROL_POINT, bytes((operation,)) + operand)
    async for source, payload in link.notifications(ANSWER_WITHIN_S):
        if source != USER_CONTROL_POINT:
            continue
        answer = decode_response(payload)
        if answer.request == operation:
            return answer
    await link.pause(0)  # LinkLost when it went away
    raise LinkTimeout("user control point", ANSWER_WITHIN_S)


async def _write_if_allowed(link: GattLink, characteristic: str, payload: bytes) -> None:
    try:
        await link.write(characteristic, payload)
    except LinkRefused:
        return
