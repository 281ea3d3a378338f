"""Record Access Control Point 0x2A52: how a device with stored records is asked for them.

Only "report all" is ever sent. Nothing here deletes a record; what was already stored is known
again by the ledger.
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
ALL_RECORDS = 0x01
NO_OPERATOR = 0x00
REPORT_ALL = bytes((REPORT_RECORDS, ALL_RECORDS))

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
}


@dataclass(frozen=True, slots=True)
class RecordCount:
    """How many stored records match."""

    count: int


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
    if code not in (COUNT_RESPONSE, RESPONSE) or operator != NO_OPERATOR:
        raise UnknownResponse(payload, code=code, operator=operator)
    answer: RecordCount | Response
    if code == RESPONSE:
        answer = Response(reader.u8(), reader.u8())
    else:
        # One octet where the specification has two: Nordic's library accepts it, so devices exist.
        answer = RecordCount(reader.u8() if len(payload) == 3 else reader.u16())
    reader.end(padded=False)
    return answer


async def report_all(link: GattLink) -> AsyncGenerator[tuple[str, bytes], None]:
    """Ask for all records and pass on what arrives, (characteristic, payload), until the end.

    The measurement characteristics must be subscribed to before. Raises ProcedureFailed when the
    device refuses, LinkLost when it goes before it has said that it is done.
    """
    await link.subscribe(RECORD_ACCESS_CONTROL_POINT)
    await link.write(RECORD_ACCESS_CONTROL_POINT, REPORT_ALL)
    async for source, payload in link.notifications():
        if source != RECORD_ACCESS_CONTROL_POINT:
            yield source, payload
            continue
        answer = decode_response(payload)
        if isinstance(answer, RecordCount) or answer.request != REPORT_RECORDS:
            continue
        if answer.code not in (SUCCESS, NO_RECORDS_FOUND):
            raise ProcedureFailed("report records", answer.code, answer.meaning)
        return
    raise LinkLost("report records", "the device went away before the last record")
