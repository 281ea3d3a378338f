"""A check-in → the bundle with its QuestionnaireResponse (contract §4)."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from hub.settings import Patient
from hub.uplink.fhir import bundle
from hub.uplink.identifiers import urn, urn_name
from hub.uplink.resources import Json, entry, identifier, patient_reference
from hub.uplink.timing import instant

Progress = Literal["completed", "in-progress", "stopped"]


def questionnaire_response(
    patient: Patient,
    *,
    check_in: str,
    questionnaire: str,
    items: list[Json],
    authored: datetime,
    zone: ZoneInfo,
    progress: Progress = "completed",
    language: str | None = None,
) -> tuple[str, bytes]:
    """→ (`Bundle.identifier`, body).

    check_in       the check-in's id: the same one gives the same names
    questionnaire  canonical, `url|version`
    items          the answered items; a decimal may have become text or float on its way
    authored       when the patient finished, aware
    """
    # A check-in that was left and finished later is sent twice, and each must be created.
    own = urn("check-in", check_in, *(() if progress == "completed" else (progress,)))
    person = patient_reference(patient)
    resource = {
        "resourceType": "QuestionnaireResponse",
        **({"language": language} if language else {}),
        "identifier": identifier(urn_name(own)),
        "questionnaire": questionnaire,
        "status": progress,
        "authored": instant(authored, zone),
        "subject": person,
        "source": person,
        **({"item": [_exact(item) for item in items]} if items else {}),
    }
    id = urn(own)
    return id, bundle(id, [entry(own, resource, urn_name(own))], authored, zone)


def _exact(item: Json) -> Json:
    """The item with its decimals as numbers again, in the digits that were typed."""
    whole = dict(item)
    if "valueDecimal" in whole:
        whole["valueDecimal"] = Decimal(str(whole["valueDecimal"]))
    for nested in ("item", "answer"):
        if nested in whole:
            whole[nested] = [_exact(inner) for inner in whole[nested]]
    return whole
