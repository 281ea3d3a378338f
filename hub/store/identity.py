"""When are two deliveries the same record?

A device may offer a record again for years, and then says "from storage" where it first said
nothing, or learns later whose it was. So a record with a time or a sequence number of its own is
known by those and by what it says, apart from such bits; the payload is left out because it holds
them. A record with
neither is only known by the instant at which it came, so it is never merged with another.
"""

from uuid import UUID, uuid5

from drivers.measurement import Measurement, Status
from hub.clock import PLAUSIBLE_SINCE
from hub.records import Reception
from hub.store.encoding import to_json

NAMESPACE = UUID("6f0d3f6e-6d2b-5f52-9d0f-3b8f6a5c1e47")  # ours, made once, never changed


def identity(measurement: Measurement, reception: Reception) -> str:
    """The UUID of this record: equal for equal records of one device, whenever they come."""
    name: list[object] = [
        reception.device_key,
        measurement.kind,
        measurement.device_time,
        measurement.sequence,
        measurement.user_index,
    ]
    if is_recognisable(measurement):
        name += [
            sorted((quantity.value, value) for quantity, value in measurement.values.items()),
            sorted(set(measurement.status) - {Status.FROM_STORAGE}),
        ]
    else:
        received = reception.received
        name += [measurement.raw, received.boot_id, received.mono_ms]
    return str(uuid5(NAMESPACE, to_json(name)))


def is_recognisable(measurement: Measurement) -> bool:
    """Whether the device gave the record a number or a believable time."""
    if measurement.sequence is not None:
        return True
    at = measurement.device_time
    return at is not None and at >= PLAUSIBLE_SINCE and Status.TIME_FAULT not in measurement.status
