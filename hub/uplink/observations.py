"""One measurement → the observations that it is made of, before time and identity are added."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from hub.uplink import codes, flags
from hub.uplink.codes import Code, Uncoded
from hub.uplink.flags import in_words, interpretation, without_value
from hub.uplink.resources import Json, absent, concept, mdc, number, samples

NUMERIC = "PhdNumericObservation"
COMPOUND = "PhdCompoundNumericObservation"
CODED = "PhdCodedEnumerationObservation"
BITS = "PhdBitsEnumerationObservation"
SERIES = "PhdRtsaObservation"

GLUCOSE_QUANTITIES = {
    Quantity.GLUCOSE,
    Quantity.CARBOHYDRATE,
    Quantity.MEDICATION,
    Quantity.EXERCISE_INTENSITY,
    Quantity.HBA1C,
}
GLUCOSE_KINDS = {Kind.GLUCOSE, Kind.GLUCOSE_CONTEXT, Kind.CONTINUOUS_GLUCOSE}
DERIVED = {
    Quantity.BODY_MASS_INDEX: Quantity.BODY_WEIGHT,
    Quantity.GLUCOSE_TREND: Quantity.GLUCOSE,
    Quantity.GLUCOSE_QUALITY: Quantity.GLUCOSE,
}
OWN: dict[Kind, Collection[Quantity]] = {
    Kind.BLOOD_PRESSURE: {*codes.PRESSURES, Quantity.PULSE_RATE},
    Kind.BODY_TEMPERATURE: {Quantity.BODY_TEMPERATURE},
    Kind.PULSE_OXIMETRY: set(codes.OXIMETRY),
    Kind.GLUCOSE: GLUCOSE_QUANTITIES,
    Kind.GLUCOSE_CONTEXT: GLUCOSE_QUANTITIES,
    Kind.CONTINUOUS_GLUCOSE: {Quantity.GLUCOSE},
}
"""What a kind composes itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One observation to be.

    content       value[x], dataAbsentReason, interpretation, component
    supplemental  MDC codes that tell it from another of the same code
    derived       from the first draft of its measurement
    duration_s    how long it lasted, where the device says so
    notes         what no element has room for, for people to read
    """

    code: Code | Uncoded
    profile: str
    content: Json
    unit: str | None = None
    supplemental: tuple[Code, ...] = ()
    derived: bool = False
    duration_s: Decimal | None = None
    notes: tuple[str, ...] = ()


def drafts(measurement: Measurement) -> list[Draft]:
    """Nothing for a measurement without any value or status that the contract has a code for."""
    found = [
        *_values(measurement),
        *_series(measurement),
        *_facts(measurement),
        *_bits(measurement),
    ]
    if not found:
        return []
    return [replace(found[0], notes=found[0].notes + in_words(measurement)), *found[1:]]


def _values(measurement: Measurement) -> Iterator[Draft]:
    match measurement.kind:
        case Kind.BLOOD_PRESSURE:
            yield from _blood_pressure(measurement)
        case Kind.BODY_TEMPERATURE:
            site = measurement.details.get("temperature_type", "body")
            code = codes.TEMPERATURE_SITES.get(site, codes.BODY_TEMPERATURE)
            yield from _numeric(measurement, Quantity.BODY_TEMPERATURE, code)
        case Kind.PULSE_OXIMETRY:
            yield from _oximetry(measurement)
        case Kind.GLUCOSE | Kind.GLUCOSE_CONTEXT:
            yield from _glucose(measurement)
        case Kind.CONTINUOUS_GLUCOSE:
            sample = measurement.details.get("sample_type", "")
            code = codes.SAMPLE_TYPES.get(sample, codes.INTERSTITIAL_FLUID)
            yield from _numeric(measurement, Quantity.GLUCOSE, code)
        case Kind.CUFF_PRESSURE:
            return  # on its way to a result, not one
        case _:
            pass
    yield from _others(measurement, OWN.get(measurement.kind, ()))


def _others(measurement: Measurement, told: Collection[Quantity]) -> Iterator[Draft]:
    """Whatever else a device put beside what its kind is about."""
    for quantity, code in codes.QUANTITIES.items():
        if quantity not in told:
            about = DERIVED.get(quantity)
            derived = about is not None and about in measurement.values
            yield from _numeric(measurement, quantity, code, derived=derived)


def _series(measurement: Measurement) -> Iterator[Draft]:
    for quantity, values in measurement.series.items():
        if not values:
            continue
        said = next(map(absent, without_value(measurement)), None) or samples(values)
        content = {**said, **interpretation(measurement)}
        yield Draft(codes.QUANTITIES[quantity], SERIES, content, unit=values[0].unit)


def _numeric(
    measurement: Measurement,
    quantity: Quantity,
    code: Code | Uncoded,
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
        **interpretation(measurement),
        **({"component": component} if component else {}),
    }
    yield Draft(code, NUMERIC, content, unit=value.unit, supplemental=supplemental, derived=derived)


def _number(value: Value, measurement: Measurement) -> Json:
    return next(map(absent, without_value(measurement)), None) or number(value)


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
        content = {**interpretation(measurement), "component": list(components.values())}
        notes = _original_pressure([measurement.values[quantity] for quantity in components])
        yield Draft(codes.BLOOD_PRESSURE, COMPOUND, content, notes=notes)
    yield from _numeric(measurement, Quantity.PULSE_RATE, codes.CUFF_PULSE)


def _original_pressure(values: list[Value]) -> tuple[str, ...]:
    sent = [f"{value.number}" for value in values if value.unit is Unit.K_PA and value.number]
    return (f"Apparatet viste {'/'.join(sent)} kPa.",) if sent else ()


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
    bits = flags.BITS.get(measurement.kind)
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
    glucose = measurement.kind in GLUCOSE_KINDS
    return Quantity.GLUCOSE in measurement.values if glucose else bool(measurement.values)


def _flag(code: Code, bit: int, display: str) -> Json:
    coding = {
        "system": codes.ASN1_TO_HL7,
        "code": f"{code.number}.{bit}",
        "display": display,
    }
    return {"code": {"coding": [coding]}, "valueBoolean": True}
