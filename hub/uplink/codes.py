"""What things are called on the wire: MDC (IEEE 11073-10101), LOINC, SNOMED CT, NPU, UCUM.

Source: the contract's code table. Every MDC number is (partition << 16) + term, in decimal. A word
that has no code there (the meal "bedtime": three public sources say 128:29300, one 128:29261) is
sent as text until RTMMS confirms one, and so is a quantity (a ketone) that the table does not have.
"""

from dataclasses import dataclass

from drivers.measurement import Kind, Quantity, Unit

MDC = "urn:iso:std:iso:11073:10101"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
NPU = "urn:oid:2.16.578.1.12.4.1.1.7280"
ASN1_TO_HL7 = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7"
MISSING_MDC = "http://hl7.org/fhir/uv/phd/CodeSystem/MissingMDCCodes"

CENTIMETRE = "cm"


@dataclass(frozen=True, slots=True)
class Code:
    """One meaning.

    unit    the unit that the LOINC and NPU codes are about; None where they hold for any
    vital   an R4 vital sign: its profile demands the LOINC code and the category
    system  of the number; the guide's own where MDC has not taken it up yet
    """

    number: int
    refid: str
    loinc: tuple[str, ...] = ()
    snomed: str | None = None
    npu: str | None = None
    unit: str | None = None
    vital: bool = False
    system: str = MDC

    @property
    def word(self) -> str:
        """What tells it from another in a name that the hub makes."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Uncoded:
    """A quantity that the table has no code for: sent as text, so its word never changes."""

    word: str
    vital: bool = False


BLOOD_PRESSURE = Code(150020, "MDC_PRESS_BLD_NONINV", ("85354-9",), "75367002", vital=True)
SYSTOLIC = Code(150021, "MDC_PRESS_BLD_NONINV_SYS", ("8480-6",), "271649006")
DIASTOLIC = Code(150022, "MDC_PRESS_BLD_NONINV_DIA", ("8462-4",), "271650006")
MEAN = Code(150023, "MDC_PRESS_BLD_NONINV_MEAN", ("8478-0",), "4501000202102")
CUFF_PULSE = Code(149546, "MDC_PULS_RATE_NON_INV", ("8867-4",), "364075005", vital=True)
CUFF_STATUS = Code(8410608, "MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS")

BODY_WEIGHT = Code(188736, "MDC_MASS_BODY_ACTUAL", ("29463-7",), "27113001", vital=True)
HEIGHT = Code(188740, "MDC_LEN_BODY_ACTUAL", ("8302-2",), "1153637007", vital=True)
BODY_MASS_INDEX = Code(188752, "MDC_RATIO_MASS_BODY_LEN_SQ", ("39156-5",), vital=True)
BODY_FAT = Code(188748, "MDC_BODY_FAT", ("41982-0",))

OXYGEN_SATURATION = Code(
    150456, "MDC_PULS_OXIM_SAT_O2", ("2708-6", "59408-5"), "431314004", vital=True
)
OXIMETER_PULSE = Code(149530, "MDC_PULS_OXIM_PULS_RATE", ("8867-4",), "364075005", vital=True)
PULSE_AMPLITUDE_INDEX = Code(150448, "MDC_PULS_OXIM_PERF_REL")
OXIMETER_STATUS = Code(150604, "MDC_PULS_OXIM_DEV_STATUS")
SPOT = Code(150588, "MDC_MODALITY_SPOT")
FAST = Code(150580, "MDC_MODALITY_FAST")
SLOW = Code(150584, "MDC_MODALITY_SLOW")
SUPPLEMENTAL_TYPES = Code(68193, "MDC_ATTR_SUPPLEMENTAL_TYPES")

BODY_TEMPERATURE = Code(150364, "MDC_TEMP_BODY", ("8310-5",), "276885007", vital=True)


def _temperature(number: int, refid: str) -> Code:
    return Code(number, refid, BODY_TEMPERATURE.loinc, vital=True)


TEMPERATURE_SITES = {
    "armpit": _temperature(188452, "MDC_TEMP_AXILLA"),
    "body": BODY_TEMPERATURE,
    "ear": _temperature(188428, "MDC_TEMP_EAR"),
    "finger": _temperature(188432, "MDC_TEMP_FINGER"),
    "gastrointestinal_tract": _temperature(188456, "MDC_TEMP_GIT"),
    "mouth": _temperature(188424, "MDC_TEMP_ORAL"),
    "rectum": _temperature(188420, "MDC_TEMP_RECT"),
    "toe": _temperature(188448, "MDC_TEMP_TOE"),
    "tympanum": _temperature(150392, "MDC_TEMP_TYMP"),
}

# MDC has no glucose code that leaves the sample open; the least that any of them claims:
UNNAMED_SAMPLE = Code(160364, "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD")
SAMPLE_TYPES = {
    "capillary_whole_blood": Code(
        160184,
        "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD",
        ("15074-8",),
        "434912009",
        "NPU02187",
        Unit.MMOL_PER_L,
    ),
    "capillary_plasma": Code(160188, "MDC_CONC_GLU_CAPILLARY_PLASMA"),
    "venous_whole_blood": Code(160192, "MDC_CONC_GLU_VENOUS_WHOLEBLOOD"),
    "venous_plasma": Code(160196, "MDC_CONC_GLU_VENOUS_PLASMA"),
    "arterial_whole_blood": Code(160200, "MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD"),
    "arterial_plasma": Code(160204, "MDC_CONC_GLU_ARTERIAL_PLASMA"),
    "undetermined_whole_blood": UNNAMED_SAMPLE,
    "undetermined_plasma": Code(160368, "MDC_CONC_GLU_UNDETERMINED_PLASMA"),
    "interstitial_fluid": Code(160212, "MDC_CONC_GLU_ISF"),
    "control_solution": Code(160208, "MDC_CONC_GLU_CONTROL"),
}
INTERSTITIAL_FLUID = SAMPLE_TYPES["interstitial_fluid"]
METER_STATUS = Code(8417752, "MDC_GLU_METER_DEV_STATUS")
GLUCOSE_TREND = Code(8418008, "MDC_CONC_GLU_TREND")
SENSOR_STATUS = Code(8418060, "MDC_CGM_DEV_STAT")

CARBOHYDRATE = Code(8417764, "MDC_CTXT_GLU_CARB")
CARBOHYDRATES = {
    "breakfast": Code(8417768, "MDC_CTXT_GLU_CARB_BREAKFAST"),
    "lunch": Code(8417772, "MDC_CTXT_GLU_CARB_LUNCH"),
    "dinner": Code(8417776, "MDC_CTXT_GLU_CARB_DINNER"),
    "snack": Code(8417780, "MDC_CTXT_GLU_CARB_SNACK"),
    "drink": Code(8417784, "MDC_CTXT_GLU_CARB_DRINK"),
    "supper": Code(8417788, "MDC_CTXT_GLU_CARB_SUPPER"),
    "brunch": Code(8417792, "MDC_CTXT_GLU_CARB_BRUNCH"),
}
MEDICATION = Code(8417796, "MDC_CTXT_MEDICATION")
MEDICATIONS = {
    "rapid_acting_insulin": Code(8417800, "MDC_CTXT_MEDICATION_RAPIDACTING"),
    "short_acting_insulin": Code(8417804, "MDC_CTXT_MEDICATION_SHORTACTING"),
    "intermediate_acting_insulin": Code(8417808, "MDC_CTXT_MEDICATION_INTERMEDIATEACTING"),
    "long_acting_insulin": Code(8417812, "MDC_CTXT_MEDICATION_LONGACTING"),
    "premixed_insulin": Code(8417816, "MDC_CTXT_MEDICATION_PREMIX"),
}
EXERCISE = Code(8417760, "MDC_CTXT_GLU_EXERCISE")
HBA1C = Code(160220, "MDC_CONC_HBA1C")

# Facts in words beside a glucose value: detail → (what it is about, word → code).
FACTS = {
    "sample_location": (
        Code(8417844, "MDC_CTXT_GLU_SAMPLELOCATION"),
        {
            "finger": Code(8417848, "MDC_CTXT_GLU_SAMPLELOCATION_FINGER"),
            "alternate_site": Code(8417852, "MDC_CTXT_GLU_SAMPLELOCATION_AST"),
            "earlobe": Code(8417856, "MDC_CTXT_GLU_SAMPLELOCATION_EARLOBE"),
            "control_solution": Code(8417860, "MDC_CTXT_GLU_SAMPLELOCATION_CTRLSOLUTION"),
        },
    ),
    "meal": (
        Code(8417864, "MDC_CTXT_GLU_MEAL"),
        {
            "preprandial": Code(8417868, "MDC_CTXT_GLU_MEAL_PREPRANDIAL"),
            "postprandial": Code(8417872, "MDC_CTXT_GLU_MEAL_POSTPRANDIAL"),
            "fasting": Code(8417876, "MDC_CTXT_GLU_MEAL_FASTING"),
            "casual": Code(8417880, "MDC_CTXT_GLU_MEAL_CASUAL"),
        },
    ),
    "tester": (
        Code(8417884, "MDC_CTXT_GLU_TESTER"),
        {
            "self": Code(8417888, "MDC_CTXT_GLU_TESTER_SELF"),
            "health_care_professional": Code(8417892, "MDC_CTXT_GLU_TESTER_HCP"),
            "laboratory": Code(8417896, "MDC_CTXT_GLU_TESTER_LAB"),
        },
    ),
    "health": (
        Code(8417820, "MDC_CTXT_GLU_HEALTH"),
        {
            "minor_issues": Code(8417824, "MDC_CTXT_GLU_HEALTH_MINOR"),
            "major_issues": Code(8417828, "MDC_CTXT_GLU_HEALTH_MAJOR"),
            "menses": Code(8417832, "MDC_CTXT_GLU_HEALTH_MENSES"),
            "stress": Code(8417836, "MDC_CTXT_GLU_HEALTH_STRESS"),
            "no_issues": Code(8417840, "MDC_CTXT_GLU_HEALTH_NONE"),
        },
    ),
}
NOT_AVAILABLE = "not_available"

HEART_RATE = Code(147842, "MDC_ECG_HEART_RATE", ("8867-4",), "364075005", vital=True)
RR_INTERVAL = Code(147240, "MDC_ECG_TIME_PD_RR_GL")
ENERGY_EXPENDED = Code(8454263, "MDC_HF_ENERGY")
RESPIRATORY_RATE = Code(151562, "MDC_RESP_RATE", ("9279-1",), "271625008", vital=True)

PEF = Code(152584, "MDC_FLOW_AWAY_EXP_FORCED_PEAK")
PEF_PERSONAL_BEST = Code(152585, "MDC_FLOW_AWAY_EXP_FORCED_PEAK_PB")
FEV1 = Code(152586, "MDC_VOL_AWAY_EXP_FORCED_1S")
FEV6 = Code(152587, "MDC_VOL_AWAY_EXP_FORCED_6S")
FVC = Code(188928, "MDC_VOL_AWAY_EXP_FORCED_CAPACITY")
FEV1_FVC_RATIO = Code(188948, "MDC_RATIO_AWAY_EXP_FORCED_1S_FVC")
FEF25_75 = Code(188960, "MDC_FLOW_AWAY_EXP_FORCED_25_75_FVC")

BATTERY = Code(67996, "MDC_ATTR_VAL_BATT_CHARGE")
ABSOLUTE_TIME = Code(67975, "MDC_ATTR_TIME_ABS")

PRESSURES = {
    Quantity.SYSTOLIC: SYSTOLIC,
    Quantity.DIASTOLIC: DIASTOLIC,
    Quantity.MEAN_ARTERIAL_PRESSURE: MEAN,
}
OXIMETRY: dict[Quantity, tuple[Code, Code | None]] = {
    Quantity.OXYGEN_SATURATION: (OXYGEN_SATURATION, None),
    Quantity.PULSE_RATE: (OXIMETER_PULSE, None),
    Quantity.OXYGEN_SATURATION_FAST: (OXYGEN_SATURATION, FAST),
    Quantity.PULSE_RATE_FAST: (OXIMETER_PULSE, FAST),
    Quantity.OXYGEN_SATURATION_SLOW: (OXYGEN_SATURATION, SLOW),
    Quantity.PULSE_RATE_SLOW: (OXIMETER_PULSE, SLOW),
    Quantity.PULSE_AMPLITUDE_INDEX: (PULSE_AMPLITUDE_INDEX, None),
}

# What a quantity is called wherever it stands by itself. Where a kind of measurement calls it
# otherwise (an oximeter's pulse, a glucose of capillary blood), that is said where it is composed.
QUANTITIES: dict[Quantity, Code | Uncoded] = {
    **PRESSURES,
    **{quantity: code for quantity, (code, _) in OXIMETRY.items()},
    Quantity.PULSE_RATE: CUFF_PULSE,
    Quantity.BODY_WEIGHT: BODY_WEIGHT,
    Quantity.BODY_MASS_INDEX: BODY_MASS_INDEX,
    Quantity.HEIGHT: HEIGHT,
    Quantity.BODY_FAT: BODY_FAT,
    Quantity.BODY_TEMPERATURE: BODY_TEMPERATURE,
    Quantity.GLUCOSE: UNNAMED_SAMPLE,
    Quantity.CARBOHYDRATE: CARBOHYDRATE,
    Quantity.MEDICATION: MEDICATION,
    Quantity.EXERCISE_INTENSITY: EXERCISE,
    Quantity.HBA1C: HBA1C,
    Quantity.GLUCOSE_TREND: GLUCOSE_TREND,
    Quantity.HEART_RATE: HEART_RATE,
    Quantity.RR_INTERVAL: RR_INTERVAL,
    Quantity.ENERGY_EXPENDED: ENERGY_EXPENDED,
    Quantity.RESPIRATORY_RATE: RESPIRATORY_RATE,
    Quantity.PEF: PEF,
    Quantity.FEV1: FEV1,
    Quantity.FEV6: FEV6,
    Quantity.FVC: FVC,
    Quantity.FEV1_FVC_RATIO: FEV1_FVC_RATIO,
    Quantity.FEF25_75: FEF25_75,
    Quantity.PEF_PERSONAL_BEST: PEF_PERSONAL_BEST,
    **{
        quantity: Uncoded(quantity.value)
        for quantity in (
            Quantity.GLUCOSE_QUALITY,
            Quantity.KETONE,
            Quantity.BASAL_METABOLISM,
            Quantity.MUSCLE_PERCENTAGE,
            Quantity.MUSCLE_MASS,
            Quantity.FAT_FREE_MASS,
            Quantity.SOFT_LEAN_MASS,
            Quantity.BODY_WATER_MASS,
            Quantity.IMPEDANCE,
            Quantity.FEV1_FEV6_RATIO,
            Quantity.FEV1_PERSONAL_BEST,
        )
    },
}

# Devices (the guide's DeviceTypes11073MDC, MDCDeviceVersionTypes and MDCTimeSyncMethods)
PERSONAL_DEVICE = Code(65573, "MDC_MOC_VMS_MDS_SIMP")
GATEWAY = Code(531981, "MDC_MOC_VMS_MDS_AHD")
GENERIC = Code(528457, "MDC_DEV_SPEC_PROFILE_GENERIC")
SPECIALIZATIONS = {
    Kind.BLOOD_PRESSURE: Code(528391, "MDC_DEV_SPEC_PROFILE_BP"),
    Kind.CUFF_PRESSURE: Code(528391, "MDC_DEV_SPEC_PROFILE_BP"),
    Kind.BODY_WEIGHT: Code(528399, "MDC_DEV_SPEC_PROFILE_SCALE"),
    Kind.BODY_TEMPERATURE: Code(528392, "MDC_DEV_SPEC_PROFILE_TEMP"),
    Kind.PULSE_OXIMETRY: Code(528388, "MDC_DEV_SPEC_PROFILE_PULS_OXIM"),
    Kind.GLUCOSE: Code(528401, "MDC_DEV_SPEC_PROFILE_GLUCOSE"),
    Kind.GLUCOSE_CONTEXT: Code(528401, "MDC_DEV_SPEC_PROFILE_GLUCOSE"),
    Kind.KETONE: Code(528401, "MDC_DEV_SPEC_PROFILE_GLUCOSE"),
    Kind.CONTINUOUS_GLUCOSE: Code(528409, "MDC_DEV_SPEC_PROFILE_CGM"),
    Kind.BODY_COMPOSITION: Code(528404, "MDC_DEV_SPEC_PROFILE_BCA"),
    Kind.HEART_RATE: Code(528525, "MDC_DEV_SUB_SPEC_PROFILE_HR"),
    Kind.SPIROMETRY: Code(528405, "MDC_DEV_SPEC_PROFILE_PEAK_FLOW"),
}
SPIROMETER = Code(528413, "MDC_DEV_SPEC_PROFILE_SPIROMETER", system=MISSING_MDC)
FIRMWARE = Code(531976, "MDC_ID_PROD_SPEC_FW")
SOFTWARE = Code(531975, "MDC_ID_PROD_SPEC_SW")
HARDWARE = Code(531974, "MDC_ID_PROD_SPEC_HW")
PROTOCOL = Code(531977, "MDC_ID_PROD_SPEC_PROTOCOL")
TIME_SYNC = Code(68220, "MDC_TIME_SYNC_PROTOCOL")
TIME_SYNC_NONE = Code(532224, "MDC_TIME_SYNC_NONE")
TIME_SYNC_NTP = Code(532226, "MDC_TIME_SYNC_NTPV4")
