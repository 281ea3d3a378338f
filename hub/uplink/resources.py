"""FHIR R4 in small pieces: codings, numbers, references and the two kinds of device."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from drivers.measurement import Absent, Measurement, Quantity, Unit, Value
from hub.records import Device
from hub.settings import Patient
from hub.uplink import codes
from hub.uplink.codes import Code, Uncoded
from hub.uplink.identifiers import Name, device_names, device_urn, system_id

Json = dict[str, Any]

PROFILES = "http://hl7.org/fhir/uv/phd/StructureDefinition/"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
ABSENT_REASON = TERMINOLOGY + "data-absent-reason"
ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM = "http://unitsofmeasure.org"

MM_HG_PER_KPA = Decimal("7.50062")
MILLIMETRES_ARE_FINER_BY = 1  # decimals: 0.1 kPa is 0.75 mm[Hg]
METRE_TO_CENTIMETRE = 2

ABSENT_CODES = {
    Absent.NOT_AT_THIS_RESOLUTION: "error",
    Absent.RESERVED: "error",
    Absent.NOT_MEASURED: "not-performed",
}


@dataclass(frozen=True, slots=True)
class Gateway:
    """This hub. `hub` is its EUI-64 as 16 hexadecimal digits, `software` its version."""

    hub: str
    software: str
    manufacturer: str = "Hjemmehub"
    model: str = "Hjemmehub"
    serial: str = ""


def mdc(code: Code) -> Json:
    return {"system": code.system, "code": str(code.number), "display": code.refid}


def concept(code: Code | Uncoded, unit: str | None = None) -> Json:
    """MDC first, then what means the same. LOINC and NPU may hold for one unit only.

    The guide binds the code extensibly, so what has none may be text alone.
    """
    if isinstance(code, Uncoded):
        return {"text": code.word}
    coding = [mdc(code)]
    if code.unit is None or unit is None or unit == code.unit:
        coding += [{"system": codes.LOINC, "code": loinc} for loinc in code.loinc]
    if code.snomed:
        coding.append({"system": codes.SNOMED, "code": code.snomed})
    if code.npu and unit == code.unit:
        coding.append({"system": codes.NPU, "code": code.npu})
    return {"coding": coding}


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def absent(reason: str) -> Json:
    return {"dataAbsentReason": coded(ABSENT_REASON, reason)}


def number(value: Value) -> Json:
    """`valueQuantity` with the decimals as sent, else `dataAbsentReason`."""
    if value.number is None:
        why = value.absent or Absent.RESERVED
        return absent(ABSENT_CODES.get(why, str(why)))
    amount, unit = converted(value.number, value.unit)
    comparator = {"comparator": str(value.comparator)} if value.comparator else {}
    quantity = {"value": amount, **comparator, "unit": unit, "system": UCUM, "code": unit}
    return {"valueQuantity": quantity}


def samples(values: Sequence[Value]) -> Json:
    """`valueSampledData` of what came one after the other in one unit, at no fixed period.

    R4 demands a period; that none applies is said with the extension. E stands where a number is
    missing (R4 data types, SampledData.data).
    """
    unit = str(values[0].unit)
    told = ("E" if value.number is None else f"{value.number:f}" for value in values)
    sampled = {
        "origin": {"value": 0, "unit": unit, "system": UCUM, "code": unit},
        "_period": _absent_extension("not-applicable"),
        "factor": 1,
        "dimensions": 1,
        "data": " ".join(told),
    }
    return {"valueSampledData": sampled}


def converted(amount: Decimal, unit: Unit) -> tuple[Decimal, str]:
    """R4 demands mm[Hg] for blood pressure and cm for height; all else stays as it came."""
    if unit is Unit.METRE:
        return amount.scaleb(METRE_TO_CENTIMETRE), codes.CENTIMETRE
    if unit is not Unit.K_PA:
        return amount, str(unit)
    exponent = amount.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    step = Decimal(1).scaleb(-max(0, decimals - MILLIMETRES_ARE_FINER_BY))
    exact = amount * MM_HG_PER_KPA
    return exact.quantize(step, ROUND_HALF_EVEN), str(Unit.MM_HG)


def reference(urn: str) -> Json:
    return {"reference": urn}


def named_reference(kind: str, name: Name) -> Json:
    return {"type": kind, "identifier": {"system": name.system, "value": name.value}}


def patient_reference(patient: Patient) -> Json:
    return named_reference("Patient", Name(patient.system, patient.value))


def identifier(name: Name) -> Json:
    kind = (
        {"type": coded(TERMINOLOGY + "ContinuaDeviceIdentifiers", name.kind)} if name.kind else {}
    )
    return {**kind, "system": name.system, "value": name.value}


def entry(urn: str, resource: Json, name: Name) -> Json:
    kind = resource["resourceType"]
    request = {"method": "POST", "url": kind, "ifNoneExist": name.query()}
    return {"fullUrl": urn, "resource": resource, "request": request}


def gateway_entry(gateway: Gateway, urn: str) -> Json:
    name = system_id(gateway.hub)
    resource = {
        "resourceType": "Device",
        "meta": {"profile": [PROFILES + "PhgDevice"]},
        "identifier": [identifier(name)],
        **_stated("manufacturer", gateway.manufacturer),
        **_stated("modelNumber", gateway.model),
        **({"serialNumber": gateway.serial} if gateway.serial else {}),
        "type": {"coding": [mdc(codes.GATEWAY)]},
        "specialization": [{"systemType": {"coding": [mdc(codes.GENERIC)]}}],
        "version": [_version(codes.SOFTWARE, gateway.software)],
        "property": [_time_sync(codes.TIME_SYNC_NTP)],
    }
    return entry(urn, resource, name)


def device_entry(hub_id: str, device: Device, measurements: Collection[Measurement]) -> Json:
    names = device_names(hub_id, device)
    info = device.info
    ordered = sorted(_specializations(measurements), key=lambda code: code.number)
    resource = {
        "resourceType": "Device",
        "meta": {"profile": [PROFILES + "PhdDevice"]},
        "identifier": [identifier(name) for name in names],
        **_stated("manufacturer", info.manufacturer),
        **_stated("modelNumber", info.model),
        **({"serialNumber": info.serial} if info.serial else {}),
        "type": {"coding": [mdc(codes.PERSONAL_DEVICE)]},
        "specialization": [
            {"systemType": {"coding": [mdc(code)]}, "version": "1"} for code in ordered
        ],
        "version": _versions(device),
        "property": [_time_sync(codes.TIME_SYNC_NONE)],
    }
    return entry(device_urn(hub_id, device), resource, names[0])


def _specializations(measurements: Collection[Measurement]) -> set[Code]:
    """What the device is, by what it sent: a meter of the peak flow that also measures the whole
    breath is a spirometer besides."""
    found = {codes.SPECIALIZATIONS[one.kind] for one in measurements}
    if any(Quantity.FVC in one.values for one in measurements):
        found.add(codes.SPIROMETER)
    return found or {codes.GENERIC}


def _stated(element: str, text: str | None) -> Json:
    """The guide demands it; what the device did not say is said to be unknown."""
    if text:
        return {element: text}
    return {f"_{element}": _absent_extension("unknown")}


def _absent_extension(reason: str) -> Json:
    return {"extension": [{"url": ABSENT_EXTENSION, "valueCode": reason}]}


def _versions(device: Device) -> list[Json]:
    """At least one is demanded; a device that tells none is known by its protocol."""
    info = device.info
    told = (
        (codes.FIRMWARE, info.firmware),
        (codes.SOFTWARE, info.software),
        (codes.HARDWARE, info.hardware),
    )
    versions = [_version(code, text) for code, text in told if text]
    return versions or [_version(codes.PROTOCOL, device.driver)]


def _version(code: Code, text: str) -> Json:
    return {"type": {"coding": [mdc(code)]}, "value": text}


def _time_sync(method: Code) -> Json:
    return {
        "type": {"coding": [mdc(codes.TIME_SYNC)]},
        "valueCode": [{"coding": [mdc(method)]}],
    }
