"""The words of what is shipped: in four languages, few, and the same for the same."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hub.questionnaire import Answer, check, questions
from tests.shipped import LANGUAGES, QUESTIONNAIRES, items, texts, worded

REVIEW = Path(__file__).parents[1] / "docs" / "translating-questionnaires.md"
MOST_QUESTIONS = 5
MOST_WORDS = 12
MOST_LETTERS = 60  # of an answer, so that it stands on its button
REQUIRED = {
    "dagens-helsesjekk": ["1", "2", "3", "4"],
    "diabetes": ["1"],
    "hjertesvikt": ["1"],
    "kols": ["1"],
}
SAME_AS_LAST = "https://hub.example/fhir/StructureDefinition/samme-som-sist"
YES: Answer = {"valueBoolean": True}
NO: Answer = {"valueBoolean": False}


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_the_hub_can_show_it(name: str) -> None:
    check(QUESTIONNAIRES[name])


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_every_text_is_there_in_four_languages(name: str) -> None:
    for owner, member in texts(QUESTIONNAIRES[name]):
        found = worded(owner, member)
        assert sorted(found) == sorted(LANGUAGES), owner[member]
        assert all(text == text.strip() != "" for text in found.values())


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_the_texts_are_short(name: str) -> None:
    for owner, member in texts(QUESTIONNAIRES[name]):
        for text in worded(owner, member).values():
            assert all(len(part.split()) <= MOST_WORDS for part in re.split(r"[.?:] ?", text))
            assert member == "text" or len(text) <= MOST_LETTERS


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_a_question_ends_as_one_in_every_language(name: str) -> None:
    for item in items(QUESTIONNAIRES[name]):
        ends = "." if item["type"] == "display" else "?"
        assert {text[-1] for text in worded(item, "text").values()} == {ends}


def test_a_code_means_the_same_everywhere() -> None:
    meant: dict[tuple[str, str], dict[str, str]] = {}
    for questionnaire in QUESTIONNAIRES.values():
        for item in items(questionnaire):
            for option in item.get("answerOption", []):
                coding = option["valueCoding"]
                assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", coding["code"])
                words = worded(coding, "display")
                assert meant.setdefault((coding["system"], coding["code"]), words) == words


def test_the_same_words_are_translated_the_same() -> None:
    known: dict[str, dict[str, str]] = {}
    for questionnaire in QUESTIONNAIRES.values():
        for owner, member in texts(questionnaire):
            words = worded(owner, member)
            if words["nb"] != "Nei":  # in Northern Sámi "no" is said by the verb of the question
                assert known.setdefault(words["nb"], words) == words


def possible(item: dict[str, Any]) -> list[Answer]:
    """Every answer of a question on which others hang, passing it over among them."""
    if item["type"] == "boolean":
        return [YES, NO, None]
    if item["type"] == "integer":
        limits = [one["valueInteger"] for one in item["extension"] if "valueInteger" in one]
        return [{"valueInteger": value} for value in range(limits[0], limits[1] + 1)] + [None]
    return [{"valueCoding": option["valueCoding"]} for option in item["answerOption"]] + [None]


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_no_way_through_it_is_long_and_every_question_is_on_one(name: str) -> None:
    questionnaire = QUESTIONNAIRES[name]
    placed = {item["linkId"]: item for item in items(questionnaire)}
    gates = [
        link_id
        for link_id in placed
        if any(
            link_id == condition["question"]
            for item in placed.values()
            for condition in item.get("enableWhen", [])
        )
    ]
    met: set[str] = set()
    for answers in product(*(possible(placed[gate]) for gate in gates)):
        asked = questions(questionnaire, dict(zip(gates, answers, strict=True)))
        met |= {question.link_id for question in asked}
        assert 3 <= len(asked) <= MOST_QUESTIONS
    assert met == {link_id for link_id, item in placed.items() if item["type"] != "display"}


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_almost_everything_can_be_skipped_and_nothing_is_marked_beforehand(name: str) -> None:
    placed = list(items(QUESTIONNAIRES[name]))
    assert [item["linkId"] for item in placed if item.get("required")] == REQUIRED.get(name, [])
    assert not any("initial" in item for item in placed)
    options = [option for item in placed for option in item.get("answerOption", [])]
    assert not any("initialSelected" in option for option in options)


def test_the_same_as_last_time_is_offered_where_every_answer_may_well_be_the_same() -> None:
    """Not where the answer is a number of today, or how somebody is."""
    offered = [
        name
        for name, questionnaire in QUESTIONNAIRES.items()
        for extension in questionnaire.get("extension", [])
        if extension == {"url": SAME_AS_LAST, "valueBoolean": True}
    ]
    assert offered == ["hjertesvikt", "kols"]


def test_between_them_they_show_what_a_questionnaire_can_be() -> None:
    placed = [item for one in QUESTIONNAIRES.values() for item in items(one)]
    assert {item["type"] for item in placed} == {
        "boolean",
        "choice",
        "date",
        "decimal",
        "display",
        "integer",
    }
    conditions = [item for item in placed if "enableWhen" in item]
    assert {each["operator"] for item in conditions for each in item["enableWhen"]} == {"=", ">"}
    assert [item["enableBehavior"] for item in conditions if "enableBehavior" in item] == ["any"]
    assert sum(bool(item.get("repeats")) for item in placed) >= 4


def test_what_somebody_who_speaks_it_should_read_is_listed_as_it_stands() -> None:
    """FHIR's translation extension has no room for "not certain", so the list is in docs/."""
    listed = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| [^|]+ \|$", REVIEW.read_text("utf-8"), re.M)
    rows = [(nb, se) for nb, se in listed if nb not in ("Bokmål", "---")]
    shipped = {
        (words["nb"], words["se"])
        for questionnaire in QUESTIONNAIRES.values()
        for owner, member in texts(questionnaire)
        for words in [worded(owner, member)]
    }
    assert len(rows) == len(set(rows)) >= 10
    assert set(rows) - shipped == set()
