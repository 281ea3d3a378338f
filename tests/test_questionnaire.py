"""Questionnaires: what is refused, what is asked, what an answer becomes."""

import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub.questionnaire import (
    BadAnswer,
    Question,
    Unsupported,
    answered_items,
    asks_for_call,
    canonical,
    check,
    next_question,
    offers_same_as_last,
    parse_answer,
    questions,
    translated,
)

EXAMPLES = Path(__file__).parents[1] / ".." / "shared" / "contract" / "examples"
EXTENSIONS = "http://hl7.org/fhir/StructureDefinition/"
GRADE = "https://example.org/grade"
SAME = "https://hub.example/fhir/StructureDefinition/samme-som-sist"

Json = dict[str, Any]

YES = {"valueBoolean": True}
NO = {"valueBoolean": False}


def coded(code: str, display: str = "") -> Json:
    return {"valueCoding": {"system": GRADE, "code": code, "display": display or code}}


def asked(link_id: str, kind: str = "boolean", **more: Any) -> Json:
    return {"linkId": link_id, "text": f"Question {link_id}?", "type": kind, **more}


def choice(link_id: str, *codes: str, **more: Any) -> Json:
    return asked(link_id, "choice", answerOption=[coded(code) for code in codes], **more)


def when(link_id: str, operator: str = "=", **answer: Any) -> Json:
    return {"question": link_id, "operator": operator, **(answer or {"answerBoolean": True})}


def form(*items: Json, **more: Any) -> Json:
    return {
        "resourceType": "Questionnaire",
        "url": "https://example.org/q",
        "version": "1.2.0",
        "status": "active",
        "title": "Daily check-in",
        "item": list(items),
        **more,
    }


def extension(name: str, **value: Any) -> Json:
    return {"url": EXTENSIONS + name, **value}


def control(code: str) -> Json:
    return extension("questionnaire-itemControl", valueCodeableConcept={"coding": [{"code": code}]})


def link_ids(questionnaire: Json, answers: Json | None = None) -> list[str]:
    check(questionnaire)
    return [question.link_id for question in questions(questionnaire, answers or {})]


def only(item: Json) -> Question:
    questionnaire = form(item)
    check(questionnaire)
    (question,) = questions(questionnaire, {})
    return question


# Refused


@pytest.mark.parametrize(
    ("item", "path"),
    [
        pytest.param(asked("1", "quantity"), "$.item[0].type", id="quantity"),
        pytest.param(asked("1", "open-choice"), "$.item[0].type", id="open-choice"),
        pytest.param(asked("1", "choice", answerValueSet="x"), "$.item[0]", id="value-set"),
        pytest.param(asked("1", "choice"), "$.item[0].answerOption", id="no-options"),
        pytest.param(choice("1", "a", "a"), "$.item[0].answerOption", id="same-option"),
        pytest.param(
            asked("1", "choice", answerOption=[{"valueCoding": {"system": GRADE}}]),
            "$.item[0].answerOption",
            id="nameless-option",
        ),
        pytest.param(
            asked("1", "choice", answerOption=[{"valueReference": {"reference": "x"}}]),
            "$.item[0].answerOption[0]",
            id="reference-option",
        ),
        pytest.param(
            asked("1", answerOption=[coded("a")]), "$.item[0].answerOption", id="boolean-options"
        ),
        pytest.param({"linkId": "1", "type": "boolean"}, "$.item[0].text", id="nothing-to-show"),
        pytest.param(asked("1", repeats=True), "$.item[0].repeats", id="repeats"),
        pytest.param(asked("1", readOnly=True), "$.item[0].readOnly", id="read-only"),
        pytest.param(asked("1", prefix="1)"), "$.item[0]", id="prefix"),
        pytest.param(asked("1", maxLength=10), "$.item[0].maxLength", id="max-length"),
        pytest.param(
            asked("1", initial=[{"valueInteger": 1}]), "$.item[0].initial", id="initial-type"
        ),
        pytest.param(asked("1", initial=[YES, NO]), "$.item[0].initial", id="two-initials"),
        pytest.param(
            choice("1", "a", initial=[coded("a")]), "$.item[0].initial", id="initial-beside-options"
        ),
        pytest.param(
            asked(
                "1",
                "choice",
                answerOption=[{**coded(code), "initialSelected": True} for code in "ab"],
            ),
            "$.item[0].answerOption",
            id="two-selected",
        ),
        pytest.param(asked("1", "group"), "$.item[0].item", id="empty-group"),
        pytest.param(
            asked("1", "group", required=True, item=[asked("2")]), "$.item[0]", id="required-group"
        ),
        pytest.param(asked("1", "display", required=True), "$.item[0]", id="required-display"),
        pytest.param(
            choice("1", "a", "b", repeats=True, item=[asked("2")]),
            "$.item[0].item[0]",
            id="nested-in-several-answers",
        ),
        pytest.param(
            asked("1", extension=[extension("questionnaire-hidden", valueBoolean=True)]),
            "$.item[0].extension",
            id="unknown-extension",
        ),
        pytest.param(
            asked("1", _text={"extension": [extension("rendering-xhtml", valueString="<b>")]}),
            "$.item[0]._text.extension",
            id="rendering",
        ),
        pytest.param(
            choice("1", "a", extension=[control("autocomplete")]),
            "$.item[0].extension",
            id="item-control",
        ),
        pytest.param(
            asked("1", "integer", extension=[control("slider")]),
            "$.item[0].extension",
            id="slider-without-ends",
        ),
        pytest.param(
            asked("1", extension=[control("radio-button")]),
            "$.item[0].extension",
            id="radio-boolean",
        ),
        pytest.param(
            asked("1", "date", extension=[extension("minValue", valueInteger=1)]),
            "$.item[0].extension",
            id="min-of-date",
        ),
        pytest.param(
            asked("1", "integer", extension=[extension("minValue", valueString="1")]),
            "$.item[0].extension",
            id="min-is-text",
        ),
        pytest.param(
            asked(
                "1",
                "integer",
                extension=[
                    extension("minValue", valueInteger=3),
                    extension("maxValue", valueInteger=2),
                ],
            ),
            "$.item[0].extension",
            id="min-above-max",
        ),
        pytest.param(asked("1", required="yes"), "$.item[0].required", id="wrong-json-type"),
    ],
)
def test_an_item_that_would_need_guessing_is_refused(item: Json, path: str) -> None:
    with pytest.raises(Unsupported) as refused:
        check(form(item))
    assert refused.value.path == path
    assert refused.value.reason


@pytest.mark.parametrize(
    "enable",
    [
        pytest.param([when("9")], id="no-such-question"),
        pytest.param([when("g")], id="group"),
        pytest.param([when("b", answerInteger=1)], id="wrong-type"),
        pytest.param([when("b", ">")], id="boolean-order"),
        pytest.param([when("c", "<", answerCoding={"code": "a"})], id="coding-order"),
        pytest.param([when("b", "exists", answerInteger=1)], id="exists-of-integer"),
        pytest.param([when("b", answerBoolean=True, answerInteger=1)], id="two-answers"),
        pytest.param([when("b", answerQuantity={"value": 1})], id="quantity"),
        pytest.param([when("b"), when("b", "exists")], id="no-behavior"),
        pytest.param([when("x")], id="itself"),
        pytest.param([when("y")], id="each-other"),
    ],
)
def test_a_condition_that_cannot_be_told_is_refused(enable: list[Json]) -> None:
    questionnaire = form(
        asked("b"),
        choice("c", "a"),
        asked("g", "group", item=[asked("g1")]),
        asked("x", enableWhen=enable),
        asked("y", enableWhen=[when("x")]),
    )
    with pytest.raises(Unsupported, match=r"\$\.item\[[34]\]"):
        check(questionnaire)


@pytest.mark.parametrize(
    "questionnaire",
    [
        pytest.param({}, id="empty"),
        pytest.param({"resourceType": "Bundle"}, id="bundle"),
        pytest.param(form(), id="no-items"),
        pytest.param(form(asked("1"), url=None), id="no-url"),
        pytest.param(form(asked("1"), asked("1")), id="link-id-twice"),
        pytest.param(form(asked("1"), modifierExtension=[{"url": "x"}]), id="modifier"),
        pytest.param(form(asked("1"), implicitRules="x"), id="implicit-rules"),
        pytest.param(form(asked("1"), extension=[{"url": "x"}]), id="extension"),
        pytest.param(form(asked("1"), item="text"), id="items-are-text"),
        pytest.param(form(asked("")), id="link-id-empty"),
        pytest.param(form(asked("1"), extension=[{"url": SAME}]), id="same-without-a-boolean"),
    ],
)
def test_a_resource_that_is_not_a_plain_questionnaire_is_refused(questionnaire: Json) -> None:
    with pytest.raises(Unsupported):
        check(questionnaire)


@pytest.mark.parametrize(
    ("extensions", "offered"),
    [
        ([], False),
        ([{"url": SAME, "valueBoolean": True}], True),
        ([{"url": SAME, "valueBoolean": False}], False),
    ],
)
def test_the_same_as_last_time_is_offered_where_the_questionnaire_says_so(
    extensions: list[Json], offered: bool
) -> None:
    questionnaire = form(asked("1"), extension=extensions)
    check(questionnaire)
    assert offers_same_as_last(questionnaire) is offered


CALL = "https://hub.example/fhir/StructureDefinition/ber-om-oppringning"


@pytest.mark.parametrize(
    ("answers", "asks"),
    [
        ({}, False),
        ({"call": {"valueBoolean": True}}, True),
        ({"call": {"valueBoolean": False}}, False),
        ({"other": {"valueBoolean": True}}, False),
        ({"call": {"valueBoolean": True}, "other": {"valueBoolean": False}}, False),  # hidden now
    ],
)
def test_a_yes_asks_for_a_call_where_the_question_says_so(answers: Json, asks: bool) -> None:
    extension = {"url": CALL, "valueBoolean": True}
    hidden = when("other", "!=", answerBoolean=False)
    questionnaire = form(asked("other"), asked("call", extension=[extension], enableWhen=[hidden]))
    check(questionnaire)
    assert asks_for_call(questionnaire, answers) is asks


@pytest.mark.parametrize(
    "item",
    [
        asked("1", extension=[{"url": CALL}]),
        asked("1", "string", extension=[{"url": CALL, "valueBoolean": True}]),
    ],
)
def test_what_asks_for_a_call_is_a_question_with_yes_and_no(item: Json) -> None:
    with pytest.raises(Unsupported, match="ber-om-oppringning"):
        check(form(item))


def test_a_bottomless_questionnaire_is_refused() -> None:
    item = asked("0")
    for number in range(1, 5000):
        item = {"linkId": str(number), "type": "group", "item": [item]}
    with pytest.raises(Unsupported, match="deep"):
        check(form(item))


# Asked


def test_groups_help_texts_and_display_pages() -> None:
    questionnaire = form(
        {"linkId": "hello", "text": "A few questions.", "type": "display"},
        {
            "linkId": "g",
            "text": "Breathing",
            "type": "group",
            "item": [
                asked("1", item=[{"linkId": "1h", "text": "Think of today.", "type": "display"}]),
            ],
        },
    )
    check(questionnaire)
    hello, question = questions(questionnaire, {})
    assert (hello.type, hello.text) == ("display", "A few questions.")
    assert (question.link_id, question.groups) == ("1", ("Breathing",))
    assert question.notes == ("Think of today.",)


def test_the_next_question_is_the_first_that_waits() -> None:
    questionnaire = form(asked("1", required=True), asked("2"), asked("3", enableWhen=[when("2")]))
    check(questionnaire)

    def after(answers: Json) -> str | None:
        page = next_question(questionnaire, answers)
        return page.link_id if page else None

    assert after({}) == "1"
    assert after({"1": None}) == "1"  # required, so it cannot be passed over
    assert after({"1": NO}) == "2"
    assert after({"1": NO, "2": None}) is None
    assert after({"1": NO, "2": YES}) == "3"
    assert after({"1": NO, "2": YES, "3": NO}) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "shown_for"),
    [
        pytest.param("=", 5, [5], id="equal"),
        pytest.param("!=", 5, [None, 4, 6], id="not-equal"),
        pytest.param(">", 5, [6], id="greater"),
        pytest.param("<", 5, [4], id="less"),
        pytest.param(">=", 5, [5, 6], id="greater-or-equal"),
        pytest.param("<=", 5, [4, 5], id="less-or-equal"),
    ],
)
def test_operators(operator: str, wanted: int, shown_for: list[int | None]) -> None:
    condition = when("n", operator, answerInteger=wanted)
    questionnaire = form(asked("n", "integer"), asked("x", enableWhen=[condition]))
    check(questionnaire)
    shown = [
        number
        for number in (None, 4, 5, 6)
        if "x" in link_ids(questionnaire, {"n": number and {"valueInteger": number}})
    ]
    assert shown == shown_for


@pytest.mark.parametrize(
    ("kind", "answer", "same", "other"),
    [
        pytest.param("boolean", YES, {"answerBoolean": True}, {"answerBoolean": False}, id="bool"),
        pytest.param(
            "decimal",
            {"valueDecimal": 37.5},
            {"answerDecimal": 37.5},
            {"answerDecimal": 37.4},
            id="decimal-as-float",
        ),
        pytest.param(
            "decimal",
            {"valueDecimal": Decimal("38.0")},
            {"answerInteger": 38},
            {"answerInteger": 37},
            id="decimal-integer",
        ),
        pytest.param(
            "date",
            {"valueDate": "2026-11-22"},
            {"answerDate": "2026-11-22"},
            {"answerDate": "2026-11-23"},
            id="date",
        ),
        pytest.param(
            "text", {"valueString": "a"}, {"answerString": "a"}, {"answerString": "b"}, id="text"
        ),
    ],
)
def test_equality_by_type(kind: str, answer: Json, same: Json, other: Json) -> None:
    questionnaire = form(
        asked("q", kind),
        asked("same", enableWhen=[when("q", **same)]),
        asked("other", enableWhen=[when("q", **other)]),
    )
    assert link_ids(questionnaire, {"q": answer}) == ["q", "same"]


def test_a_coding_is_its_system_and_code_whatever_it_is_called() -> None:
    condition = when("c", answerCoding={"system": GRADE, "code": "a"})
    questionnaire = form(choice("c", "a", "b"), asked("x", enableWhen=[condition]))
    assert link_ids(questionnaire, {"c": coded("a", "Renamed since")}) == ["c", "x"]
    assert link_ids(questionnaire, {"c": coded("b")}) == ["c"]


def test_several_answers_meet_a_condition_when_one_does() -> None:
    condition = when("c", answerCoding={"system": GRADE, "code": "b"})
    other = when("c", "!=", answerCoding={"system": GRADE, "code": "b"})
    questionnaire = form(
        choice("c", "a", "b", repeats=True),
        asked("x", enableWhen=[condition]),
        asked("y", enableWhen=[other]),
    )
    assert link_ids(questionnaire, {"c": [coded("a"), coded("b")]}) == ["c", "x"]
    assert link_ids(questionnaire, {"c": [coded("a")]}) == ["c", "y"]


@pytest.mark.parametrize(("behavior", "expected"), [("all", ["1", "2"]), ("any", ["1", "2", "x"])])
def test_enable_behavior(behavior: str, expected: list[str]) -> None:
    questionnaire = form(
        asked("1"),
        asked("2"),
        asked("x", enableWhen=[when("1"), when("2")], enableBehavior=behavior),
    )
    assert link_ids(questionnaire, {"1": YES, "2": NO}) == expected


def test_exists() -> None:
    questionnaire = form(
        asked("1"),
        asked("some", enableWhen=[when("1", "exists", answerBoolean=True)]),
        asked("none", enableWhen=[when("1", "exists", answerBoolean=False)]),
    )
    assert link_ids(questionnaire, {"1": NO}) == ["1", "some"]
    assert link_ids(questionnaire, {"1": None}) == ["1", "none"]


def test_hidden_parents_hide_their_items_and_hidden_answers_do_not_count() -> None:
    questionnaire = form(
        asked("1"),
        asked("g", "group", enableWhen=[when("1")], item=[asked("g1")]),
        asked("after", enableWhen=[when("g1")]),
    )
    assert link_ids(questionnaire, {"1": YES, "g1": YES}) == ["1", "g1", "after"]
    assert link_ids(questionnaire, {"1": NO, "g1": YES}) == ["1"]


def test_what_is_nested_in_a_question_waits_for_its_answer() -> None:
    questionnaire = form(asked("1", item=[asked("1.1")]))
    assert link_ids(questionnaire) == ["1"]
    assert link_ids(questionnaire, {"1": NO}) == ["1", "1.1"]


def test_initial_values_are_marked_but_not_answered() -> None:
    number = only(asked("1", "integer", initial=[{"valueInteger": 3}]))
    assert (number.initial, number.answer, number.waits) == ({"valueInteger": 3}, None, True)
    options = [coded("a"), {**coded("b"), "initialSelected": True}]
    assert only(asked("1", "choice", answerOption=options)).initial == coded("b")


def test_limits_and_controls() -> None:
    ends = [extension("minValue", valueInteger=0), extension("maxValue", valueInteger=10)]
    question = only(asked("1", "integer", extension=[*ends, control("slider")]))
    assert (question.minimum, question.maximum) == (Decimal(0), Decimal(10))
    assert question.control == "slider"


# Answered


@pytest.mark.parametrize(
    ("item", "given", "answer"),
    [
        pytest.param(asked("1"), "true", YES, id="yes"),
        pytest.param(asked("1"), "false", NO, id="no"),
        pytest.param(asked("1"), "", None, id="passed-over"),
        pytest.param(asked("1", "integer"), " 12 ", {"valueInteger": 12}, id="integer"),
        pytest.param(asked("1", "integer"), "12,0", {"valueInteger": 12}, id="whole-decimal"),
        pytest.param(
            asked("1", "decimal"), "37,20", {"valueDecimal": Decimal("37.20")}, id="comma"
        ),
        pytest.param(asked("1", "decimal"), "−1.5", {"valueDecimal": Decimal("-1.5")}, id="minus"),
        pytest.param(asked("1", "date"), "2026-11-22", {"valueDate": "2026-11-22"}, id="date"),
        pytest.param(asked("1", "text"), " Hei ", {"valueString": "Hei"}, id="text"),
        pytest.param(choice("1", "a", "b"), f"{GRADE}|b", coded("b"), id="choice"),
        pytest.param(
            choice("1", "a", "b", repeats=True),
            [f"{GRADE}|b", f"{GRADE}|a", f"{GRADE}|b"],
            [coded("b"), coded("a")],
            id="several",
        ),
        pytest.param(choice("1", "a", repeats=True), [], None, id="none-of-them"),
        pytest.param(
            asked("1", "choice", answerOption=[{"valueInteger": 7}]),
            "7",
            {"valueInteger": 7},
            id="integer-option",
        ),
        pytest.param(
            asked("1", "choice", answerOption=[{"valueDate": "2026-11-22"}]),
            "2026-11-22",
            {"valueDate": "2026-11-22"},
            id="date-option",
        ),
        pytest.param({"linkId": "1", "text": "t", "type": "display"}, "on", None, id="display"),
    ],
)
def test_an_answer_in_the_words_of_fhir(item: Json, given: str | list[str], answer: object) -> None:
    parsed = parse_answer(only(item), given)
    assert parsed == answer
    assert str(parsed) == str(answer)  # 37.20 is not 37.2


LIMITED = [extension("minValue", valueDecimal=30), extension("maxValue", valueDecimal=45)]


@pytest.mark.parametrize(
    ("item", "given", "reason", "limit"),
    [
        pytest.param(asked("1", required=True), "  ", "required", None, id="required"),
        pytest.param(choice("1", "a", repeats=True, required=True), [], "required", None, id="one"),
        pytest.param(asked("1"), "yes", "not_a_boolean", None, id="boolean"),
        pytest.param(choice("1", "a"), "a", "not_an_option", None, id="option"),
        pytest.param(asked("1", "decimal"), "1e5", "not_a_number", None, id="exponent"),
        pytest.param(asked("1", "decimal"), "NaN", "not_a_number", None, id="nan"),
        pytest.param(asked("1", "decimal"), "1,2,3", "not_a_number", None, id="two-commas"),
        pytest.param(asked("1", "decimal"), "٣", "not_a_number", None, id="other-digits"),
        pytest.param(asked("1", "integer"), "1,5", "not_an_integer", None, id="fraction"),
        pytest.param(asked("1", "integer"), "1" * 10, "not_a_number", None, id="ten-digits"),
        pytest.param(asked("1", "decimal", extension=LIMITED), "29,9", "too_small", 30, id="small"),
        pytest.param(asked("1", "decimal", extension=LIMITED), "45,1", "too_large", 45, id="large"),
        pytest.param(asked("1", "date"), "2026-02-30", "not_a_date", None, id="date"),
        pytest.param(asked("1", "string", maxLength=3), "long", "too_long", 3, id="long"),
    ],
)
def test_an_answer_that_cannot_be_taken(
    item: Json, given: str | list[str], reason: str, limit: int | None
) -> None:
    with pytest.raises(BadAnswer) as refused:
        parse_answer(only(item), given)
    assert (refused.value.link_id, refused.value.reason) == ("1", reason)
    assert refused.value.limit == limit


def test_the_items_of_the_response() -> None:
    questionnaire = form(
        asked("1", item=[asked("1.1", "decimal")]),
        asked("g", "group", item=[choice("g1", "a", "b", repeats=True)]),
        asked("empty", "group", item=[asked("e1")]),
        asked("hidden", enableWhen=[when("1", answerBoolean=False)]),
        {"linkId": "bye", "text": "Thank you.", "type": "display"},
    )
    check(questionnaire)
    answers: Json = {
        "1": YES,
        "1.1": {"valueDecimal": "37.20"},  # as a JSON reader may hand it back
        "g1": [coded("a", "A"), coded("b", "B")],
        "e1": None,
        "hidden": YES,
        "bye": None,
        "from an older version": YES,
    }
    assert answered_items(questionnaire, answers) == [
        {
            "linkId": "1",
            "text": "Question 1?",
            "answer": [
                {
                    "valueBoolean": True,
                    "item": [
                        {
                            "linkId": "1.1",
                            "text": "Question 1.1?",
                            "answer": [{"valueDecimal": Decimal("37.20")}],
                        }
                    ],
                }
            ],
        },
        {
            "linkId": "g",
            "text": "Question g?",
            "item": [
                {
                    "linkId": "g1",
                    "text": "Question g1?",
                    "answer": [coded("a", "A"), coded("b", "B")],
                }
            ],
        },
    ]


def test_an_answer_that_a_newer_version_no_longer_offers_is_asked_again() -> None:
    questionnaire = form(choice("1", "a", required=True), asked("2", "integer", required=True))
    answers = {"1": coded("gone"), "2": YES}
    waiting = next_question(questionnaire, answers)
    assert waiting is not None and waiting.link_id == "1"
    assert answered_items(questionnaire, answers) == []


# In the patient's language


def wording(language: str, content: str) -> Json:
    inner = [
        {"url": "lang", "valueCode": language},
        {"url": "content", "valueString": content},
    ]
    return {"extension": [extension("translation", extension=inner)]}


def test_translated_texts_and_choices() -> None:
    questionnaire = form(
        asked("1", text="Hvordan går det?", _text=wording("en", "How are you?")),
        asked("2", text="Hoste?", _text=wording("se-NO", "Gosat go?")),
        asked(
            "3",
            "choice",
            answerOption=[
                {"valueCoding": {"code": "a", "display": "Bra", "_display": wording("en", "Well")}}
            ],
        ),
    )
    original = deepcopy(questionnaire)
    check(questionnaire)
    english = translated(questionnaire, "en")
    check(english)
    assert [question.text for question in questions(english, {})] == [
        "How are you?",
        "Hoste?",
        "Question 3?",
    ]
    (option,) = questions(english, {})[2].options
    assert (option.text, option.value) == (
        "Well",
        {"valueCoding": {"code": "a", "display": "Well"}},
    )
    assert questions(translated(questionnaire, "se"), {})[1].text == "Gosat go?"
    assert translated(questionnaire, "nn")["item"][0]["text"] == "Hvordan går det?"
    assert questionnaire == original


# The contract's example


def test_the_example_of_the_contract() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("the contract's examples are not beside this checkout")
    questionnaire = json.loads((EXAMPLES / "questionnaire-kols-daglig.json").read_text())
    bundle = json.loads((EXAMPLES / "qr-kols-daglig.bundle.json").read_text())
    check(questionnaire)
    response = bundle["entry"][0]["resource"]
    assert canonical(questionnaire) == response["questionnaire"]
    answers = {item["linkId"]: item["answer"][0] for item in response["item"]}
    assert next_question(questionnaire, {"1": answers["1"], "2": NO, "3": NO}) is None
    items = answered_items(questionnaire, answers)
    texts = {item["linkId"]: item.pop("text") for item in items}
    assert texts["2.1"] == "Hvilken farge har slimet?"
    for item in response["item"]:
        item.pop("text", None)  # the example copies the text of one item only
    assert items == response["item"]
