"""Messages from the nurses: read, answered by a tap, and what they ask for."""

import re
from html import unescape

import pytest

from hub.records import JournalKind, Outcome
from tests.web.documents import DAILY, MESSAGE, URL
from tests.web.hard import ANSWERABLE, LETTER
from tests.web.house import Browser, House
from tests.web.tapping import follow, submit

OFFLINE = "Lagret her 10:41. Sendes når internett er tilbake."


def test_a_message_is_read_by_a_tap(house: House, kiosk: Browser) -> None:
    house.documents.put_message(MESSAGE)
    assert "<em>Ny</em> · i dag kl. 09:12" in kiosk.get("/messages").text
    page = kiosk.get(f"/message/{MESSAGE['id']}")
    assert MESSAGE["text"] in page.text
    assert house.rows(JournalKind.MESSAGE_READ) == []
    kiosk.post(f"/message/{MESSAGE['id']}/read", page)
    assert house.rows(JournalKind.MESSAGE_READ) == [{"message": MESSAGE["id"]}]
    assert "<em>Ny</em>" not in kiosk.get("/messages").text


def test_messages_come_newest_first_and_none_is_out_of_reach(house: House, kiosk: Browser) -> None:
    for number in range(5):
        house.documents.put_message(MESSAGE | {"id": str(number), "title": f"Nr. {number}"})
    first = kiosk.get("/messages").text
    assert [f"Nr. {n}" in first for n in range(5)] == [False, False, True, True, True]
    assert "Nr. 0" in kiosk.get("/messages/1").text


def test_a_message_without_a_date_or_with_a_strange_one_is_shown(
    house: House, kiosk: Browser
) -> None:
    house.documents.put_message({"id": "1", "text": "Hei", "issued": "yesterday"})
    assert "Hei" in kiosk.get("/message/1").text


def test_a_nurses_questions_lead_to_them(house: House, kiosk: Browser) -> None:
    house.documents.put("questionnaires", DAILY, version="1")
    house.documents.put_message({"id": "1", "questionnaire": f"{URL}daglig"})
    page = kiosk.get("/message/1").text
    assert "Sykepleieren har noen spørsmål" in page
    link = re.search(r'href="(/check-in/[^"]+/new)"', page)
    assert link
    assert "Hvordan er pusten i dag?" in kiosk.follow(kiosk.get(link[1])).text


def test_an_unknown_message_is_no_crash(kiosk: Browser) -> None:
    assert kiosk.get("/message/9").status_code == 404


def test_a_long_message_is_read_in_parts_and_no_word_of_it_is_lost(
    house: House, kiosk: Browser
) -> None:
    house.documents.put_message(LETTER)
    page = kiosk.get("/message/long")
    texts = [text_of(page.text)]
    while "Les videre" in page.text:
        assert "Jeg har lest den" not in page.text
        page = follow(kiosk, page, "Les videre")
        texts.append(text_of(page.text))
    assert len(texts) > 2
    assert " ".join(texts).split() == [*LETTER["title"].split(), *LETTER["text"].split()]
    assert "Jeg har lest den" in page.text
    assert follow(kiosk, page, "Tilbake").request.path == f"/message/long/{len(texts) - 2}"


def text_of(page: str) -> str:
    found = re.search(r'<p class="letter-text">(.*?)</p>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def test_a_page_that_a_message_has_not_is_its_last(house: House, kiosk: Browser) -> None:
    house.documents.put_message(MESSAGE)
    assert "Jeg har lest den" in kiosk.get(f"/message/{MESSAGE['id']}/7").text


# Answers


def test_an_answer_by_one_tap(house: House, kiosk: Browser) -> None:
    house.documents.put_message(ANSWERABLE)
    page = kiosk.get("/message/replies")
    assert re.findall(r'name="reply" value="([^"]+)"', page.text) == ANSWERABLE["replies"]
    page = submit(kiosk, page, "reply", reply="Nei")
    assert house.rows(JournalKind.MESSAGE_REPLIED) == [{"message": "replies", "reply": "Nei"}]
    assert "Du svarte: Nei." in page.text
    assert OFFLINE in page.text
    assert 'name="reply"' not in page.text


def test_a_double_tap_answers_once_and_the_first_answer_counts(
    house: House, kiosk: Browser
) -> None:
    house.documents.put_message(ANSWERABLE)
    page, other = kiosk.get("/message/replies"), kiosk.get("/message/replies")
    for form, reply in ((page, "Nei"), (page, "Nei"), (other, "Ring meg")):
        assert "Du svarte: Nei." in submit(kiosk, form, "reply", reply=reply).text
    assert len(house.rows(JournalKind.MESSAGE_REPLIED)) == 1


def test_only_what_was_offered_can_be_answered(house: House, kiosk: Browser) -> None:
    house.documents.put_message(ANSWERABLE)
    page = kiosk.get("/message/replies")
    assert kiosk.post("/message/replies/reply", page, reply="Kanskje").status_code == 400
    assert house.rows(JournalKind.MESSAGE_REPLIED) == []


def test_one_that_offers_none_takes_none(house: House, kiosk: Browser) -> None:
    house.documents.put_message(MESSAGE)
    page = kiosk.get(f"/message/{MESSAGE['id']}")
    assert kiosk.post(f"/message/{MESSAGE['id']}/reply", page, reply="Ja").status_code == 303
    assert house.rows(JournalKind.MESSAGE_REPLIED) == []


def test_the_list_says_in_words_what_is_new_and_what_waits(house: House, kiosk: Browser) -> None:
    house.documents.put_message(ANSWERABLE)
    assert "<em>Ny</em>" in kiosk.get("/messages").text
    house.documents.put_message(ANSWERABLE | {"read_at": "2026-11-22T09:00:00+00:00"})
    assert "<em>Venter på svar</em>" in kiosk.get("/messages").text
    page = kiosk.get("/message/replies")
    submit(kiosk, page, "reply", reply="Nei")
    assert "<em>" not in kiosk.get("/messages").text


def test_who_has_answered_has_read_it(house: House, kiosk: Browser) -> None:
    house.documents.put_message(ANSWERABLE)
    submit(kiosk, kiosk.get("/message/replies"), "reply", reply="Nei")
    assert "Ingen nye" in kiosk.get("/").text


@pytest.mark.parametrize(
    ("known", "words"),
    [
        pytest.param({}, OFFLINE, id="the hub has it"),
        pytest.param({"reply_told": True}, "Svaret er sendt.", id="the nurse was told"),
    ],
)
def test_how_far_an_answer_has_come(
    house: House, kiosk: Browser, known: dict[str, object], words: str
) -> None:
    replied = {"reply": "Nei", "replied_at": "2026-11-22T09:41:00+00:00"}
    house.documents.put_message(ANSWERABLE | replied | known)
    page = kiosk.get("/message/replies").text
    assert "Du svarte: Nei." in page
    assert words in page


def test_an_answer_outlives_a_power_cut(house: House, kiosk: Browser) -> None:
    house.documents.put_message(ANSWERABLE)
    submit(kiosk, kiosk.get("/message/replies"), "reply", reply="Nei")
    house.start_pages_again()
    assert "Du svarte: Nei." in house.kiosk().get("/message/replies").text


def test_an_answer_that_the_hub_refused_does_not_stand(house: House, kiosk: Browser) -> None:
    """Another screen was faster: what the hub has noted is what the nurse sees."""
    house.documents.put_message(ANSWERABLE)
    submit(kiosk, kiosk.get("/message/replies"), "reply", reply="Nei")
    entry = house.journal.last(JournalKind.MESSAGE_REPLIED)
    assert entry
    house.take(entry.number, Outcome(ok=False, detail="answered already"))
    replied = {"reply": "Ring meg", "replied_at": "2026-11-22T09:40:00+00:00"}
    house.documents.put_message(ANSWERABLE | replied)
    page = kiosk.get("/message/replies").text
    assert "Du svarte: Ring meg." in page


# What a nurse asks for


def test_a_measurement_that_is_asked_for_leads_to_how_it_is_done(
    house: House, kiosk: Browser
) -> None:
    house.documents.put_message({"id": "1", "measure": "blood_pressure"})
    page = kiosk.get("/message/1")
    assert "Sykepleieren ber deg om en måling" in page.text
    assert 'href="/measure/kind/blood_pressure"' in page.text
    assert "Mål nå" in page.text


def test_a_measurement_of_an_unknown_kind_is_only_told(house: House, kiosk: Browser) -> None:
    house.documents.put_message({"id": "1", "measure": "mood", "text": "Hvordan går det?"})
    page = kiosk.get("/message/1").text
    assert "Hvordan går det?" in page
    assert "Mål nå" not in page
