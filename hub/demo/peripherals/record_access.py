"""Record Access Control Point 0x2A52, the device's side: which stored records a request means.

Bluetooth SIG, Glucose Service 1.0.1 §3.4 and Glucose Profile. Deleting is not supported, as in
most meters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

NULL_OPERATOR = 0x00
SEQUENCE_NUMBER = 0x01


class Op(IntEnum):
    REPORT = 0x01
    ABORT = 0x03
    REPORT_NUMBER = 0x04
    NUMBER = 0x05
    RESPONSE = 0x06
    COMBINED_REPORT = 0x07
    COMBINED_REPORT_RESPONSE = 0x08


class Operator(IntEnum):
    ALL = 0x01
    GREATER_OR_EQUAL = 0x03
    FIRST = 0x05
    LAST = 0x06


class Code(IntEnum):
    SUCCESS = 0x01
    OP_CODE_NOT_SUPPORTED = 0x02
    OPERATOR_NOT_SUPPORTED = 0x04
    INVALID_OPERAND = 0x05
    NO_RECORDS = 0x06
    OPERAND_NOT_SUPPORTED = 0x09


@dataclass(frozen=True, slots=True)
class Answer:
    """`records`: sequence numbers to notify, in order; then `response` is indicated."""

    records: Sequence[int]
    response: bytes


def answer(request: bytes, stored: Sequence[int]) -> Answer:
    """`stored`: sequence numbers in the order of the meter's memory."""
    op = request[0] if request else 0
    if op == Op.ABORT:
        return Answer((), _response(op, Code.SUCCESS))
    if op not in (Op.REPORT, Op.REPORT_NUMBER) or len(request) < 2:
        return Answer((), _response(op, Code.OP_CODE_NOT_SUPPORTED))
    chosen = _choose(request[1], request[2:], stored)
    if isinstance(chosen, Code):
        return Answer((), _response(op, chosen))
    if op == Op.REPORT_NUMBER:
        count = len(chosen).to_bytes(2, "little")
        return Answer((), bytes((Op.NUMBER, NULL_OPERATOR)) + count)
    return Answer(chosen, _response(op, Code.SUCCESS if chosen else Code.NO_RECORDS))


def combined_answer(request: bytes, stored: Sequence[int]) -> Answer:
    """The same in the Generic Health Sensor Service 1.0, where numbers have four octets and the
    response says how many records came."""
    op = request[0] if request else 0
    if op == Op.ABORT:
        return Answer((), _response(op, Code.SUCCESS))
    if op != Op.COMBINED_REPORT or len(request) < 2:
        return Answer((), _response(op, Code.OP_CODE_NOT_SUPPORTED))
    chosen = _choose(request[1], request[2:], stored, width=4)
    if isinstance(chosen, Code):
        return Answer((), _response(op, chosen))
    if not chosen:
        return Answer((), _response(op, Code.NO_RECORDS))
    count = len(chosen).to_bytes(4, "little")
    return Answer(chosen, bytes((Op.COMBINED_REPORT_RESPONSE, NULL_OPERATOR)) + count)


def _choose(
    operator: int, operand: bytes, stored: Sequence[int], width: int = 2
) -> Sequence[int] | Code:
    match operator:
        case Operator.ALL:
            return stored
        case Operator.FIRST:
            return stored[:1]
        case Operator.LAST:
            return stored[-1:]
        case Operator.GREATER_OR_EQUAL if operand[:1] != bytes((SEQUENCE_NUMBER,)):
            return Code.OPERAND_NOT_SUPPORTED
        case Operator.GREATER_OR_EQUAL if len(operand) != 1 + width:
            return Code.INVALID_OPERAND
        case Operator.GREATER_OR_EQUAL:
            lowest = int.from_bytes(operand[1:], "little")
            return [number for number in stored if number >= lowest]
        case _:
            return Code.OPERATOR_NOT_SUPPORTED


def _response(op: int, code: Code) -> bytes:
    return bytes((Op.RESPONSE, NULL_OPERATOR, op, code))
