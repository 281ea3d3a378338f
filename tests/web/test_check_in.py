"""The check-in: each tap is kept, none counts twice, and it goes on after a power cut."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from hub.records import JournalKind, Outcome
from tests.web.documents import COLOUR, DAILY, EVERY_TYPE, PLAN, URL, questionnaire
from tests.web.house import Browser, House, token
from tests.web.tapping import answer, at, begin, press, typed

BREATH = "urn:grad|1"


@pytest.fixture
def kiosk(house: House) -> Browser:
    house.plan(PLAN)
    return house.kiosk()


@pytest.fixture
def every_type(house: House) -> Browser:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    return house.kiosk()


def finish(kiosk: Browser, page: TestResponse) -> TestResponse:
    for given in (BREATH, "false", "true"):
        page = answer(kiosk, page, answer=given)
    return page


def test_from_the_first_question_to_thanks(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    assert "Hvordan er pusten i dag?" in page.text
    assert "1 av 3" in page.text
    page = answer(kiosk, page, answer=BREATH)
    assert "2 av 3" in page.text
    page = answer(kiosk, page, answer="false")
    page = answer(kiosk, page, answer="true")
    assert "Stemmer svarene?" in page.text
    assert "Litt tyngre" in page.text
    send = page.request.path.replace("/review", "/send")
    page = kiosk.follow(kiosk.post(send, page))
    assert "Takk. Svarene er lagret her." in page.text
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert done["questionnaire"] == f"{URL}daglig|1"
    assert [item["linkId"] for item in done["item"]] == ["1", "2", "3"]
    assert done["item"][0]["answer"][0]["valueCoding"]["display"] == "Litt tyngre"
    assert "Gjort kl. 10:41" in kiosk.get("/").text


def test_an_answer_can_bring_a_question(kiosk: Browser) -> None:
    page = answer(kiosk, begin(kiosk), answer=BREATH)
    page = answer(kiosk, page, answer="true")
    assert COLOUR["text"] in page.text
    assert "3 av 4" in page.text


def test_each_tap_is_a_row_before_the_next_page_comes(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    response = kiosk.post(page.request.path, page, answer=BREATH)
    (row,) = house.rows(JournalKind.ANSWER)
    assert response.status_code == 303
    assert row["answer"]["valueCoding"]["code"] == "1"
    assert row["link_id"] == "1"
    assert row["questionnaire"] == f"{URL}daglig|1"


def test_a_double_tap_is_one_answer(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    first = kiosk.post(page.request.path, page, answer=BREATH)
    second = kiosk.post(page.request.path, page, answer=BREATH)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(house.rows(JournalKind.ANSWER)) == 1


def test_after_a_power_cut_it_goes_on_at_the_same_question(house: House, kiosk: Browser) -> None:
    answer(kiosk, begin(kiosk), answer=BREATH)
    house.start_pages_again()
    fresh = house.kiosk()
    assert "1 av 3 besvart" in fresh.get("/").text
    page = fresh.get("/check-in")
    assert "Du hadde svart på 1 av 3. Vil du fortsette?" in page.text
    link = re.search(r'href="(/check-in/[^"]+)"', page.text)
    assert link
    assert "Hoster du mer enn vanlig?" in fresh.follow(fresh.get(link[1])).text


def test_beginning_anew_stops_the_one_before(house: House, kiosk: Browser) -> None:
    answer(kiosk, begin(kiosk), answer=BREATH)
    page = kiosk.get("/check-in")
    action = re.search(r'action="([^"]+/again)"', page.text)
    assert action
    page = kiosk.follow(kiosk.post(action[1], page))
    assert "Hvordan er pusten" in page.text
    assert len(house.rows(JournalKind.CHECK_IN_STOPPED)) == 1
    assert "besvart" not in kiosk.get("/").text


def test_back_shows_the_answer_that_was_given(kiosk: Browser) -> None:
    page = answer(kiosk, begin(kiosk), answer=BREATH)
    back = re.search(r'href="([^"]+/question/1)"', page.text)
    assert back
    first = kiosk.get(back[1]).text
    chosen = re.search(r'class="[^"]*chosen[^"]*"[^>]*value="([^"]+)"', first)
    assert chosen
    assert chosen[1] == BREATH


def test_a_changed_answer_hides_what_hung_on_it(house: House, kiosk: Browser) -> None:
    page = answer(kiosk, begin(kiosk), answer=BREATH)
    first = page.request.path.rpartition("/")[0]
    page = answer(kiosk, page, answer="true")
    page = answer(kiosk, page, answer="urn:grad|gul")
    page = answer(kiosk, page, answer="false")
    change = kiosk.get(f"{first}/2")
    review = answer(kiosk, change, answer="false")
    kiosk.post(review.request.path.replace("/review", "/send"), review)
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert [item["linkId"] for item in done["item"]] == ["1", "2", "3"]


def test_what_is_not_answered_cannot_be_sent(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    send = page.request.path.partition("/question/")[0] + "/send"
    assert "/question/1" in kiosk.post(send, page).headers["Location"]
    assert house.rows(JournalKind.CHECK_IN_COMPLETED) == []


def test_the_hub_being_down_does_not_matter(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.plan(PLAN)
    kiosk = house.kiosk()
    page = finish(kiosk, begin(kiosk))
    page = kiosk.follow(kiosk.post(page.request.path.replace("/review", "/send"), page))
    assert "Takk. Svarene er lagret her." in page.text
    assert len(house.rows(JournalKind.ANSWER)) == 3
    house.close()


def test_thanks_says_received_only_with_the_receipt(house: House, kiosk: Browser) -> None:
    page = finish(kiosk, begin(kiosk))
    kiosk.post(page.request.path.replace("/review", "/send"), page)
    reached = r'<li class="reached">.*?<span>([^<]+)<'
    assert re.findall(reached, kiosk.get("/check-in/thanks").text, re.DOTALL) == ["Lagret her"]
    entry = house.journal.last(JournalKind.CHECK_IN_COMPLETED)
    assert entry
    house.alert("urn:uuid:1")
    house.take(entry.number, Outcome(ok=True, data={"bundle": "urn:uuid:1"}))
    house.ledger.outbox.acknowledge(["urn:uuid:1"], house.clock.wall)
    found = re.findall(reached, kiosk.get("/check-in/thanks").text, re.DOTALL)
    assert found[-1] == "Mottatt"


def test_tomorrow_it_is_asked_again(house: House, kiosk: Browser) -> None:
    page = finish(kiosk, begin(kiosk))
    kiosk.post(page.request.path.replace("/review", "/send"), page)
    assert "Du er ferdig for i dag." in kiosk.get("/check-in").text
    assert "Gjort kl. 10:41" in kiosk.get("/").text
    house.clock.pass_(timedelta(days=1))
    assert "Gjort" not in kiosk.get("/").text
    assert "Hvordan er pusten i dag?" in begin(kiosk).text


def test_a_questionnaire_that_cannot_be_shown_is_left_out(house: House, kiosk: Browser) -> None:
    odd = questionnaire("odd", {"linkId": "1", "text": "?", "type": "attachment"})
    house.plan({"resourceType": "Bundle", "entry": [{"resource": odd}]})
    assert "Det er ingen spørsmål i dag." in kiosk.get("/check-in").text


def test_a_check_in_that_was_replaced_is_gone_politely(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    house.plan({"resourceType": "Bundle", "entry": [{"resource": DAILY | {"version": "2"}}]})
    gone = kiosk.post(page.request.path, page, answer=BREATH)
    assert gone.status_code == 404
    assert "Gå til forsiden." in gone.text


# Other kinds of question


def test_the_keypad_writes_a_number_without_scripts(house: House, every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "i")
    page = press(every_type, page, "7", "3", "5", "back")
    assert '<output class="typed" aria-live="polite">73</output>' in page.text
    answer(every_type, page, answer=typed(page))
    assert house.rows(JournalKind.ANSWER)[0]["answer"] == {"valueInteger": 73}


def test_a_decimal_is_typed_with_a_comma_and_kept_exactly(
    house: House, every_type: Browser
) -> None:
    page = press(every_type, at(every_type, begin(every_type), "n"), "7", ",", "5", "0")
    answer(every_type, page, answer=typed(page))
    assert str(house.rows(JournalKind.ANSWER)[0]["answer"]["valueDecimal"]) == "7.50"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "Velg et svar for å gå videre."),
        ("60000", "Tallet er for stort. Det største er 50\xa0000."),
        ("-1", "Tallet er for lite. Det minste er 0."),
        ("sju", "Skriv et tall."),
        ("1,5", "Skriv et helt tall, uten komma."),
    ],
)
def test_a_number_that_cannot_be_is_explained_beside_the_field(
    house: House, every_type: Browser, given: str, words: str
) -> None:
    page = answer(every_type, at(every_type, begin(every_type), "i"), answer=given)
    assert page.status_code == 200
    assert f'role="alert">{words}<' in page.text
    assert house.rows(JournalKind.ANSWER) == []


def test_a_slider_is_eleven_buttons(house: House, every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "s")
    assert len(re.findall(r'name="answer" value="\d+"', page.text)) == 11
    answer(every_type, page, answer="10")
    assert house.rows(JournalKind.ANSWER)[0]["answer"] == {"valueInteger": 10}


def test_a_date_is_set_by_steps(house: House, every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "t")
    page = press(every_type, page, "month-", "day-", "year-")
    assert "21. oktober 2025" in page.text
    answer(every_type, page, answer=typed(page))
    assert house.rows(JournalKind.ANSWER)[0]["answer"] == {"valueDate": "2025-10-21"}


def test_a_month_back_from_the_31st_is_its_last_day(every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "t")
    page = every_type.post(page.request.path, page, key="month-", typed="2026-03-31")
    assert typed(page) == "2026-02-28"


def test_telling_something_by_telephone_is_an_answer_and_a_wish(
    house: House, every_type: Browser
) -> None:
    page = at(every_type, begin(every_type), "w")
    answer(every_type, page, answer="Jeg vil fortelle det på telefon", call="yes")
    (row,) = house.rows(JournalKind.ANSWER)
    assert row["answer"] == {"valueString": "Jeg vil fortelle det på telefon"}
    assert len(house.rows(JournalKind.HELP_REQUESTED)) == 1


def test_several_may_be_chosen(house: House, every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "m")
    form = {"form": token(page), "answer": ["urn:grad|tur", "urn:grad|mat"]}
    every_type.client.post(page.request.path, data=form, headers={"Sec-Fetch-Site": "none"})
    (row,) = house.rows(JournalKind.ANSWER)
    assert [value["valueCoding"]["code"] for value in row["answer"]] == ["tur", "mat"]


def test_many_answers_are_shared_over_pages_and_none_is_lost(every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "many")
    seen: list[str] = []
    part: str | None = ""
    for _ in range(3):
        shown = every_type.get(f"{page.request.path}{part}")
        found = re.findall(r'name="answer" value="urn:grad\|(\d)"', shown.text)
        assert len(found) <= 6
        seen += [code for code in found if code not in seen]
        more = re.search(r'href="(\?part=\d)"', shown.text)
        part = more[1] if more else part
    assert seen == [str(number) for number in range(8)]


def test_an_optional_question_can_be_passed_over(house: House, every_type: Browser) -> None:
    page = at(every_type, begin(every_type), "many")
    assert "Hopp over" in page.text
    answer(every_type, page)
    assert house.rows(JournalKind.ANSWER)[0]["answer"] is None
