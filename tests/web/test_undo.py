"""What was sent can be taken back for ten minutes, by a clock that does not jump."""

from dataclasses import replace
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from hub.clock import ClockState, Moment
from hub.records import JournalKind
from tests.web.documents import PLAN, questionnaire
from tests.web.house import BOOT, Browser, House
from tests.web.tapping import answer, at, begin, follow, send, submit

BREATH = "urn:grad|1"
TAKEN_BACK = "Svarene er trukket tilbake. De er ikke sendt."
HONEST = "Svarene trekkes tilbake. Du kan endre dem og sende på nytt."


@pytest.fixture
def kiosk(house: House) -> Browser:
    house.plan(PLAN)
    return house.kiosk()


def done(kiosk: Browser) -> TestResponse:
    page = begin(kiosk)
    for given in (BREATH, "false", "true"):
        page = answer(kiosk, page, answer=given)
    return send(kiosk, page)


def test_the_answers_go_on_in_a_new_check_in(house: House, kiosk: Browser) -> None:
    page = done(kiosk)
    assert HONEST in page.text
    assert "Til kl. 10:51." in page.text
    review = submit(kiosk, page, "undo")
    assert TAKEN_BACK in review.text
    assert "Litt tyngre" in review.text
    (first,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    (undone,) = house.rows(JournalKind.CHECK_IN_UNDONE)
    assert undone["check_in"] == first["check_in"]
    assert f"/{undone['into']}/review" in review.request.path
    question = follow(kiosk, review, "Endre")
    send(kiosk, answer(kiosk, question, answer="urn:grad|2"))
    second = house.rows(JournalKind.CHECK_IN_COMPLETED)[1]
    assert second["check_in"] == undone["into"]
    assert second["item"][0]["answer"][0]["valueCoding"]["code"] == "2"
    assert second["item"][1:] == first["item"][1:]


def test_until_it_is_sent_anew_it_is_not_done(house: House, kiosk: Browser) -> None:
    submit(kiosk, done(kiosk), "undo")
    assert "Gjort kl." not in kiosk.get("/").text
    page = kiosk.get("/check-in")
    assert "Du har svart på alt. Svarene er ikke sendt." in page.text
    assert kiosk.get("/check-in/thanks").status_code == 303
    send(kiosk, follow(kiosk, page, "Se over og send"))
    assert "Gjort kl. 10:41" in kiosk.get("/").text


def test_a_double_tap_undoes_once(house: House, kiosk: Browser) -> None:
    page = done(kiosk)
    first, second = submit(kiosk, page, "undo"), submit(kiosk, page, "undo")
    assert first.request.path == second.request.path
    assert len(house.rows(JournalKind.CHECK_IN_UNDONE)) == 1
    assert len(house.rows(JournalKind.ANSWER)) == 3 + 3 + 1


def test_two_pages_undo_once_too(house: House, kiosk: Browser) -> None:
    page = done(kiosk)
    other = kiosk.get("/check-in")
    first, second = submit(kiosk, page, "undo"), submit(kiosk, other, "undo")
    assert first.request.path == second.request.path
    assert len(house.rows(JournalKind.CHECK_IN_UNDONE)) == 1


def test_it_is_offered_where_the_day_is_finished_too(house: House, kiosk: Browser) -> None:
    done(kiosk)
    page = kiosk.get("/check-in")
    assert "Du kan angre til kl. 10:51." in page.text
    assert TAKEN_BACK in submit(kiosk, page, "undo").text


def test_after_a_power_cut_in_the_middle_nothing_is_lost(house: House, kiosk: Browser) -> None:
    """The pages end while they answer; the form is sent once more when they are back."""
    page = done(kiosk)
    submit(kiosk, page, "undo")
    house.start_pages_again()
    again = house.kiosk()
    assert TAKEN_BACK in submit(again, page, "undo").text
    assert len(house.rows(JournalKind.CHECK_IN_UNDONE)) == 1
    assert "Litt tyngre" in follow(again, again.get("/check-in"), "Se over og send").text


def test_who_answered_stays(house: House, kiosk: Browser) -> None:
    page = follow(kiosk, kiosk.get("/check-in"), "Noen hjelper meg")
    page = answer(kiosk, page, source="kin")
    for given in (BREATH, "false", "true"):
        page = answer(kiosk, page, answer=given)
    review = submit(kiosk, send(kiosk, page), "undo")
    assert "Pårørende svarer." in review.text
    send(kiosk, review)
    assert [row["source"] for row in house.rows(JournalKind.CHECK_IN_COMPLETED)] == ["kin", "kin"]


@pytest.mark.parametrize(
    ("later", "offered"),
    [
        pytest.param({"seconds": 599}, True, id="in time"),
        pytest.param({"seconds": 601}, False, id="too late"),
        pytest.param({"seconds": 60, "wall": timedelta(hours=5)}, True, id="the clock was set"),
        pytest.param({"seconds": 601, "wall": timedelta(0)}, False, id="the clock was set back"),
        pytest.param({"seconds": 60, "boot": "next"}, True, id="restarted, time known"),
        pytest.param({"seconds": 601, "boot": "next"}, False, id="restarted, too late"),
        pytest.param(
            {"seconds": 60, "boot": "next", "state": ClockState.RESTORED}, False, id="unknown time"
        ),
        pytest.param({"seconds": -60, "boot": "next"}, False, id="restarted, before it"),
    ],
)
def test_until_when(
    house: House,
    kiosk: Browser,
    monkeypatch: pytest.MonkeyPatch,
    later: dict[str, object],
    offered: bool,
) -> None:
    page = done(kiosk)
    sent = house.clock.now()
    monkeypatch.setattr(house.clock, "now", lambda: after(sent, **later))  # type: ignore[arg-type]
    house.parts = replace(house.parts, now=house.clock.now)
    kiosk = house.kiosk()
    assert ("/undo" in kiosk.get("/check-in/thanks").text) is offered
    answer = submit(kiosk, page, "undo")
    assert (TAKEN_BACK in answer.text) is offered
    assert len(house.rows(JournalKind.CHECK_IN_UNDONE)) == offered
    assert ("Det er for sent å angre." in answer.text) is not offered


def after(
    sent: Moment,
    seconds: int,
    wall: timedelta | None = None,
    boot: str = BOOT,
    state: ClockState = ClockState.NTP,
) -> Moment:
    passed = timedelta(seconds=seconds)
    mono_ms = sent.mono_ms + seconds * 1000 if boot == BOOT else 30_000
    return Moment(sent.wall + (passed if wall is None else wall), mono_ms, boot, state)


def test_an_old_page_of_what_has_ended_changes_nothing(house: House, kiosk: Browser) -> None:
    question = begin(kiosk)
    page = question
    for given in (BREATH, "false", "true"):
        page = answer(kiosk, page, answer=given)
    thanks = send(kiosk, page)
    rows = house.journal_rows()
    for old in (answer(kiosk, question, answer="urn:grad|2"), send(kiosk, page)):
        assert "Takk. Svarene er lagret her." in old.text
    assert house.journal_rows() == rows
    review = submit(kiosk, thanks, "undo")
    assert at(kiosk, question, "1").headers["Location"].endswith(review.request.path.split("/")[3])


def test_what_was_never_sent_cannot_be_undone(house: House, kiosk: Browser) -> None:
    page = begin(kiosk)
    path = page.request.path.partition("/question/")[0] + "/undo"
    assert kiosk.post(path, page).status_code == 404
    assert house.rows(JournalKind.CHECK_IN_UNDONE) == []


def test_a_questionnaire_that_was_replaced_meanwhile_is_not_offered(
    house: House, kiosk: Browser
) -> None:
    done(kiosk)
    other = questionnaire("annen", {"linkId": "1", "text": "?", "type": "boolean"})
    house.plan({"resourceType": "Bundle", "entry": [{"resource": other}]})
    assert "/undo" not in kiosk.get("/check-in/thanks").text
