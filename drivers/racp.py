"""Record Access Control Point 0x2A52: how a device with stored records is asked for them.

Only reports are ever asked for: nothing here deletes a record. An abort is never sent either: a
procedure is always heard out, and a hub that gives up hangs up, which ends it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from drivers.errors import LinkLost, ProcedureFailed, UnknownResponse
from drivers.links import GattLink, uuid16
from drivers.reader import ByteReader

RECORD_ACCESS_CONTROL_POINT = uuid16(0x2A52)

REPORT_RECORDS = 0x01
COUNT_RESPONSE = 0x05
RESPONSE = 0x06
COMBINED_REPORT = 0x07  # Generic Health Sensor Service: the answer counts what was reported
COMBINED_REPORT_RESPONSE = 0x08
NO_OPERATOR = 0x00
ALL_RECORDS = 0x01
GREATER_OR_EQUAL = 0x03
BY_NUMBER = 0x01  # a glucose meter's sequence number, a sensor's time offset, a record number
REPORT_ALL = bytes((REPORT_RECORDS, ALL_RECORDS))
ANSWERS = (COUNT_RESPONSE, RESPONSE, COMBINED_REPORT_RESPONSE)

SUCCESS = 1
NO_RECORDS_FOUND = 6
MEANINGS = {
    SUCCESS: "success",
    2: "op code not supported",
    3: "invalid operator",
    4: "operator not supported",
    5: "invalid operand",
    NO_RECORDS_FOUND: "no records found",
    7: "abort unsuccessful",
    8: "procedure not completed",
    9: "operand not supported",
    10: "server busy",
}


@dataclass(frozen=True, slots=True)
class RecordCount:
    """How many stored records match; `is_end` where they have been reported as well."""

    count: int
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """How the procedure that `request` began has ended."""

    request: int
    code: int

    @property
    def meaning(self) -> str:
        return MEANINGS.get(self.code, "unlisted")


def decode_response(payload: bytes) -> RecordCount | Response:
    """What a device indicates; raises PayloadError for anything that is not an answer."""
    reader = ByteReader(payload)
    code, operator = reader.u8(), reader.u8()
    if code not in ANSWERS or operator != NO_OPERATOR:
        raise UnknownResponse(payload, code=code, operator=operator)
    answer: RecordCount | Response
    if code == RESPONSE:
        answer = Response(reader.u8(), reader.u8())
    else:
        answer = RecordCount(_count(reader), is_end=code == COMBINED_REPORT_RESPONSE)
    reader.end(padded=False)
    return answer


def _count(reader: ByteReader) -> int:
    """Two octets, or four in the Generic Health Sensor Service.

    One octet is against the specification, but Nordic's library accepts it, so devices exist.
    """
    match len(reader.payload):
        case 3:
            return reader.u8()
        case 6:
            return reader.u32()
        case _:
            return reader.u16()


def report_from(number: int) -> bytes:
    """The request for the record with this sequence number (16 bits) and all after it."""
    return bytes((REPORT_RECORDS, GREATER_OR_EQUAL, BY_NUMBER)) + number.to_bytes(2, "little")


async def report(
    link: GattLink, request: bytes = REPORT_ALL
) -> AsyncGenerator[tuple[str, bytes], None]:
    """Ask for records and pass on what arrives, (characteristic, payload), until the end.

    The control point and, before it, the measurement characteristics must be subscribed to. Raises
    ProcedureFailed when the device refuses, LinkLost when it goes before it has said that it is
    done.
    """
    await link.write(RECORD_ACCESS_CONTROL_POINT, request)
    async for source, payload in link.notifications():
        if source != RECORD_ACCESS_CONTROL_POINT:
            yield source, payload
        elif _is_end(decode_response(payload), request[0]):
            return
    raise LinkLost("report records", "the device went away before the last record")


def _is_end(answer: RecordCount | Response, request: int) -> bool:
    """Raises ProcedureFailed when the procedure ended badly."""
    if isinstance(answer, RecordCount):
        return answer.is_end
    if answer.request != request:
        return False
    if answer.code not in (SUCCESS, NO_RECORDS_FOUND):
        raise ProcedureFailed("report records", answer.code, answer.meaning)
    return True
