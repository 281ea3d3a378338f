"""Where a check-in begins: how long it is, the same as last time, and who answers."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from hub.records import JournalKind
from tests.web.documents import DAILY, EVERY_TYPE, PLAN, URL, Json, option, questionnaire
from tests.web.house import Browser, House
from tests.web.tapping import answer, begin, choose, follow, send, submit

SAME = "https://hub.example/fhir/StructureDefinition/samme-som-sist"
SAME_AS_LAST = {"extension": [{"url": SAME, "valueBoolean": True}]}
AGAIN = DAILY | SAME_AS_LAST
BREATH = "urn:grad|1"


@pytest.fixture
def kiosk(house: House) -> Browser:
    house.documents.put("questionnaires", AGAIN, version="1")
    return house.kiosk()


def all_answered(kiosk: Browser, page: TestResponse) -> TestResponse:
    for given in (BREATH, "true", "urn:grad|gul", "false"):
        page = answer(kiosk, page, answer=given)
    return page


def done_yesterday(house: House, kiosk: Browser) -> None:
    send(kiosk, all_answered(kiosk, begin(kiosk)))
    house.clock.pass_(timedelta(days=1))


def last(house: House) -> Json:
    return house.rows(JournalKind.CHECK_IN_COMPLETED)[-1]


def test_it_says_how_much_there_is_to_answer(kiosk: Browser) -> None:
    page = kiosk.get("/check-in").text
    assert "Dagens helsesjekk" in page
    assert "3 spørsmål" in page
    assert "Samme som sist" not in page


# The same as last time


def test_the_answers_are_taken_over_looked_at_and_sent(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    page = kiosk.get("/check-in")
    assert "Svarene fra i går kl. 10:41. Du ser over dem først." in page.text
    review = submit(kiosk, page, "same")
    assert "Stemmer svarene?" in review.text
    assert "Litt tyngre" in review.text
    assert len(house.rows(JournalKind.CHECK_IN_COMPLETED)) == 1
    send(kiosk, review)
    first, second = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert second["item"] == first["item"]
    assert second["check_in"] != first["check_in"]
    assert second["source"] == "patient"


def test_a_double_tap_takes_them_over_once(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    page = kiosk.get("/check-in")
    before = house.journal_rows()
    first = submit(kiosk, page, "same")
    second = submit(kiosk, page, "same")
    assert first.request.path == second.request.path
    assert house.journal_rows() == before + 4


def test_it_is_never_the_default(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    page = begin(kiosk)
    assert "Hvordan er pusten i dag?" in page.text
    assert "chosen" not in page.text


def test_an_answer_can_be_changed_before_it_is_sent(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    review = submit(kiosk, kiosk.get("/check-in"), "same")
    question = follow(kiosk, review, "Endre")
    send(kiosk, answer(kiosk, question, answer="urn:grad|2"))
    (worse, *rest), (before, *same) = last(house)["item"], first(house)["item"]
    assert worse["answer"][0]["valueCoding"]["display"] == "Mye tyngre"
    assert before["answer"][0]["valueCoding"]["display"] == "Litt tyngre"
    assert rest == same


def first(house: House) -> Json:
    return house.rows(JournalKind.CHECK_IN_COMPLETED)[0]


def test_after_a_power_cut_they_wait_to_be_sent(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    submit(kiosk, kiosk.get("/check-in"), "same")
    house.start_pages_again()
    again = house.kiosk()
    page = again.get("/check-in")
    assert "Du har svart på alt. Svarene er ikke sendt." in page.text
    send(again, follow(again, page, "Se over og send"))
    assert len(house.rows(JournalKind.CHECK_IN_COMPLETED)) == 2


@pytest.mark.parametrize(
    ("change", "ago"),
    [
        pytest.param({}, timedelta(hours=49), id="too long ago"),
        pytest.param({"version": "2"}, timedelta(hours=24), id="another version"),
        pytest.param({"extension": []}, timedelta(hours=24), id="not allowed"),
    ],
)
def test_when_it_is_not_offered(house: House, kiosk: Browser, change: Json, ago: timedelta) -> None:
    page = all_answered(kiosk, begin(kiosk))
    send(kiosk, page)
    house.clock.pass_(ago)
    house.documents.put("questionnaires", AGAIN | change, version="2")
    assert "Samme som sist" not in kiosk.get("/check-in").text


def test_one_that_was_too_old_meanwhile_copies_nothing(house: House, kiosk: Browser) -> None:
    done_yesterday(house, kiosk)
    page = kiosk.get("/check-in")
    house.clock.pass_(timedelta(days=2))
    before = house.journal_rows()
    assert "Begynn" in submit(kiosk, page, "same").text
    assert house.journal_rows() == before


def test_what_was_told_in_words_is_asked_anew(house: House) -> None:
    house.documents.put("questionnaires", EVERY_TYPE | SAME_AS_LAST, version="1")
    kiosk = house.kiosk()
    page = answer(kiosk, begin(kiosk))
    for given in ("73", "7,50", "10", "2026-11-20", "Vondt i hodet"):
        page = answer(kiosk, page, answer=given)
    page = choose(kiosk, page, "urn:grad|tur", "urn:grad|mat")
    send(kiosk, answer(kiosk, page))
    house.clock.pass_(timedelta(days=1))
    page = submit(kiosk, kiosk.get("/check-in"), "same")
    assert "Er det noe du vil fortelle?" in page.text
    send(kiosk, answer(kiosk, page, answer=""))
    items = [item for item in first(house)["item"] if item["linkId"] != "w"]
    assert last(house)["item"] == items


def test_an_answer_is_taken_over_in_the_patients_language_now(house: House) -> None:
    english = {
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            {"url": "lang", "valueCode": "en"},
            {"url": "content", "valueString": "As usual"},
        ],
    }
    usual = option("0", "Som vanlig")
    usual["valueCoding"]["_display"] = {"extension": [english]}
    item = {"linkId": "1", "text": "?", "type": "choice", "answerOption": [usual]}
    form = questionnaire("to", item) | SAME_AS_LAST
    house.documents.put("questionnaires", form, version="1")
    kiosk = house.kiosk()
    send(kiosk, answer(kiosk, begin(kiosk), answer="urn:grad|0"))
    house.clock.pass_(timedelta(days=1))
    kiosk.post("/language", kiosk.get("/language"), language="en")
    review = submit(kiosk, kiosk.get("/check-in"), "same")
    assert "As usual" in review.text
    assert "Som vanlig" not in review.text


# Who answers


def who(kiosk: Browser, page: TestResponse, source: str) -> TestResponse:
    return answer(kiosk, page, source=source)


def test_somebody_else_answers_for_the_patient(house: House, kiosk: Browser) -> None:
    page = follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg")
    assert "Hvem svarer?" in page.text
    page = who(kiosk, page, "kin")
    assert "Hvordan er pusten i dag?" in page.text
    review = all_answered(kiosk, page)
    assert "Pårørende svarer." in review.text
    send(kiosk, review)
    assert last(house)["source"] == "kin"
    assert [item["linkId"] for item in last(house)["item"]] == ["1", "2", "2.1", "3"]


def test_who_answers_outlives_a_power_cut_before_the_first_answer(
    house: House, kiosk: Browser
) -> None:
    who(kiosk, follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg"), "nurse")
    house.start_pages_again()
    again = house.kiosk()
    page = again.get("/check-in")
    assert "Helsepersonell svarer." in page.text
    send(again, all_answered(again, follow(again, page, "Begynn")))
    assert last(house)["source"] == "nurse"


def test_who_answers_can_be_said_at_the_end(house: House, kiosk: Browser) -> None:
    review = all_answered(kiosk, begin(kiosk))
    assert "Du svarer selv." in review.text
    page = follow(kiosk, review, r"Hvem svarer\?")
    chosen = re.search(r'class="[^"]*chosen[^"]*"[^>]*value="([^"]+)"', page.text)
    assert chosen and chosen[1] == "patient"
    review = who(kiosk, page, "kin")
    assert "Pårørende svarer." in review.text
    send(kiosk, review)
    assert last(house)["source"] == "kin"


def test_it_is_the_patient_again_the_next_day(house: House, kiosk: Browser) -> None:
    page = who(kiosk, follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg"), "kin")
    send(kiosk, all_answered(kiosk, page))
    house.clock.pass_(timedelta(days=1))
    send(kiosk, submit(kiosk, kiosk.get("/check-in"), "same"))
    assert last(house)["source"] == "patient"


def test_nobody_else_can_be_said(house: House, kiosk: Browser) -> None:
    page = follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg")
    assert kiosk.post(page.request.path, page, source="doctor").status_code == 400
    assert house.rows(JournalKind.ANSWER) == []


# Which one is gone on with


def test_one_that_was_begun_goes_before_one_that_was_not(house: House) -> None:
    house.plan(PLAN)
    other = questionnaire("kveld", DAILY["item"][1], title="Kveld")
    entries = [{"resource": resource} for resource in (DAILY, other)]
    house.plan({"resourceType": "Bundle", "entry": entries})
    kiosk = house.kiosk()
    answer(kiosk, begin(kiosk), answer=BREATH)
    assert "Du hadde svart på 1 av 3." in kiosk.get("/check-in").text


def test_a_second_one_of_the_day_outlives_a_power_cut_too(house: House, kiosk: Browser) -> None:
    send(kiosk, all_answered(kiosk, begin(kiosk)))
    page = follow(kiosk, kiosk.get("/check-in"), "Svar en gang til")
    answer(kiosk, page, answer=BREATH)
    house.start_pages_again()
    again = house.kiosk()
    page = again.get("/check-in")
    assert "Du hadde svart på 1 av 3. Vil du fortsette?" in page.text
    page = submit(again, page, "again")
    assert "Du er ferdig for i dag." in page.text
    assert f"{URL}daglig|1" == first(house)["questionnaire"]


def test_when_another_one_waits_the_thanks_lead_to_it(house: House) -> None:
    other = questionnaire("kveld", DAILY["item"][1], title="Kveld")
    entries = [{"resource": resource} for resource in (DAILY, other)]
    house.plan({"resourceType": "Bundle", "entry": entries})
    kiosk = house.kiosk()
    page = send(kiosk, all_answered(kiosk, begin(kiosk)))
    assert "Du har flere spørsmål i dag." in page.text
    assert "Du trenger ikke gjøre noe mer." not in page.text
    assert "Kveld" in follow(kiosk, page, "Fortsett").text
