"""A plan and questionnaires in the form of the contract."""

from typing import Any

Json = dict[str, Any]

URL = "https://hub.example/fhir/Questionnaire/"
MDC = "urn:iso:std:iso:11073:10101"
ZONE = "https://hub.example/fhir/StructureDefinition/egenbehandling-sone"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"


def option(code: str, display: str) -> Json:
    return {"valueCoding": {"system": "urn:grad", "code": code, "display": display}}


def questionnaire(name: str, *items: Json, title: str = "Dagens helsesjekk") -> Json:
    return {
        "resourceType": "Questionnaire",
        "url": URL + name,
        "version": "1",
        "language": "nb",
        "title": title,
        "status": "active",
        "item": list(items),
    }


BREATH: Json = {
    "linkId": "1",
    "text": "Hvordan er pusten i dag?",
    "type": "choice",
    "required": True,
    "answerOption": [
        option("0", "Som vanlig"),
        option("1", "Litt tyngre"),
        option("2", "Mye tyngre"),
    ],
}
COUGH: Json = {
    "linkId": "2",
    "text": "Hoster du mer enn vanlig?",
    "type": "boolean",
    "required": True,
}
COLOUR: Json = {
    "linkId": "2.1",
    "text": "Hvilken farge har slimet?",
    "type": "choice",
    "enableWhen": [{"question": "2", "operator": "=", "answerBoolean": True}],
    "answerOption": [option("klar", "Klart"), option("gul", "Gult"), option("gronn", "Grønt")],
}
CALL: Json = {
    "linkId": "3",
    "text": "Vil du at sykepleier ringer deg?",
    "type": "boolean",
    "required": True,
}
DAILY = questionnaire("daglig", BREATH, COUGH, COLOUR, CALL)


def limit(name: str, value: int) -> Json:
    return {"url": EXTENSION + name, "valueInteger": value}


EVERY_TYPE = questionnaire(
    "alle",
    {"linkId": "d", "text": "Nå kommer noen spørsmål.", "type": "display"},
    {
        "linkId": "i",
        "text": "Hvor mange skritt gikk du?",
        "type": "integer",
        "required": True,
        "extension": [limit("minValue", 0), limit("maxValue", 50000)],
    },
    {"linkId": "n", "text": "Hvor mange timer sov du?", "type": "decimal"},
    {
        "linkId": "s",
        "text": "Hvor sterke smerter har du?",
        "type": "integer",
        "extension": [limit("minValue", 0), limit("maxValue", 10)],
    },
    {"linkId": "t", "text": "Når var du sist hos legen?", "type": "date"},
    {"linkId": "w", "text": "Er det noe du vil fortelle?", "type": "text"},
    {
        "linkId": "m",
        "text": "Hva har du gjort i dag?",
        "type": "choice",
        "repeats": True,
        "answerOption": [option("tur", "Gått tur"), option("mat", "Laget mat")],
    },
    {
        "linkId": "many",
        "text": "Hvor gjør det vondt?",
        "type": "choice",
        "answerOption": [option(str(i), f"Sted {i}") for i in range(8)],
    },
)


def activity(text: str, times: list[str], **detail: Any) -> Json:
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": times}}
    return {"detail": {"description": text, "scheduledTiming": timing, **detail}}


def zone(name: str, text: str) -> Json:
    return {
        "extension": [{"url": ZONE, "valueCode": name}],
        "detail": {"kind": "ServiceRequest", "description": text},
    }


PLAN: Json = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "CarePlan",
                "title": "Egenbehandlingsplan",
                "status": "active",
                "period": {"start": "2026-11-01"},
                "activity": [
                    activity(
                        "Mål blodtrykket",
                        ["08:00:00"],
                        code={"coding": [{"system": MDC, "code": "150020"}]},
                    ),
                    activity(
                        "Svar på dagens helsesjekk",
                        ["09:00:00"],
                        instantiatesCanonical=[URL + "daglig|1"],
                    ),
                    zone("green", "Ta faste medisiner som vanlig. Vær i aktivitet."),
                    zone(
                        "yellow",
                        "Ta ekstra inhalasjon som avtalt. Oppfølgingssenteret kontakter deg.",
                    ),
                    zone("red", "Ring 113 ved alvorlig pustebesvær. Ring ellers legevakt 116117."),
                ],
            }
        },
        {
            "resource": {
                "resourceType": "Goal",
                "description": {"text": "Gå tur hver dag uten å bli engstelig"},
            }
        },
        {"resource": DAILY},
    ],
}
MESSAGE: Json = {
    "id": "0193f0a2-0000-7000-8000-000000000001",
    "title": "Melding fra oppfølgingssenteret",
    "text": "Husk å måle blodtrykket i dag. Du kan gjerne sitte i ro i fem minutter først.",
    "issued": "2026-11-22T08:12:00Z",
}
