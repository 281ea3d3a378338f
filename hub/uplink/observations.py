"""One measurement → the observations that it is made of, before time and identity are added."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from hub.uplink import codes
from hub.uplink.codes import Code
from hub.uplink.resources import Json, absent, coded, concept, mdc, number

NUMERIC = "PhdNumericObservation"
COMPOUND = "PhdCompoundNumericObservation"
CODED = "PhdCodedEnumerationObservation"
BITS = "PhdBitsEnumerationObservation"

MEASUREMENT_STATUS = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status"
INTERPRETATIONS = {
    Status.QUESTIONABLE: "questionable",
    Status.CALIBRATION_ONGOING: "calibration-ongoing",
    Status.EARLY_ESTIMATE: "early-indication",
}
WITHOUT_VALUE = {
    Status.INVALID: "error",
    Status.UNSUCCESSFUL: "error",
    Status.UNAVAILABLE: "not-performed",
}
PRELIMINARY = {Status.EARLY_ESTIMATE, Status.MEASUREMENT_ONGOING}
TESTS = {Status.FOR_DEMONSTRATION, Status.FOR_TESTING, Status.CONTROL_SOLUTION}
ELSEWHERE = {Status.TIME_FAULT, *INTERPRETATIONS, *WITHOUT_VALUE, *PRELIMINARY, *TESTS}


@dataclass(frozen=True, slots=True)
class Draft:
    """One observation to be.

    content       value[x], dataAbsentReason, interpretation, component
    supplemental  MDC codes that tell it from another of the same code
    derived       from the first draft of its measurement
    duration_s    how long it lasted, where the device says so
    notes         what no element has room for, for people to read
    """

    code: Code
    profile: str
    content: Json
    unit: str | None = None
    supplemental: tuple[Code, ...] = ()
    derived: bool = False
    duration_s: Decimal | None = None
    notes: tuple[str, ...] = ()


def drafts(measurement: Measurement) -> list[Draft]:
    """Nothing for a measurement without any value or status that the contract has a code for."""
    found = [*_values(measurement), *_facts(measurement), *_bits(measurement)]
    if not found:
        return []
    return [replace(found[0], notes=found[0].notes + _unmapped(measurement)), *found[1:]]


def is_preliminary(measurement: Measurement) -> bool:
    return not PRELIMINARY.isdisjoint(measurement.status)


def is_test(measurement: Measurement) -> bool:
    """A demonstration or a control solution: marked, so that nobody takes it for the patient's."""
    return not TESTS.isdisjoint(measurement.status)


def _values(measurement: Measurement) -> Iterator[Draft]:
    match measurement.kind:
        case Kind.BLOOD_PRESSURE:
            yield from _blood_pressure(measurement)
        case Kind.BODY_WEIGHT:
            yield from _weight(measurement)
        case Kind.BODY_TEMPERATURE:
            site = measurement.details.get("temperature_type", "body")
            code = codes.TEMPERATURE_SITES.get(site, codes.BODY_TEMPERATURE)
            yield from _numeric(measurement, Quantity.BODY_TEMPERATURE, code)
        case Kind.PULSE_OXIMETRY:
            yield from _oximetry(measurement)
        case Kind.GLUCOSE | Kind.GLUCOSE_CONTEXT:
            yield from _glucose(measurement)
        case Kind.CUFF_PRESSURE:
            return  # on its way to a result, not one


def _numeric(
    measurement: Measurement,
    quantity: Quantity,
    code: Code,
    *,
    supplemental: tuple[Code, ...] = (),
    derived: bool = False,
) -> Iterator[Draft]:
    """None when the device did not send it."""
    value = measurement.values.get(quantity)
    if value is None:
        return
    component = [_supplemental(modality) for modality in supplemental]
    content = {
        **_number(value, measurement),
        **_interpretation(measurement),
        **({"component": component} if component else {}),
    }
    yield Draft(code, NUMERIC, content, unit=value.unit, supplemental=supplemental, derived=derived)


def _interpretation(measurement: Measurement) -> Json:
    said = [
        coded(MEASUREMENT_STATUS, code)
        for status, code in INTERPRETATIONS.items()
        if status in measurement.status
    ]
    return {"interpretation": said} if said else {}


def _number(value: Value, measurement: Measurement) -> Json:
    for status, reason in WITHOUT_VALUE.items():
        if status in measurement.status:
            return absent(reason)
    return number(value)


def _supplemental(modality: Code) -> Json:
    return {
        "code": {"coding": [mdc(codes.SUPPLEMENTAL_TYPES)]},
        "valueCodeableConcept": {"coding": [mdc(modality)]},
    }


def _blood_pressure(measurement: Measurement) -> Iterator[Draft]:
    components = {
        quantity: {"code": concept(code), **_number(measurement.values[quantity], measurement)}
        for quantity, code in codes.PRESSURES.items()
        if quantity in measurement.values
    }
    if components:
        content = {**_interpretation(measurement), "component": list(components.values())}
        notes = _original_pressure([measurement.values[quantity] for quantity in components])
        yield Draft(codes.BLOOD_PRESSURE, COMPOUND, content, notes=notes)
    yield from _numeric(measurement, Quantity.PULSE_RATE, codes.CUFF_PULSE)


def _original_pressure(values: list[Value]) -> tuple[str, ...]:
    sent = [f"{value.number}" for value in values if value.unit is Unit.K_PA and value.number]
    return (f"Apparatet viste {'/'.join(sent)} kPa.",) if sent else ()


def _weight(measurement: Measurement) -> Iterator[Draft]:
    has_weight = Quantity.BODY_WEIGHT in measurement.values
    yield from _numeric(measurement, Quantity.BODY_WEIGHT, codes.BODY_WEIGHT)
    yield from _numeric(
        measurement, Quantity.BODY_MASS_INDEX, codes.BODY_MASS_INDEX, derived=has_weight
    )
    yield from _numeric(measurement, Quantity.HEIGHT, codes.HEIGHT)


def _oximetry(measurement: Measurement) -> Iterator[Draft]:
    """A spot-check unless it carries averages of different speed; then those are told apart."""
    continuous = any(
        modality and quantity in measurement.values
        for quantity, (_, modality) in codes.OXIMETRY.items()
    )
    usual = () if continuous else (codes.SPOT,)
    for quantity, (code, modality) in codes.OXIMETRY.items():
        supplemental = (modality,) if modality else usual
        yield from _numeric(measurement, quantity, code, supplemental=supplemental)


def _glucose(measurement: Measurement) -> Iterator[Draft]:
    details = measurement.details
    sample = details.get("sample_type", "")
    for draft in _numeric(
        measurement, Quantity.GLUCOSE, codes.SAMPLE_TYPES.get(sample, codes.UNNAMED_SAMPLE)
    ):
        named = sample in codes.SAMPLE_TYPES
        yield draft if named else replace(draft, notes=("Apparatet oppga ikke prøvetype.",))
    derived = _has_result(measurement)
    context = (
        (Quantity.CARBOHYDRATE, codes.CARBOHYDRATES, "carbohydrate_type", codes.CARBOHYDRATE),
        (Quantity.MEDICATION, codes.MEDICATIONS, "medication_type", codes.MEDICATION),
    )
    for quantity, kinds, detail, any_kind in context:
        code = kinds.get(details.get(detail, ""), any_kind)
        yield from _numeric(measurement, quantity, code, derived=derived)
    duration = measurement.values.get(Quantity.EXERCISE_DURATION)
    for draft in _numeric(
        measurement, Quantity.EXERCISE_INTENSITY, codes.EXERCISE, derived=derived
    ):
        yield replace(draft, duration_s=duration.number if duration else None)
    yield from _numeric(measurement, Quantity.HBA1C, codes.HBA1C, derived=derived)


def _facts(measurement: Measurement) -> Iterator[Draft]:
    derived = _has_result(measurement)
    for detail, (code, words) in codes.FACTS.items():
        word = measurement.details.get(detail, codes.NOT_AVAILABLE)
        if word == codes.NOT_AVAILABLE:
            continue
        said = {"coding": [mdc(words[word])]} if word in words else {"text": word}
        yield Draft(code, CODED, {"valueCodeableConcept": said}, derived=derived)


def _bits(measurement: Measurement) -> Iterator[Draft]:
    """Only the flags that are raised; a device cannot say which of the others it watches."""
    bits = codes.BITS.get(measurement.kind)
    raised = [
        (bit, display)
        for status, (bit, display) in (bits.flags.items() if bits else ())
        if status in measurement.status
    ]
    if bits and raised:
        components = [_flag(bits.code, bit, display) for bit, display in raised]
        yield Draft(bits.code, BITS, {"component": components}, derived=_has_result(measurement))


def _has_result(measurement: Measurement) -> bool:
    """Whether the first draft is the result that the others are about."""
    glucose = measurement.kind in (Kind.GLUCOSE, Kind.GLUCOSE_CONTEXT)
    return Quantity.GLUCOSE in measurement.values if glucose else bool(measurement.values)


def _flag(code: Code, bit: int, display: str) -> Json:
    coding = {
        "system": codes.ASN1_TO_HL7,
        "code": f"{code.number}.{bit}",
        "display": display,
    }
    return {"code": {"coding": [coding]}, "valueBoolean": True}


def _unmapped(measurement: Measurement) -> tuple[str, ...]:
    """What the device said about itself that has no code on the wire: kept, in its own words."""
    bits = codes.BITS.get(measurement.kind)
    mapped = ELSEWHERE | (set(bits.flags) if bits else set())
    rest = [str(status) for status in measurement.status if status not in mapped]
    return (f"Apparatet meldte: {', '.join(rest)}.",) if rest else ()
