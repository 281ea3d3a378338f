"""What is shipped is FHIR R4, and what is not would be noticed."""

from copy import deepcopy
from typing import Any

import pytest

from tests.fhir_r4 import faults
from tests.shipped import CONDITIONS, CONFIG, PLANS, QUESTIONNAIRES, files

Json = dict[str, Any]

OWN = "https://hub.example/fhir/Questionnaire/"
TWO = [{"valueInteger": 1}, {"valueInteger": 2}]
LATER = [{"question": "a", "operator": "exists", "answerBoolean": True}] * 2


def test_every_condition_has_all_three() -> None:
    assert sorted(PLANS) == sorted(files("kits")) == sorted(CONDITIONS)
    assert sorted(QUESTIONNAIRES) == sorted((*CONDITIONS, "dagens-helsesjekk"))


@pytest.mark.parametrize("folder", ["questionnaires", "kits", "plans"])
def test_the_page_about_them_leads_to_every_file(folder: str) -> None:
    page = (CONFIG / "README.md").read_text("utf-8")
    assert [name for name in files(folder) if f"({folder}/{name}.json)" not in page] == []


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_a_questionnaire_is_fhir(name: str) -> None:
    assert faults(QUESTIONNAIRES[name]) == []


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_fhir(name: str) -> None:
    assert faults(PLANS[name]) == []


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_a_questionnaire_says_whose_it_is_and_what_for(name: str) -> None:
    questionnaire = QUESTIONNAIRES[name]
    told = {key: questionnaire[key] for key in ("id", "url", "version", "status", "publisher")}
    assert told == {
        "id": name,
        "url": f"{OWN}{name}",
        "version": "1.0.0",
        "status": "active",
        "publisher": "Hjemmehub",
    }
    assert questionnaire["subjectType"] == ["Patient"]
    assert questionnaire["language"] == "nb"
    assert questionnaire["date"] == "2026-11-29"
    assert questionnaire["copyright"].startswith("Hjemmehub. Apache-2.0.")
    assert "ikke et kartleggingsverktøy" in questionnaire["purpose"]


def a_form(*items: Json, **more: Any) -> Json:
    form = {"resourceType": "Questionnaire", "status": "active", "name": "A", "item": list(items)}
    return deepcopy(form | more)


def an_item(kind: str, **more: Any) -> Json:
    return {"linkId": "a", "text": "?", "type": kind, **more}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        pytest.param(a_form(an_item("string")), None, id="nothing"),
        pytest.param(a_form(colour="red"), "colour", id="unknown member"),
        pytest.param(a_form(status="finished"), "finished is none of", id="unknown code"),
        pytest.param(a_form({"linkId": "a"}), "item.0.type", id="missing member"),
        pytest.param(a_form(date="yesterday"), "date", id="no date"),
        pytest.param(a_form(an_item("string", extension=[])), "ele-1", id="empty list"),
        pytest.param(a_form(an_item("string", extension=[{"url": "u"}])), "ext-1", id="ext-1"),
        pytest.param(a_form(name="a b"), "que-0", id="que-0"),
        pytest.param(a_form(an_item("group")), "que-1", id="que-1"),
        pytest.param(a_form(an_item("string"), an_item("string")), "que-2", id="que-2"),
        pytest.param(a_form(an_item("display", code=[{"code": "x"}])), "que-3", id="que-3"),
        pytest.param(
            a_form(an_item("choice", answerOption=TWO, answerValueSet="u")), "que-4", id="que-4"
        ),
        pytest.param(a_form(an_item("boolean", answerOption=TWO)), "que-5", id="que-5"),
        pytest.param(a_form(an_item("display", required=True)), "que-6", id="que-6"),
        pytest.param(
            a_form(
                an_item(
                    "string",
                    enableWhen=[{"question": "b", "operator": "exists", "answerInteger": 1}],
                )
            ),
            "que-7",
            id="que-7",
        ),
        pytest.param(a_form(an_item("display", initial=TWO[:1])), "que-8", id="que-8"),
        pytest.param(a_form(an_item("display", readOnly=True)), "que-9", id="que-9"),
        pytest.param(a_form(an_item("date", maxLength=3)), "que-10", id="que-10"),
        pytest.param(
            a_form(an_item("choice", answerOption=TWO, initial=TWO[:1])), "que-11", id="que-11"
        ),
        pytest.param(a_form(an_item("string", enableWhen=LATER)), "que-12", id="que-12"),
        pytest.param(a_form(an_item("integer", initial=TWO)), "que-13", id="que-13"),
    ],
)
def test_what_is_not_fhir_is_found(broken: Json, words: str | None) -> None:
    found = faults(broken)
    assert (words is None) == (found == [])
    assert words is None or any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("number", "member", "content", "words"),
    [
        (0, "subject", {}, "subject"),
        (0, "intent", "hope", "hope is none of"),
        (1, "lifecycleStatus", "hoped-for", "hoped-for is none of"),
        (2, "name", 7, "name"),
    ],
)
def test_what_is_wrong_within_a_plan_is_found(
    number: int, member: str, content: Any, words: str
) -> None:
    plan = deepcopy(PLANS["kols"])
    plan["entry"][number]["resource"][member] = content
    assert any(words in fault for fault in faults(plan)), faults(plan)
