"""By what name the central service knows a thing, so that sending it twice creates it once.

Two kinds. The hub's own is a URN, a UUID version 5 in `NAMESPACE`, so the same thing has the same
name however often it is composed. The guide's conditional-create identifier is made of what the
device said; two hubs in one home make the same one. See the contract, fhir.md §1.3.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID, uuid5

from hub.records import Device
from hub.settings import Patient

# Ours, made once (uuid4), never changed: another value would double everything already sent.
NAMESPACE = UUID("b7a1d6a4-3c0e-4f5b-9a86-51d2c8e07f34")

URN_SYSTEM = "urn:ietf:rfc:3986"
SYSTEM_ID = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"
BLUETOOTH_ADDRESS = "http://hl7.org/fhir/sid/eui-48/bluetooth"
CONDITIONAL_CREATE = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation"

SYSTEM_ID_DIGITS = 16
ADDRESS_DIGITS = 12
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - a device's clock has no zone


@dataclass(frozen=True, slots=True)
class Name:
    """A FHIR identifier. `kind` is its code in ContinuaDeviceIdentifiers."""

    system: str
    value: str
    kind: str | None = None

    def query(self) -> str:
        """`identifier=…`, escaped for a FHIR search (R4 §3.1.1.4.4) and then for a URL."""
        return "identifier=" + "|".join(_escaped(part) for part in (self.system, self.value))


def _escaped(part: str) -> str:
    for letter in "\\,$|":
        part = part.replace(letter, "\\" + letter)
    return quote(part, safe=":/")


def urn(*parts: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, chr(10).join(parts))}"


def urn_name(urn: str) -> Name:
    return Name(URN_SYSTEM, urn)


def system_id(digits: str) -> Name:
    return Name(SYSTEM_ID, _dashed(digits), "SYSID")


def bluetooth_address(digits: str) -> Name:
    return Name(BLUETOOTH_ADDRESS, _dashed(digits), "BTMAC")


def device_names(hub_id: str, device: Device) -> list[Name]:
    """First the one that never changes: the key that was taken when the device joined.

    A wired device has no worldwide name, so it gets one within this hub.
    """
    if device.transport == "serial":
        return [urn_name(urn("serial device", hub_id, device.key))]
    told = device.info.system_id
    if len(device.key) != SYSTEM_ID_DIGITS:
        return [bluetooth_address(device.key), *([system_id(told)] if told else [])]
    digits = _hexadecimal(device.address)
    known = len(digits) == ADDRESS_DIGITS  # not of a device that has been removed since
    return [system_id(device.key), *([bluetooth_address(digits)] if known else [])]


def device_urn(hub_id: str, device: Device) -> str:
    """The fullUrl of the device's resource; also `fhir` in its `dho.device.status`."""
    name = device_names(hub_id, device)[0]
    return name.value if name.system == URN_SYSTEM else urn("Device", name.system, name.value)


def gateway_urn(hub_id: str) -> str:
    name = system_id(hub_id)
    return urn("Device", name.system, name.value)


def conditional_create(
    device: Device,
    patient: Patient,
    code: int,
    stamp: datetime,
    *,
    duration_s: Decimal | None = None,
    supplemental: tuple[int, ...] = (),
) -> Name | None:
    """The guide's identifier; None for a device without a worldwide name.

    stamp  what the device's own clock showed, uncorrected
    """
    if device.transport == "serial":
        return None
    seconds = f"{_seconds(stamp)}" + ("" if duration_s is None else f"..{duration_s:f}")
    parts = (device.key, patient.value, patient.system, code, seconds, *supplemental)
    return Name(CONDITIONAL_CREATE, "-".join(map(str, parts)))


def _seconds(stamp: datetime) -> str:
    since = stamp - EPOCH
    whole = since.days * 86_400 + since.seconds
    fraction = f".{since.microseconds:06}".rstrip("0") if since.microseconds else ""
    return f"{whole}{fraction}"


def _hexadecimal(address: str) -> str:
    """`C4:F3:12:53:F2:C9`, or with "/P" (public) as the demo's radio writes it → 12 digits."""
    return "".join(digit for digit in address.split("/")[0].upper() if digit in "0123456789ABCDEF")


def _dashed(digits: str) -> str:
    return "-".join(digits[at : at + 2] for at in range(0, len(digits), 2))
