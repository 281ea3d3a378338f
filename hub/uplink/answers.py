"""A check-in → the bundle with its QuestionnaireResponse (contract §4)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from hub.records import Source
from hub.settings import Patient
from hub.uplink.fhir import bundle
from hub.uplink.identifiers import urn, urn_name
from hub.uplink.resources import Json, entry, identifier, patient_reference
from hub.uplink.timing import instant

Progress = Literal["completed", "in-progress", "stopped"]

decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

# Somebody who answers for the patient is told by the part that they have, and by nothing else.
OTHERS: dict[Source, Json] = {
    Source.KIN: {"type": "RelatedPerson", "display": "Pårørende"},
    Source.NURSE: {"type": "Practitioner", "display": "Helsepersonell i hjemmet"},
}


def questionnaire_response(
    patient: Patient,
    *,
    check_in: str,
    questionnaire: str,
    items: list[Json],
    authored: datetime,
    zone: ZoneInfo,
    progress: Progress = "completed",
    source: Source = Source.PATIENT,
    language: str | None = None,
) -> tuple[str, bytes]:
    """→ (`Bundle.identifier`, body).

    check_in       the check-in's id: the same one gives the same names
    questionnaire  canonical, `url|version`
    items          the answered items; a decimal may have become text or float on its way
    authored       when the patient finished, aware
    source         who gave the answers
    """
    own = _own(check_in, progress)
    person = patient_reference(patient)
    resource = {
        "resourceType": "QuestionnaireResponse",
        **({"language": language} if language else {}),
        "identifier": identifier(urn_name(own)),
        "questionnaire": questionnaire,
        "status": progress,
        "authored": instant(authored, zone),
        "subject": person,
        "source": OTHERS.get(source, person),
        **({"item": [_exact(item) for item in items]} if items else {}),
    }
    id = urn(own)
    return id, bundle(id, [entry(own, resource, urn_name(own))], authored, zone)


def response_name(check_in: str) -> str:
    """`Bundle.identifier` of a completed check-in."""
    return urn(_own(check_in))


def taken_back(check_in: str, body: bytes, at: datetime, zone: ZoneInfo) -> tuple[str, bytes]:
    """The bundle of a completed check-in → the one that marks it as a mistake.

    What was answered stays in it. A conditional update, so that it holds whichever of the two
    comes first: what is there is replaced, and not created again after it.
    """
    own = _own(check_in)
    content = decoder.decode(body)["entry"][0]["resource"]
    resource = {**content, "status": "entered-in-error"}
    request = {"method": "PUT", "url": f"QuestionnaireResponse?{urn_name(own).query()}"}
    id = urn(own, "entered-in-error")
    return id, bundle(id, [{"fullUrl": own, "resource": resource, "request": request}], at, zone)


def _own(check_in: str, progress: Progress = "completed") -> str:
    """A check-in that was left and finished later is sent twice, and each must be created."""
    return urn("check-in", check_in, *(() if progress == "completed" else (progress,)))


def _exact(item: Json) -> Json:
    """The item with its decimals as numbers again, in the digits that were typed."""
    whole = dict(item)
    if "valueDecimal" in whole:
        whole["valueDecimal"] = Decimal(str(whole["valueDecimal"]))
    for nested in ("item", "answer"):
        if nested in whole:
            whole[nested] = [_exact(inner) for inner in whole[nested]]
    return whole
