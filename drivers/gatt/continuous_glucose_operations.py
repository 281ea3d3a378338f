"""CGM Specific Ops Control Point 0x2AAC (CGM Service 1.0.2 §3.8): what a sensor answers.

Only the answers, to understand a recording: the hub neither calibrates, starts nor stops a sensor,
so it writes nothing here.
"""

from dataclasses import dataclass

from drivers.errors import UnlistedCode
from drivers.gatt.e2e_crc import end_with_crc
from drivers.measurement import Unit, Value
from drivers.reader import ByteReader

INTERVAL = 3
CALIBRATION = 6
RESPONSE = 28
LEVELS = {
    9: Unit.MG_PER_DL,  # patient high
    12: Unit.MG_PER_DL,  # patient low
    15: Unit.MG_PER_DL,  # hypo
    18: Unit.MG_PER_DL,  # hyper
    21: Unit.MG_PER_DL_PER_MINUTE,  # rate of decrease
    24: Unit.MG_PER_DL_PER_MINUTE,  # rate of increase
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, by its op code.

    interval_min    3: minutes between measurements
    value           6: the blood glucose of a calibration; 9 to 24: the level of an alert
    request, result 28: how the operation `request` has ended (1 is success)
    """

    code: int
    interval_min: int | None = None
    value: Value | None = None
    request: int | None = None
    result: int | None = None


def decode_answer(payload: bytes) -> Answer:
    reader = ByteReader(payload)
    code = reader.u8()
    if code == INTERVAL:
        answer = Answer(code, interval_min=reader.u8())
    elif code == CALIBRATION:
        answer = Answer(code, value=reader.sfloat(Unit.MG_PER_DL))
        reader.octets(8)  # time, sample, next calibration, record number, status
    elif code in LEVELS:
        answer = Answer(code, value=reader.sfloat(LEVELS[code]))
    elif code == RESPONSE:
        answer = Answer(code, request=reader.u8(), result=reader.u8())
    else:
        raise UnlistedCode(payload, field="answer of a sensor", code=code)
    end_with_crc(reader)
    return answer
