"""The check-in, the messages and "call me" in a real browser: they fit whatever they have to say,
and a whole check-in goes by taps, with and without scripts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.records import JournalKind
from hub.web.kiosk.underway import place_of
from tests.web.browser import (
    CHROMIUM,
    arguments,
    overflow,
    small_texts,
    too_small,
    violations,
)
from tests.web.documents import EVERY_TYPE, MESSAGE, Json, limit, option, questionnaire
from tests.web.hard import ANSWERABLE, FORM, HARD, LETTER
from tests.web.house import House
from tests.web.test_begin import AGAIN, SAME_AS_LAST
from tests.web.test_opening_hours import OFFICE, plan

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt install chromium)"
)

CLOSE = """
least => {
  const all = [...document.querySelectorAll('a, button, label')]
    .map(e => [e, e.getBoundingClientRect()]);
  const apart = (a, b) => Math.max(
    b.left - a.right, a.left - b.right, b.top - a.bottom, a.top - b.bottom);
  return all.flatMap(([one, a], i) => all.slice(i + 1)
    .filter(([, b]) => apart(a, b) < least - 0.5)
    .map(([other, b]) => `${one.textContent.trim()} ${other.textContent.trim()} ${apart(a, b)}`));
}
"""
EVENING = questionnaire(
    "kveld",
    {
        "linkId": "steps",
        "text": "Hvor mange skritt gikk du?",
        "type": "integer",
        "required": True,
        "extension": [limit("minValue", 0), limit("maxValue", 50000)],
    },
    {
        "linkId": "pain",
        "text": "Hvor sterke smerter har du?",
        "type": "integer",
        "required": True,
        "extension": [limit("minValue", 0), limit("maxValue", 10)],
    },
    {
        "linkId": "breath",
        "text": "Hvordan er pusten?",
        "type": "choice",
        "required": True,
        "answerOption": [option("0", "Som vanlig"), option("1", "Tyngre")],
    },
    {"linkId": "cough", "text": "Hoster du?", "type": "boolean", "required": True},
    {"linkId": "doctor", "text": "Når var du hos legen?", "type": "date", "required": True},
    title="Kveldens spørsmål",
)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 480}, base_url=address)
    yield page
    page.close()


def faults(page: Page, *, axe: bool = True) -> dict[str, object]:
    """What is wrong with the page on the smallest screen."""
    found = {
        "wider, higher": overflow(page),
        "small targets": too_small(page, 84),
        "small texts": small_texts(page, 24),
        "close targets": page.evaluate(CLOSE, 16),
        "axe": violations(page) if axe else [],
    }
    good: list[object] = [(0, 0), []]
    return {name: value for name, value in found.items() if value not in good}


def open_join_window(house: House) -> None:
    """A notice stands on every page then."""
    now = house.clock.now()
    window = {"until_mono_ms": now.mono_ms + 90_000, "boot_id": now.boot_id, "until": ""}
    house.ledger.notes.put_state("join_window", window)


def link_ids(items: list[Json]) -> Iterator[str]:
    for item in items:
        if item["type"] == "group":
            yield from link_ids(item["item"])
        else:
            yield item["linkId"]


def tap(page: Page, name: str) -> None:
    """Once the page has settled: before that it takes no taps."""
    expect(page.locator("body")).to_have_css("pointer-events", "auto")
    page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    ).first.click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.parametrize(("language", "noticed"), [("nb", False), ("nb", True), ("en", False)])
def test_whatever_is_asked_fits(house: House, page: Page, language: str, noticed: bool) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    speak(house, language)
    if noticed:
        open_join_window(house)
    page.goto("/check-in")
    page.locator("main a.answer").first.click()
    page.wait_for_url("**/question/*")
    questions = page.url.rpartition("/")[0]
    for link_id in link_ids(HARD["item"]):
        address, part = f"{questions}/{place_of(link_id)}", 0
        while True:
            page.goto(f"{address}?part={part}")
            assert faults(page, axe=language == "nb" and not noticed) == {}, f"{link_id} {part}"
            more = page.locator("main a[href*='part='], main button[name=more]")
            if not more.count():
                break
            link = more.first.get_attribute("href") or more.first.get_attribute("value") or ""
            if int(link.removeprefix("?part=")) <= part:
                break
            part += 1


def speak(house: House, language: str) -> None:
    moment = house.clock.now()
    house.journal.append(JournalKind.LANGUAGE, {"language": language}, form=None, moment=moment)


@pytest.mark.parametrize("noticed", [False, True], ids=["calm", "with a notice"])
def test_the_pages_around_the_questions_fit(house: House, page: Page, noticed: bool) -> None:
    house.documents.put("questionnaires", AGAIN, version="1")
    page.goto("/check-in")
    answer_all(page)
    house.clock.pass_(timedelta(days=1))
    if noticed:
        open_join_window(house)
    page.goto("/check-in")
    expect(page.get_by_role("button", name="Samme som sist")).to_be_visible()
    assert faults(page) == {}, "begin"
    tap(page, "Noen hjelper meg")
    heading(page, "Hvem svarer?")
    assert faults(page) == {}, "who"
    tap(page, "Helsepersonell i hjemmet")
    tap(page, "Litt tyngre")
    heading(page, "Hoster du mer enn vanlig?")
    page.goto("/check-in")
    assert faults(page) == {}, "resume"
    tap(page, "Ja, fortsett")
    for answer in ("Ja", "Gult", "Nei"):
        tap(page, answer)
    heading(page, "Stemmer svarene?")
    assert faults(page) == {}, "review"
    tap(page, "Se flere svar")
    expect(page.get_by_role("button", name="Ja, send svarene")).to_be_visible()
    assert faults(page) == {}, "review 1"
    tap(page, "Ja, send svarene")
    heading(page, "Takk. Svarene er lagret her.")
    assert faults(page) == {}, "thanks"
    page.goto("/check-in")
    heading(page, "Du er ferdig for i dag.")
    assert faults(page) == {}, "finished"
    tap(page, "Angre")
    heading(page, "Stemmer svarene?")
    assert faults(page) == {}, "undone"
    page.goto("/check-in")
    assert faults(page) == {}, "all answered"


def answer_all(page: Page) -> None:
    for name in ("Begynn", "Litt tyngre", "Ja", "Gult", "Nei", "Se flere svar"):
        tap(page, name)
    tap(page, "Ja, send svarene")
    heading(page, "Takk. Svarene er lagret her.")


@pytest.mark.parametrize("noticed", [False, True], ids=["calm", "with a notice"])
def test_messages_fit(house: House, page: Page, noticed: bool) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    two = MESSAGE | {"id": "two", "replies": ["Ja", "Nei"]}
    asks = {"id": "asks", "measure": "glucose", "questionnaire": FORM, "text": "Mål nå."}
    for message in (LETTER, ANSWERABLE, two, asks):
        house.documents.put_message(message)
    if noticed:
        open_join_window(house)
    for path in ("/messages", "/messages/1", "/message/replies", "/message/two", "/message/asks"):
        page.goto(path)
        assert faults(page) == {}, path
    page.goto("/message/long")
    while page.get_by_role("link", name="Les videre").count():
        assert faults(page) == {}, page.url
        page.goto(page.get_by_role("link", name="Les videre").get_attribute("href") or "")
    assert faults(page) == {}, page.url
    page.goto("/message/replies/9")
    tap(page, ANSWERABLE["replies"][2])
    expect(page.get_by_text("Du svarte: Jeg vil heller ha tirsdag i neste uke.")).to_be_visible()
    assert faults(page) == {}, "replied"


def test_a_call_fits_in_each_of_its_states(house: House, page: Page) -> None:
    house.plan(plan(OFFICE))
    page.goto("/call-me")
    expect(page.get_by_text("Stengt nå. Åpner mandag kl. 08:00.")).to_be_visible()
    assert faults(page) == {}
    tap(page, "Ja, ring meg")
    heading(page, "Ønsket ditt er lagret her.")
    assert faults(page) == {}
    entry = house.journal.last(JournalKind.HELP_REQUESTED)
    assert entry
    seq = house.alert("urn:uuid:1")
    note = {"at": entry.written.wall.isoformat(), "mono_ms": entry.written.mono_ms}
    note |= {"boot_id": entry.written.boot_id, "bundle": "urn:uuid:1"}
    house.ledger.notes.put_state("call", note)
    house.ledger.outbox.park(seq, "refused")
    page.goto("/call-me/asked")
    heading(page, "Ønsket kunne ikke sendes. Ring 22 00 00 00.")
    assert faults(page) == {}


def test_twice_as_large_text_needs_no_scrolling_sideways(
    house: House, address: str, browser: Browser
) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    for message in (LETTER, ANSWERABLE):
        house.documents.put_message(message)
    large = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments(), "--blink-settings=defaultFontSize=32"]
    )
    page = large.new_page(viewport={"width": 800, "height": 480}, base_url=address)
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")
    questions = page.url.rpartition("/")[0]
    who = f"{questions.rpartition('/')[0]}/who"
    paths = ["/check-in", who, "/message/long/1", "/message/replies/1", "/call-me"]
    paths += [
        f"{questions}/{place_of(link_id)}?part={part}"
        for link_id in link_ids(HARD["item"])
        for part in (0, 1)
    ]
    for path in paths:
        page.goto(path)
        assert overflow(page)[0] <= 0, path
    house.documents.put("questionnaires", AGAIN, version="1")
    page.goto("/check-in")
    for name in ("Begynn", "Litt tyngre", "Ja", "Gult", "Nei"):
        tap(page, name)
    heading(page, "Stemmer svarene?")
    assert overflow(page)[0] <= 0
    tap(page, "Se flere svar")
    tap(page, "Ja, send svarene")
    heading(page, "Takk. Svarene er lagret her.")
    assert overflow(page)[0] <= 0
    large.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_whole_check_in_by_taps_and_undone(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.documents.put("questionnaires", EVENING | SAME_AS_LAST, version="1")
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto("/")
    page.get_by_role("link", name="Dagens sjekk").click()
    heading(page, "Kveldens spørsmål")
    tap(page, "Begynn")
    heading(page, "Hvor mange skritt gikk du?")
    for key in ("3", "1", "5", "0", "Ta bort siste tall", "0"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("output")).to_have_text("3150")
    tap(page, "Ferdig")
    heading(page, "Hvor sterke smerter har du?")
    tap(page, "4")
    heading(page, "Hvordan er pusten?")
    tap(page, "Tyngre")
    heading(page, "Hoster du?")
    tap(page, "Nei")
    heading(page, "Når var du hos legen?")
    tap(page, "Dag tilbake")
    expect(page.locator(".typed-date")).to_have_text("21. november 2026")
    tap(page, "Ferdig")
    heading(page, "Stemmer svarene?")
    tap(page, "Se flere svar")
    tap(page, "Ja, send svarene")
    heading(page, "Takk. Svarene er lagret her.")
    tap(page, "Angre")
    expect(page.get_by_text("Svarene er trukket tilbake. De er ikke sendt.")).to_be_visible()
    tap(page, "Endre Hvor mange skritt gikk du?")
    expect(page.locator("output")).to_have_text("3150")
    page.get_by_role("button", name="Ta bort siste tall").click()
    expect(page.locator("output")).to_have_text("315")
    tap(page, "Ferdig")
    tap(page, "Se flere svar")
    tap(page, "Ja, send svarene")
    heading(page, "Takk. Svarene er lagret her.")
    first, second = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert answers(first) == [3150, 4, "Tyngre", False, "2026-11-21"]
    assert answers(second) == [315, 4, "Tyngre", False, "2026-11-21"]
    (undone,) = house.rows(JournalKind.CHECK_IN_UNDONE)
    assert (undone["check_in"], undone["into"]) == (first["check_in"], second["check_in"])
    page.close()


def answers(completed: Json) -> list[object]:
    values = [next(iter(item["answer"][0].values())) for item in completed["item"]]
    return [value["display"] if isinstance(value, dict) else value for value in values]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_number_below_zero_with_a_comma(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")
    page.goto(f"{page.url.rpartition('/')[0]}/below")
    for key in ("1", "2", ",", "5", "Minus +/–"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("output")).to_have_text("-12,5")
    tap(page, "Ferdig")
    page.wait_for_url("**/question/info")  # the first one still waits
    assert str(house.rows(JournalKind.ANSWER)[0]["answer"]["valueDecimal"]) == "-12.5"
    page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_ticks_on_several_pages(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.documents.put("questionnaires", HARD, version="1")
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")
    page.goto(f"{page.url.rpartition('/')[0]}/several")
    page.get_by_label("Øverst i ryggen").check()
    tap(page, "Flere svar")
    page.get_by_label("I nakken og bakhodet").check()
    tap(page, "Ferdig")
    page.wait_for_url("**/question/info")
    (row,) = house.rows(JournalKind.ANSWER)
    assert [value["valueCoding"]["code"] for value in row["answer"]] == ["0", "2"]
    page.close()


def test_an_english_keypad_writes_a_point(house: House, page: Page) -> None:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    speak(house, "en")
    page.goto("/check-in")
    page.locator("main a.answer").first.click()
    page.wait_for_url("**/question/*")
    page.goto(f"{page.url.rpartition('/')[0]}/n")
    for key in ("7", ".", "5"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("output")).to_have_text("7.5")
