"""What all entries of one bundle share."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.records import Device, Kept
from hub.settings import Patient
from hub.uplink.identifiers import device_urn, gateway_urn, urn
from hub.uplink.resources import PROFILES, TERMINOLOGY, Gateway, Json, coded, reference
from hub.uplink.timing import Bounds, ClockReport, Taken

GATEWAY_EXTENSION = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice"
CLOCK_EXTENSION = PROFILES + "CoincidentTimeStampReference"

VITAL_SIGNS = coded(TERMINOLOGY + "observation-category", "vital-signs")
PERSONAL_HEALTH = coded("http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories", "phd")

Timed = list[tuple[Kept, Taken]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all observations of a bundle share."""

    gateway: Gateway
    patient: Patient
    device: Device
    bounds: Bounds
    zone: ZoneInfo

    @property
    def device_urn(self) -> str:
        return device_urn(self.gateway.hub, self.device)

    @property
    def gateway_urn(self) -> str:
        return gateway_urn(self.gateway.hub)

    def extensions(self, clock_urn: str | None = None) -> list[Json]:
        """The gateway, and the clock comparison that an observation's time rests on."""
        gateway = {"url": GATEWAY_EXTENSION, "valueReference": reference(self.gateway_urn)}
        if clock_urn is None:
            return [gateway]
        return [gateway, {"url": CLOCK_EXTENSION, "valueReference": reference(clock_urn)}]


def clock_urn(session: str, report: ClockReport) -> str:
    return urn("coincident time stamp", session, report)
