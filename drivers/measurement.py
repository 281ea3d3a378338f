"""The vocabulary: what a device said, in the words of Bluetooth SIG and UCUM.

Nothing here is derived or converted. Numbers are `Decimal` and keep the decimals that the
device sent; a number that the device did not give is `None` with the reason beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

UNKNOWN = "unknown"


class Kind(StrEnum):
    """What one measurement is about. Stored for ever, so never renamed."""

    BLOOD_PRESSURE = "blood_pressure"
    CUFF_PRESSURE = "cuff_pressure"
    BODY_WEIGHT = "body_weight"
    BODY_TEMPERATURE = "body_temperature"
    PULSE_OXIMETRY = "pulse_oximetry"
    GLUCOSE = "glucose"
    GLUCOSE_CONTEXT = "glucose_context"
    CONTINUOUS_GLUCOSE = "continuous_glucose"
    KETONE = "ketone"
    BODY_COMPOSITION = "body_composition"
    HEART_RATE = "heart_rate"
    SPIROMETRY = "spirometry"


class Quantity(StrEnum):
    """The name of one value inside a measurement."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN_ARTERIAL_PRESSURE = "mean_arterial_pressure"
    CUFF_PRESSURE = "cuff_pressure"
    PULSE_RATE = "pulse_rate"
    BODY_WEIGHT = "body_weight"
    HEIGHT = "height"
    BODY_MASS_INDEX = "body_mass_index"
    BODY_TEMPERATURE = "body_temperature"
    OXYGEN_SATURATION = "oxygen_saturation"
    OXYGEN_SATURATION_FAST = "oxygen_saturation_fast"
    OXYGEN_SATURATION_SLOW = "oxygen_saturation_slow"
    PULSE_RATE_FAST = "pulse_rate_fast"
    PULSE_RATE_SLOW = "pulse_rate_slow"
    PULSE_AMPLITUDE_INDEX = "pulse_amplitude_index"
    GLUCOSE = "glucose"
    CARBOHYDRATE = "carbohydrate"
    EXERCISE_DURATION = "exercise_duration"
    EXERCISE_INTENSITY = "exercise_intensity"
    MEDICATION = "medication"
    HBA1C = "hba1c"
    GLUCOSE_TREND = "glucose_trend"
    GLUCOSE_QUALITY = "glucose_quality"
    KETONE = "ketone"
    HEART_RATE = "heart_rate"
    RR_INTERVAL = "rr_interval"
    ENERGY_EXPENDED = "energy_expended"
    RESPIRATORY_RATE = "respiratory_rate"
    BODY_FAT = "body_fat"
    BASAL_METABOLISM = "basal_metabolism"
    MUSCLE_PERCENTAGE = "muscle_percentage"
    MUSCLE_MASS = "muscle_mass"
    FAT_FREE_MASS = "fat_free_mass"
    SOFT_LEAN_MASS = "soft_lean_mass"
    BODY_WATER_MASS = "body_water_mass"
    IMPEDANCE = "impedance"
    FEV1 = "fev1"
    FEV6 = "fev6"
    FVC = "fvc"
    PEF = "pef"
    FEF25_75 = "fef25_75"
    FEV1_FEV6_RATIO = "fev1_fev6_ratio"
    FEV1_FVC_RATIO = "fev1_fvc_ratio"
    FEV1_PERSONAL_BEST = "fev1_personal_best"
    PEF_PERSONAL_BEST = "pef_personal_best"


class Unit(StrEnum):
    """UCUM codes."""

    MM_HG = "mm[Hg]"
    K_PA = "kPa"
    PER_MINUTE = "/min"
    PERCENT = "%"
    KILOGRAM = "kg"
    POUND = "[lb_av]"
    METRE = "m"
    INCH = "[in_i]"
    KG_PER_M2 = "kg/m2"
    CELSIUS = "Cel"
    FAHRENHEIT = "[degF]"
    MG_PER_DL = "mg/dL"
    MMOL_PER_L = "mmol/L"
    GRAM = "g"
    MILLIGRAM = "mg"
    MILLILITRE = "mL"
    SECOND = "s"
    MILLISECOND = "ms"
    KILOJOULE = "kJ"
    OHM = "Ohm"
    LITRE = "L"
    LITRE_PER_SECOND = "L/s"
    LITRE_PER_MINUTE = "L/min"
    MG_PER_DL_PER_MINUTE = "mg/dL/min"
    MMOL_PER_L_PER_MINUTE = "mmol/L/min"


class Comparator(StrEnum):
    """The true value lies beyond the number (a meter's HI or LO with its limit)."""

    LESS = "<"
    GREATER = ">"


class Absent(StrEnum):
    """Why there is no number. The first three are FHIR data-absent-reason codes (IEEE 11073-20601
    special values); the last two are both `error` there."""

    NOT_A_NUMBER = "not-a-number"
    POSITIVE_INFINITY = "positive-infinity"
    NEGATIVE_INFINITY = "negative-infinity"
    NOT_AT_THIS_RESOLUTION = "not-at-this-resolution"
    RESERVED = "reserved"
    NOT_MEASURED = "not-measured"


class Status(StrEnum):
    """Everything that a device can say about its own measurement."""

    # Blood Pressure Measurement Status (Blood Pressure Service 1.1.1 §3.1.1.7)
    BODY_MOVEMENT = "body_movement"
    CUFF_TOO_LOOSE = "cuff_too_loose"
    IRREGULAR_PULSE = "irregular_pulse"
    PULSE_RATE_ABOVE_RANGE = "pulse_rate_above_range"
    PULSE_RATE_BELOW_RANGE = "pulse_rate_below_range"
    IMPROPER_POSITION = "improper_position"
    # PLX Measurement Status (Pulse Oximeter Service 1.0.1 §3.1.1.5)
    MEASUREMENT_ONGOING = "measurement_ongoing"
    EARLY_ESTIMATE = "early_estimate"
    VALIDATED = "validated"
    FULLY_QUALIFIED = "fully_qualified"
    FROM_STORAGE = "from_storage"
    FOR_DEMONSTRATION = "for_demonstration"
    FOR_TESTING = "for_testing"
    CALIBRATION_ONGOING = "calibration_ongoing"
    UNAVAILABLE = "unavailable"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"
    # PLX Device and Sensor Status (§3.1.1.6)
    EXTENDED_DISPLAY_ONGOING = "extended_display_ongoing"
    EQUIPMENT_MALFUNCTION = "equipment_malfunction"
    SIGNAL_IRREGULARITY = "signal_irregularity"
    INADEQUATE_SIGNAL = "inadequate_signal"
    POOR_SIGNAL = "poor_signal"
    LOW_PERFUSION = "low_perfusion"
    ERRATIC_SIGNAL = "erratic_signal"
    NONPULSATILE_SIGNAL = "nonpulsatile_signal"
    QUESTIONABLE_PULSE = "questionable_pulse"
    SIGNAL_ANALYSIS_ONGOING = "signal_analysis_ongoing"
    SENSOR_INTERFERENCE = "sensor_interference"
    SENSOR_UNCONNECTED_TO_USER = "sensor_unconnected_to_user"
    UNKNOWN_SENSOR = "unknown_sensor"
    SENSOR_DISPLACED = "sensor_displaced"
    SENSOR_MALFUNCTION = "sensor_malfunction"
    SENSOR_DISCONNECTED = "sensor_disconnected"
    # Glucose Sensor Status Annunciation (Glucose Service 1.0.1 §3.1.1.7)
    BATTERY_LOW = "battery_low"
    GLUCOSE_SENSOR_FAULT = "glucose_sensor_fault"
    SAMPLE_TOO_SMALL = "sample_too_small"
    STRIP_INSERTION_ERROR = "strip_insertion_error"
    STRIP_TYPE_INCORRECT = "strip_type_incorrect"
    RESULT_TOO_HIGH = "result_too_high"
    RESULT_TOO_LOW = "result_too_low"
    TEMPERATURE_TOO_HIGH = "temperature_too_high"
    TEMPERATURE_TOO_LOW = "temperature_too_low"
    READ_INTERRUPTED = "read_interrupted"
    DEVICE_FAULT = "device_fault"
    CONTROL_SOLUTION = "control_solution"
    # CGM Sensor Status Annunciation (Continuous Glucose Monitoring Service 1.0.2 §3.1.1.5); the
    # limits are those that somebody has set in the sensor
    SESSION_STOPPED = "session_stopped"
    SENSOR_TYPE_INCORRECT = "sensor_type_incorrect"
    DEVICE_ALERT = "device_alert"
    TIME_SYNCHRONIZATION_REQUIRED = "time_synchronization_required"
    CALIBRATION_NOT_ALLOWED = "calibration_not_allowed"
    CALIBRATION_RECOMMENDED = "calibration_recommended"
    CALIBRATION_REQUIRED = "calibration_required"
    BELOW_PATIENT_LOW = "below_patient_low"
    ABOVE_PATIENT_HIGH = "above_patient_high"
    BELOW_HYPO = "below_hypo"
    ABOVE_HYPER = "above_hyper"
    FALLING_TOO_FAST = "falling_too_fast"
    RISING_TOO_FAST = "rising_too_fast"
    # Measurement Status of a health observation (Generic Health Sensor Service 1.0)
    MANUALLY_ENTERED = "manually_entered"
    THRESHOLD_ERROR = "threshold_error"
    THRESHOLDING_DISABLED = "thresholding_disabled"
    # Common
    TIME_FAULT = "time_fault"
    UNSUCCESSFUL = "unsuccessful"
    UNAUTHENTICATED = "unauthenticated"  # from an advertisement: anybody could have sent it
    # Nonin
    ARTIFACT = "artifact"
    OUT_OF_TRACK = "out_of_track"
    SENSOR_ALARM = "sensor_alarm"
    SMARTPOINT = "smartpoint"
    MARGINAL_PERFUSION = "marginal_perfusion"


@dataclass(frozen=True, slots=True)
class Value:
    """One number as sent, or the reason why there is none."""

    number: Decimal | None
    unit: Unit
    comparator: Comparator | None = None
    absent: Absent | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One result of one device.

    device_time  what the device's own clock showed, without zone; None when the device sent no
                 time or one that cannot be a real instant (then Status.TIME_FAULT)
    sequence     the device's record number
    user_index   the device's user slot; None when not sent or sent as unknown (0xFF: then
                 `details` has {"user": "unknown"})
    series       several numbers of one quantity in the order in which they were sent (RR intervals)
    details      coded facts in words: {"temperature_type": "ear", "meal": "fasting", …}
    raw          the payloads that it was read from, in order of arrival
    """

    kind: Kind
    values: Mapping[Quantity, Value]
    raw: tuple[bytes, ...]
    device_time: datetime | None = None
    sequence: int | None = None
    user_index: int | None = None
    status: tuple[Status, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[Quantity, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def is_of_unknown_user(self) -> bool:
        """The device knows several people, and says that it does not know whose this is."""
        return self.details.get("user") == UNKNOWN


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that could not be decoded: kept as it came, shown to the technician."""

    source: str
    payload: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Learned:
    """What a driver wants to know the next time: its user slot, how far it has read.

    `facts` are laid over what was known before; None takes one away.
    """

    facts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device says about itself (Device Information Service 0x180A, Battery 0x2A19).

    system_id is the EUI-64 as 16 upper-case hexadecimal digits, already in reading order.
    """

    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    software: str | None = None
    system_id: str | None = None
    battery_percent: int | None = None
