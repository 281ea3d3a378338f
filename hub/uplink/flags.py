"""What a device says of its own result: its flags, as the guide numbers them (ASN1ToHL7), and what
they do to the value."""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.measurement import Kind, Measurement, Status
from hub.uplink.codes import CUFF_STATUS, METER_STATUS, OXIMETER_STATUS, SENSOR_STATUS, Code
from hub.uplink.resources import Json, coded

MEASUREMENT_STATUS = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status"
INTERPRETATIONS = {
    Status.QUESTIONABLE: "questionable",
    Status.CALIBRATION_ONGOING: "calibration-ongoing",
    Status.EARLY_ESTIMATE: "early-indication",
    Status.THRESHOLD_ERROR: "in-alarm",  # against limits that somebody has set in the device
    Status.THRESHOLDING_DISABLED: "alarm-inhibited",
}
WITHOUT_VALUE = {
    Status.INVALID: "error",
    Status.UNSUCCESSFUL: "error",
    Status.UNAVAILABLE: "not-performed",
}
PRELIMINARY = {Status.EARLY_ESTIMATE, Status.MEASUREMENT_ONGOING}
TESTS = {Status.FOR_DEMONSTRATION, Status.FOR_TESTING, Status.CONTROL_SOLUTION}
ELSEWHERE = {
    Status.TIME_FAULT,
    Status.UNAUTHENTICATED,
    *INTERPRETATIONS,
    *WITHOUT_VALUE,
    *PRELIMINARY,
    *TESTS,
}
UNCONFIRMED = (
    "Målingen ble sendt åpent over radio. Det er ikke bekreftet hvilket apparat den kom fra."
)


@dataclass(frozen=True, slots=True)
class Bits:
    """Flags of one device status: Status → (bit, display in ASN1ToHL7)."""

    code: Code
    flags: dict[Status, tuple[int, str]]


CUFF_BITS = Bits(
    CUFF_STATUS,
    {
        Status.BODY_MOVEMENT: (0, "body-movement"),
        Status.CUFF_TOO_LOOSE: (1, "cuff-too-loose"),
        Status.IRREGULAR_PULSE: (2, "irregular-pulse"),
        Status.PULSE_RATE_ABOVE_RANGE: (3, "pulse-over-range-limit"),
        Status.PULSE_RATE_BELOW_RANGE: (4, "pulse-under-range-limit"),
        Status.IMPROPER_POSITION: (5, "improper-body-position"),
    },
)
# GATT counts these from the other end: its bit n is bit 15 - n here.
OXIMETER_BITS = Bits(
    OXIMETER_STATUS,
    {
        Status.SENSOR_DISCONNECTED: (0, "sensor-disconnected"),
        Status.SENSOR_MALFUNCTION: (1, "sensor-malfunction"),
        Status.SENSOR_DISPLACED: (2, "sensor-displaced"),
        Status.UNKNOWN_SENSOR: (3, "sensor-unsupported"),
        Status.SENSOR_UNCONNECTED_TO_USER: (4, "sensor-off"),
        Status.SENSOR_INTERFERENCE: (5, "sensor-interference"),
        Status.SIGNAL_ANALYSIS_ONGOING: (6, "signal-searching"),
        Status.QUESTIONABLE_PULSE: (7, "signal-pulse-questionable"),
        Status.NONPULSATILE_SIGNAL: (8, "signal-non-pulsatile"),
        Status.ERRATIC_SIGNAL: (9, "signal-erratic"),
        Status.LOW_PERFUSION: (10, "signal-low-perfusion"),
        Status.POOR_SIGNAL: (11, "signal-poor"),
        Status.INADEQUATE_SIGNAL: (12, "signal-inadequate"),
        Status.SIGNAL_IRREGULARITY: (13, "signal-processing-irregularity"),
        Status.EQUIPMENT_MALFUNCTION: (14, "device-equipment-malfunction"),
        Status.EXTENDED_DISPLAY_ONGOING: (15, "device-extended-update"),
    },
)
# Bit 11 is "time fault" in GATT and "temperature out of range" here, so it is never mapped.
METER_BITS = Bits(
    METER_STATUS,
    {
        Status.BATTERY_LOW: (0, "device-battery-low"),
        Status.GLUCOSE_SENSOR_FAULT: (1, "sensor-malfunction"),
        Status.SAMPLE_TOO_SMALL: (2, "sensor-sample-size-insufficient"),
        Status.STRIP_INSERTION_ERROR: (3, "sensor-strip-insertion"),
        Status.STRIP_TYPE_INCORRECT: (4, "sensor-strip-type-incorrect"),
        Status.RESULT_TOO_HIGH: (5, "sensor-result-too-high"),
        Status.RESULT_TOO_LOW: (6, "sensor-result-too-low"),
        Status.TEMPERATURE_TOO_HIGH: (7, "sensor-temp-too-high"),
        Status.TEMPERATURE_TOO_LOW: (8, "sensor-temp-too-low"),
        Status.READ_INTERRUPTED: (9, "sensor-read-interrupt"),
        Status.DEVICE_FAULT: (10, "device-gen-fault"),
    },
)
# As GATT counts them: status octet, calibration octet, warning octet. The guide has no code for the
# low battery, the general fault and the clock (bits 1, 5 and 6): they go in words.
SENSOR_BITS = Bits(
    SENSOR_STATUS,
    {
        Status.SESSION_STOPPED: (0, "sensor-session-stopped"),
        Status.SENSOR_TYPE_INCORRECT: (2, "sensor-type-incorrect"),
        Status.SENSOR_MALFUNCTION: (3, "sensor-malfunction"),
        Status.DEVICE_ALERT: (4, "device-specific-alert"),
        Status.CALIBRATION_NOT_ALLOWED: (7, "sensor-calibration-not-allowed"),
        Status.CALIBRATION_RECOMMENDED: (8, "sensor-calibration-recommended"),
        Status.CALIBRATION_REQUIRED: (9, "sensor-calibration-required"),
        Status.TEMPERATURE_TOO_HIGH: (10, "sensor-temp-too-high"),
        Status.TEMPERATURE_TOO_LOW: (11, "sensor-temp-too-low"),
        Status.BELOW_PATIENT_LOW: (12, "sensor-result-below-patient-low"),
        Status.ABOVE_PATIENT_HIGH: (13, "sensor-result-above-patient-high"),
        Status.BELOW_HYPO: (14, "sensor-low-hypo"),
        Status.ABOVE_HYPER: (15, "sensor-high-hyper"),
        Status.FALLING_TOO_FAST: (16, "sensor-rate-decrease-exceeded"),
        Status.RISING_TOO_FAST: (17, "sensor-rate-increase-exceeded"),
        Status.RESULT_TOO_LOW: (18, "sensor-result-too-low"),
        Status.RESULT_TOO_HIGH: (19, "sensor-result-too-high"),
    },
)
BITS = {
    Kind.BLOOD_PRESSURE: CUFF_BITS,
    Kind.PULSE_OXIMETRY: OXIMETER_BITS,
    Kind.GLUCOSE: METER_BITS,
    Kind.GLUCOSE_CONTEXT: METER_BITS,
    Kind.CONTINUOUS_GLUCOSE: SENSOR_BITS,
}


def is_preliminary(measurement: Measurement) -> bool:
    return not PRELIMINARY.isdisjoint(measurement.status)


def is_test(measurement: Measurement) -> bool:
    """A demonstration or a control solution: marked, so that nobody takes it for the patient's."""
    return not TESTS.isdisjoint(measurement.status)


def is_unconfirmed(measurement: Measurement) -> bool:
    """Out of an advertisement: marked, so that a nurse knows that anybody could have sent it."""
    return Status.UNAUTHENTICATED in measurement.status


def interpretation(measurement: Measurement) -> Json:
    said = [
        coded(MEASUREMENT_STATUS, code)
        for status, code in INTERPRETATIONS.items()
        if status in measurement.status
    ]
    return {"interpretation": said} if said else {}


def without_value(measurement: Measurement) -> Iterator[str]:
    return (reason for status, reason in WITHOUT_VALUE.items() if status in measurement.status)


def in_words(measurement: Measurement) -> tuple[str, ...]:
    """What the device said about itself that has no code on the wire: kept, in its own words."""
    bits = BITS.get(measurement.kind)
    mapped = ELSEWHERE | (set(bits.flags) if bits else set())
    rest = [str(status) for status in measurement.status if status not in mapped]
    said = (f"Apparatet meldte: {', '.join(rest)}.",) if rest else ()
    return (*said, UNCONFIRMED) if is_unconfirmed(measurement) else said
