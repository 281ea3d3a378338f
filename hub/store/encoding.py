"""Between the records and the columns of the books. Decimals stay exact, times are UTC."""

from datetime import UTC, datetime
from decimal import Decimal
from sqlite3 import Row
from typing import Any, Literal, TypeVar

import msgspec

from drivers.measurement import Measurement
from hub.clock import ClockState, Moment
from hub.records import Kept, Reception

T = TypeVar("T")

_encoder = msgspec.json.Encoder(decimal_format="number")
_exact = msgspec.json.Decoder(float_hook=Decimal)
_measurement = msgspec.json.Decoder(Measurement)


def to_bytes(thing: object) -> bytes:
    return _encoder.encode(thing)


def to_json(thing: object) -> str:
    return _encoder.encode(thing).decode()


def from_json(text: str | bytes) -> Any:
    """Numbers with a point become Decimal, so that 2.00 stays 2.00."""
    return _exact.decode(text)


def decode_as(text: str | bytes, kind: type[T]) -> T:
    return msgspec.json.decode(text, type=kind)


def to_text(at: datetime) -> str:
    """Always the same length, so that the order of the texts is the order of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def to_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def readable_time(text: str) -> datetime | None:
    """None where the text is damaged."""
    try:
        return to_time(text)
    except ValueError:
        return None


def moment_columns(prefix: str, moment: Moment) -> dict[str, object]:
    return {
        f"{prefix}_wall": to_text(moment.wall),
        f"{prefix}_mono": moment.mono_ms,
        f"{prefix}_boot": moment.boot_id,
        f"{prefix}_state": moment.state.value,
    }


def to_moment(row: Row, prefix: Literal["created", "received", "written"]) -> Moment:
    return Moment(
        wall=to_time(row[f"{prefix}_wall"]),
        mono_ms=row[f"{prefix}_mono"],
        boot_id=row[f"{prefix}_boot"],
        state=ClockState(row[f"{prefix}_state"]),
    )


def to_kept(row: Row, body: bytes) -> Kept:
    """`body`: what the row says, unsealed."""
    measurement = _measurement.decode(body)
    return Kept(row["id"], row["number"], measurement, to_reception(row), bool(row["disowned"]))


def to_reception(row: Row) -> Reception:
    return Reception(
        device_key=row["device_key"],
        driver=row["driver"],
        session=row["session"],
        received=to_moment(row, "received"),
        clock_offset_s=row["clock_offset_s"],
        live=bool(row["live"]),
    )
