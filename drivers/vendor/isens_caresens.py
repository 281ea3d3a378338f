"""What i-SENS meters (CareSens, ReliOn) do beside the Glucose Profile: see isens_caresens.md."""

from dataclasses import replace
from datetime import datetime

from drivers.device_clock import encode_date_time
from drivers.errors import PayloadError
from drivers.links import GattLink, uuid16
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import ByteReader

CLOCK = "c4dea3bc-5a9d-11e9-8647-d663bd873d93"  # protocol 1.5
EARLIER_CLOCK = uuid16(0xFFF1)
TIME_COMMAND = bytes.fromhex("c0030100")
ASK_FOR_TIME = TIME_COMMAND + bytes(7)
HEADER_LENGTH = len(TIME_COMMAND)
ANSWER_WITHIN_S = 5.0  # as long as Tidepool's uploader waits
KETONE_MEAL = "unlisted_6"
TENTHS = -1


class IsensClock:
    """The clock of one meter in one session: it answers by notification."""

    def __init__(self, link: GattLink, characteristic: str) -> None:
        self._link = link
        self._characteristic = characteristic
        self._subscribed = False

    async def read(self) -> datetime | None:
        """What it shows, without zone; None when it does not answer."""
        if not self._subscribed:
            await self._link.subscribe(self._characteristic)
            self._subscribed = True
        await self._link.write(self._characteristic, ASK_FOR_TIME)
        async for source, payload in self._link.notifications(ANSWER_WITHIN_S):
            if source == self._characteristic:
                return shown_by(payload)
        return None

    async def set(self, local: datetime) -> None:
        """It confirms late; the next answer is the new time either way."""
        await self._link.write(self._characteristic, TIME_COMMAND + encode_date_time(local))


def clock_of(link: GattLink, *, is_told: bool) -> IsensClock | None:
    """`is_told`: this is known to be such a meter, so that 0xFFF1 is its clock."""
    if link.has(CLOCK):
        return IsensClock(link, CLOCK)
    if is_told and link.has(EARLIER_CLOCK):
        return IsensClock(link, EARLIER_CLOCK)
    return None


def shown_by(payload: bytes) -> datetime | None:
    """The time in an answer; None for anything that is none."""
    reader = ByteReader(payload)
    try:
        reader.octets(HEADER_LENGTH)
        stamp = reader.date_time()
        reader.end(padded=False)
    except PayloadError:
        return None
    return stamp


def as_ketone(measurement: Measurement) -> Measurement:
    """A measurement with meal 6 is β-hydroxybutyrate: its digits are tenths of mmol/L.

    In molar units, of which no source tells, it stays what it is: questionable.
    """
    value = measurement.values.get(Quantity.GLUCOSE)
    if measurement.details.get("meal") != KETONE_MEAL or value is None:
        return measurement
    if value.unit is not Unit.MG_PER_DL:
        return measurement
    return replace(
        measurement,
        kind=Kind.KETONE,
        values={Quantity.KETONE: _tenths(value)},
        status=tuple(one for one in measurement.status if one is not Status.QUESTIONABLE),
        details={name: word for name, word in measurement.details.items() if name != "meal"},
    )


def of_unknown_kind(measurement: Measurement) -> Measurement:
    """Its context is missing, which would have told glucose from ketone."""
    return replace(measurement, status=(*measurement.status, Status.QUESTIONABLE))


def _tenths(value: Value) -> Value:
    number = None if value.number is None else value.number.scaleb(TENTHS)
    return replace(value, number=number, unit=Unit.MMOL_PER_L)
