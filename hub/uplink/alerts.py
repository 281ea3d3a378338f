"""What the hub itself has to report → DetectedIssue (contract §4). It states, never judges."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from hub.records import Device
from hub.settings import Patient
from hub.uplink.fhir import encoder
from hub.uplink.identifiers import device_names, system_id, urn, urn_name
from hub.uplink.resources import Gateway, coded, identifier, named_reference, patient_reference
from hub.uplink.timing import instant

ALERT_CODES = "https://hub.example/fhir/CodeSystem/hub-alert"

Severity = Literal["high", "moderate", "low"]


class AlertCode(StrEnum):
    MEASUREMENT_MISSED = "measurement-missed"
    MEASUREMENT_INVALID = "measurement-invalid"
    DEVICE_UNREACHABLE = "device-unreachable"
    DEVICE_BATTERY_LOW = "device-battery-low"
    CLOCK_FAULT = "clock-fault"
    BUFFER_HIGH = "buffer-high"
    HELP_REQUESTED = "help-requested"


def alert(
    gateway: Gateway,
    patient: Patient,
    code: AlertCode,
    *,
    about: str,
    text: str,
    severity: Severity,
    at: datetime,
    zone: ZoneInfo,
    detail: str | None = None,
    observations: Sequence[str] = (),
    device: Device | None = None,
    clearing: str | None = None,
    again: str | None = None,
) -> tuple[str, bytes]:
    """→ (message id, body), for the topic of alerts.

    about         what tells this occurrence from others of its code: "spo2 2026-11-22T08:00"
    text, detail  for the nurse, in Norwegian; never a name
    observations  URNs of the observations that it is about
    device        the device that it is about
    at            when it arose, or was cleared
    clearing      how it ended: the same alert, `final`. It is a message of its own, so its id is
                  another; the identifier inside is the same
    again         a word for what is new, where the alert may have been told of before: the same
    """
    own = urn("alert", gateway.hub, code, about)
    implicated = [named_reference("Observation", urn_name(each)) for each in observations]
    if device is not None:
        implicated.append(named_reference("Device", device_names(gateway.hub, device)[0]))
    ended = {"action": {"text": clearing}, "date": instant(at, zone)}
    resource = {
        "resourceType": "DetectedIssue",
        "identifier": [identifier(urn_name(own))],
        "status": "final" if clearing else "preliminary",
        "code": {**coded(ALERT_CODES, code), "text": text},
        "severity": severity,
        "patient": patient_reference(patient),
        **({} if clearing else {"identifiedDateTime": instant(at, zone)}),
        "author": named_reference("Device", system_id(gateway.hub)),
        **({"implicated": implicated} if implicated else {}),
        **({"detail": detail} if detail else {}),
        **({"mitigation": [ended]} if clearing else {}),
    }
    change = "cleared" if clearing else again
    return urn(own, change) if change else own, encoder.encode(resource)
