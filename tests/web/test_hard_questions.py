"""What a questionnaire may ask, also where it is long, deep or odd, and nothing is lost."""

import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from hub.records import JournalKind
from tests.web.documents import Json, questionnaire
from tests.web.hard import HARD, HELP, LONG, LONGER, PLACES
from tests.web.house import Browser, House
from tests.web.tapping import answer, at, begin, choose, follow, press, send, typed

DEPENDS = questionnaire(
    "avhengig",
    {"linkId": "d", "text": "Når falt du sist?", "type": "date"},
    {"linkId": "t", "text": "Hva er temperaturen?", "type": "decimal", "required": True},
    {
        "linkId": "g",
        "text": "Om fallet",
        "type": "group",
        "enableBehavior": "any",
        "enableWhen": [
            {"question": "d", "operator": ">=", "answerDate": "2026-11-01"},
            {"question": "t", "operator": ">", "answerDecimal": 38.5},
        ],
        "item": [
            {"linkId": "g.1", "text": "Slo du hodet?", "type": "boolean", "required": True},
            {
                "linkId": "g.2",
                "text": "Hvem hjalp deg?",
                "type": "choice",
                "required": True,
                "enableBehavior": "all",
                "enableWhen": [
                    {"question": "d", "operator": "exists", "answerBoolean": True},
                    {"question": "g.1", "operator": "=", "answerBoolean": True},
                ],
                "answerOption": [{"valueString": "Ingen"}, {"valueString": "Naboen"}],
            },
        ],
    },
    {
        "linkId": "never",
        "text": "Har du ikke falt?",
        "type": "boolean",
        "enableWhen": [{"question": "d", "operator": "exists", "answerBoolean": False}],
    },
)


@pytest.fixture
def hard(house: House) -> Browser:
    house.documents.put("questionnaires", HARD, version="1")
    return house.kiosk()


@pytest.fixture
def depends(house: House) -> Browser:
    house.documents.put("questionnaires", DEPENDS, version="1")
    return house.kiosk()


def question(kiosk: Browser, link_id: str) -> TestResponse:
    return at(kiosk, begin(kiosk), link_id)


def heading(page: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found, page.text
    return unescape(found[1])


def parts(kiosk: Browser, page: TestResponse) -> list[TestResponse]:
    """All pages of a question, by its own links."""
    found = [page]
    while more := re.search(r'href="(\?part=(\d+)[^"]*)"', found[-1].text):
        if int(more[2]) < len(found):
            break
        found.append(kiosk.get(page.request.path + unescape(more[1])))
    return found


def last(house: House) -> Json:
    return house.rows(JournalKind.ANSWER)[-1]


def test_a_long_text_is_read_in_parts_and_no_word_of_it_is_lost(hard: Browser) -> None:
    pages = parts(hard, question(hard, "info"))
    assert len(pages) == 2
    assert " ".join(heading(page) for page in pages) == LONGER
    assert "Les videre" in pages[0].text
    assert "Neste" in pages[1].text


def test_a_question_of_two_hundred_letters_fits_with_two_answers(hard: Browser) -> None:
    page = question(hard, "long")
    assert heading(page) == LONG
    assert "Pusten din · De siste to ukene · Når du beveger deg" in page.text
    assert re.findall(r'name="answer" value="(\w+)"', page.text) == ["true", "false"]


def test_where_the_answers_need_the_room_the_text_comes_first(hard: Browser) -> None:
    first, second = parts(hard, question(hard, "number.long"))
    assert heading(first) == LONG
    assert "name=" not in first.text.partition("<main")[2].partition("</main>")[0]
    assert LONG.startswith(heading(second).removesuffix(" …"))
    back = follow(hard, second, "Tilbake")
    assert heading(back) == LONG


def test_a_help_text_stands_with_its_question(hard: Browser) -> None:
    assert HELP in question(hard, "noted").text


@pytest.mark.parametrize("link_id", ["one", "one.long"])
def test_fifteen_long_answers_can_all_be_tapped(house: House, hard: Browser, link_id: str) -> None:
    pages = parts(hard, question(hard, link_id))
    texts = [
        text
        for page in pages
        for text in re.findall(r'name="answer" value="urn:grad[^>]*>([^<]+)<', page.text)
    ]
    assert texts == PLACES
    answer(hard, pages[-1], answer="urn:grad|14")
    assert last(house)["answer"]["valueCoding"]["display"] == PLACES[14]


def test_an_answer_of_another_page_stays_marked(house: House, hard: Browser) -> None:
    page = question(hard, "one")
    answer(hard, page, answer="urn:grad|11")
    assert 'chosen" data-variant' not in hard.get(page.request.path).text
    marked = [one for one in parts(hard, hard.get(page.request.path)) if "chosen" in one.text]
    assert len(marked) == 1
    assert PLACES[11] in marked[0].text


def test_ticks_stay_from_page_to_page_and_are_one_answer(house: House, hard: Browser) -> None:
    page = question(hard, "several")
    page = choose(hard, page, "urn:grad|0", more="1")
    assert house.rows(JournalKind.ANSWER) == []
    assert 'type="hidden" name="answer" value="urn:grad|0"' in page.text
    page = choose(hard, page, "urn:grad|0", "urn:grad|2", more="0")
    assert re.findall(r'value="urn:grad\|(\d+)" checked', page.text) == ["0"]
    assert 'type="hidden" name="answer" value="urn:grad|2"' in page.text
    choose(hard, page, "urn:grad|2", "urn:grad|0")
    codes = [value["valueCoding"]["code"] for value in last(house)["answer"]]
    assert sorted(codes) == ["0", "2"]


def test_of_several_none_may_be_right(house: House, hard: Browser) -> None:
    choose(hard, question(hard, "several"))
    assert last(house)["answer"] is None


def test_of_several_one_is_needed_where_it_is_required(house: House, hard: Browser) -> None:
    page = choose(hard, hard.get(question(hard, "several.long").request.path + "?part=1"))
    assert "Velg et svar for å gå videre." in page.text
    assert house.rows(JournalKind.ANSWER) == []


def test_a_decimal_below_zero(house: House, hard: Browser) -> None:
    page = press(hard, question(hard, "below"), "1", "2", ",", "5", "sign")
    assert '<output class="typed" aria-live="polite">-12,5</output>' in page.text
    answer(hard, page, answer=typed(page))
    assert str(last(house)["answer"]["valueDecimal"]) == "-12.5"
    page = hard.get(page.request.path)
    assert typed(page) == "-12,5"
    assert press(hard, page, ",", "0", "sign").text.count(">12,50<") == 1


def test_a_number_out_of_bounds_says_the_bound_on_the_page_with_the_keys(
    house: House, hard: Browser
) -> None:
    first, page = parts(hard, question(hard, "below.long"))
    assert 'name="key"' not in first.text
    wrong = answer(hard, page, answer="-40,1")
    assert "Tallet er for lite. Det minste er -40." in wrong.text
    assert 'name="key"' in wrong.text
    assert house.rows(JournalKind.ANSWER) == []


def test_a_long_number_is_written_smaller(hard: Browser) -> None:
    page = press(hard, question(hard, "number"), *"12345")
    assert 'class="typed"' in page.text
    assert 'class="typed long"' in press(hard, page, "6").text


def test_a_scale_around_zero(house: House, hard: Browser) -> None:
    page = question(hard, "around")
    values = re.findall(r'name="answer" value="(-?\d+)"', page.text)
    assert values == [str(number) for number in range(-5, 6)]
    answer(hard, page, answer="-3")
    assert last(house)["answer"] == {"valueInteger": -3}


@pytest.mark.parametrize("link_id", ["few", "date"])
def test_a_scale_and_a_date_can_be_passed_over(house: House, hard: Browser, link_id: str) -> None:
    page = question(hard, link_id)
    assert re.search(r'name="answer" value="">Hopp over<', page.text)
    answer(hard, page, answer="")
    assert last(house)["answer"] is None


def test_a_date_that_is_required_cannot_be_passed_over(hard: Browser) -> None:
    assert not any("Hopp over" in page.text for page in parts(hard, question(hard, "date.long")))


@pytest.mark.parametrize("words", ["Jeg vil fortelle det på telefon", "Ingenting å fortelle"])
def test_words_are_no_longer_than_they_may_be(house: House, hard: Browser, words: str) -> None:
    page = parts(hard, question(hard, "words"))[-1]
    given = re.search(rf'value="({words[:12]}[^"]*)"', page.text)
    assert given
    answer(hard, page, answer=unescape(given[1]))
    assert last(house)["answer"] == {"valueString": words[:20].strip()}


def test_a_link_id_with_a_slash_has_a_page(house: House, hard: Browser) -> None:
    page = begin(hard)
    while heading(page) != "Går navnet bra?":
        page = skip(hard, page)
    answer(hard, page, answer="true")
    assert last(house)["link_id"] == "/44250-9"


def skip(kiosk: Browser, page: TestResponse) -> TestResponse:
    """Passes over, or takes the first answer."""
    for one in parts(kiosk, page):
        page = one
        if "checkbox" in page.text:
            return choose(kiosk, page, "urn:grad|0")
    values = re.findall(r'name="answer" value="([^"]*)"', page.text)
    return answer(kiosk, page, answer=values[0] if values else "")


def test_what_is_marked_beforehand_is_no_answer_and_stays_away_once_passed_over(
    house: House, hard: Browser
) -> None:
    page = question(hard, "initial")
    assert page.text.count("chosen") == 1
    page = at(hard, page, "count")
    assert typed(page) == "4"
    answer(hard, page, answer="")
    assert typed(hard.get(page.request.path)) == ""


def test_all_of_it_can_be_answered_and_sent(house: House, hard: Browser) -> None:
    page = begin(hard)
    for _ in range(60):
        if "/review" in page.request.path:
            break
        page = skip(hard, page)
    send(hard, page)
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert "/44250-9" in [item["linkId"] for item in done["item"]]


# Conditions


def to_review(kiosk: Browser, fell: str, temperature: str, *more: str) -> TestResponse:
    page = begin(kiosk)
    for given in (fell, temperature, *more):
        page = answer(kiosk, page, answer=given)
    return page


@pytest.mark.parametrize(
    ("fell", "temperature", "asked"),
    [
        ("2026-11-20", "37,0", ["g.1"]),
        ("2026-10-31", "37,0", []),
        ("2026-10-31", "38,6", ["g.1"]),
        ("2026-10-31", "38,5", []),
        ("", "38,6", ["g.1", "never"]),
        ("", "37", ["never"]),
    ],
)
def test_dates_and_decimals_decide(
    house: House, depends: Browser, fell: str, temperature: str, asked: list[str]
) -> None:
    page = to_review(depends, fell, temperature)
    seen = []
    while "/question/" in page.request.path:
        seen.append(page.request.path.rpartition("/")[2])
        page = answer(depends, page, answer="false")
    assert seen == asked


def test_a_changed_answer_drops_what_hung_on_it_also_two_steps_away(
    house: House, depends: Browser
) -> None:
    page = to_review(depends, "2026-11-20", "37,0", "true", "Naboen")
    assert "Stemmer svarene?" in page.text
    change = follow(depends, page, "Endre")
    review = answer(depends, change, answer="2026-10-01")
    send(depends, review)
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert [item["linkId"] for item in done["item"]] == ["d", "t"]


def test_answers_that_were_dropped_are_there_again_when_it_is_changed_back(
    house: House, depends: Browser
) -> None:
    page = to_review(depends, "2026-11-20", "37,0", "true", "Naboen")
    for fell in ("2026-10-01", "2026-11-20"):
        page = answer(depends, follow(depends, page, "Endre"), answer=fell)
    send(depends, page)
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    inner = [item["linkId"] for item in done["item"][2]["item"]]
    assert inner == ["g.1", "g.2"]


# The page with all answers


def test_who_changes_an_answer_comes_back_to_its_page(house: House, hard: Browser) -> None:
    page = begin(hard)
    while "/review" not in page.request.path:
        page = skip(hard, page)
    second = follow(hard, page, "Se flere svar")
    change = follow(hard, second, "Endre")
    assert f'href="{second.request.path}"' in change.text  # the way back
    back = answer(hard, parts(hard, change)[-1], answer="5")
    assert back.request.path == second.request.path


def test_every_answer_stands_on_some_page_and_can_be_changed(house: House, hard: Browser) -> None:
    page = begin(hard)
    while "/review" not in page.request.path:
        page = skip(hard, page)
    asked = len(house.journal.answers(page.request.path.split("/")[3])) - 1  # one only tells
    changes = page.text.count(">Endre<")
    while "Se flere svar" in page.text:
        page = follow(hard, page, "Se flere svar")
        changes += page.text.count(">Endre<")
    assert changes == asked
    assert "Ja, send svarene" in page.text


def test_back_from_all_answers_leads_to_the_last_question(house: House, depends: Browser) -> None:
    page = to_review(depends, "2026-10-31", "37,0")
    assert "Hva er temperaturen?" in follow(depends, page, "Tilbake").text
