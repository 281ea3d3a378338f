"""The kiosk in a real browser: sizes, no scrolling, axe, taps, and all of it without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub import web
from hub.demo.broker import free_port
from hub.listening import LOOPBACK, Listening
from hub.records import JournalKind
from tests.web.browser import (
    CHROMIUM,
    arguments,
    overflow,
    small_texts,
    too_small,
    violations,
)
from tests.web.documents import EVERY_TYPE, PLAN
from tests.web.furnished import furnish, speak
from tests.web.house import House

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt install chromium)"
)

SCREENS = [(800, 480), (853, 480), (1280, 720)]
PATIENT_PX = 84
LANGUAGES = ["nb", "nn", "se", "en"]


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 480}, base_url=address)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    yield page
    context.close()
    assert told == []  # such as what the content security policy refused


def measure_page(page: Page, path: str) -> dict[str, object]:
    """What is wrong with it."""
    found = {
        "wider, higher": overflow(page),
        "small targets": too_small(page, PATIENT_PX),
        "small texts": small_texts(page, 24),
    }
    good: list[object] = [(0, 0), []]
    return {f"{path} {name}": value for name, value in found.items() if value not in good}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_every_screen_with_large_targets(
    house: House, page: Page, language: str
) -> None:
    paths = furnish(house)
    speak(house, language)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        for path in paths:
            page.goto(path)
            assert measure_page(page, f"{width} {path}") == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(house: House, page: Page, language: str) -> None:
    paths = furnish(house)
    speak(house, language)
    for path in paths:
        page.goto(path)
        assert violations(page) == [], path


def test_the_states_of_the_first_page_fit_too(house: House, page: Page) -> None:
    furnish(house)
    kept = house.measure()
    now = house.clock.now()
    window = {"until_mono_ms": now.mono_ms + 90_000, "boot_id": now.boot_id, "until": ""}
    for language in LANGUAGES:
        speak(house, language)
        for notes in ({}, {"join_window": window}, {"ask_who": [kept.id]}):
            for key, value in notes.items():
                house.ledger.notes.put_state(key, value)
            page.goto("/")
            assert measure_page(page, f"{language} {list(notes)}") == {}
            assert violations(page) == []
        house.ledger.notes.put_state("ask_who", [])
        house.ledger.notes.put_state("passkey", {"address": "", "passkey": "004217"})
        page.goto("/")
        assert measure_page(page, f"{language} passkey") == {}
        assert violations(page) == []
        house.ledger.notes.put_state("passkey", None)
        house.ledger.notes.put_state("join_window", None)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_number_of_a_device_is_typed_on_large_keys(
    house: House, page: Page, language: str
) -> None:
    now = house.clock.now()
    speak(house, language)
    asked = {"address": "C0:26", "name": "Accu-Chek Guide 12345678", "model": "and-ua-651ble"}
    until = {"until": "", "until_mono_ms": now.mono_ms + 30_000, "boot_id": now.boot_id}
    house.ledger.notes.put_state("passkey_wanted", asked | until)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/passkey?wrong=1")
        assert measure_page(page, f"{width}") == {}
        assert violations(page) == []
    page.goto("/")
    for key in "0042179":
        page.get_by_role("button", name=key, exact=True).click()
    assert page.locator("output.typed").inner_text() == "004217"
    page.get_by_role("button", name="Ferdig" if language == "nb" else "Done").click()
    page.wait_for_url("**/passkey/outcome/*")
    assert house.rows(JournalKind.PASSKEY) == [{"address": "C0:26", "passkey": "004217"}]
    assert measure_page(page, "outcome") == {}


def test_the_reading_is_at_least_72_px_high_letters(house: House, page: Page) -> None:
    house.measure()
    page.goto("/")
    size = page.locator(".reading").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 72


def test_every_kind_of_question_fits(house: House, page: Page) -> None:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    begin(page)
    first = page.url.rpartition("/")[0]
    for item in EVERY_TYPE["item"]:
        page.goto(f"{first}/{item['linkId']}")
        assert measure_page(page, item["linkId"]) == {}
        assert violations(page) == []
    page.goto(f"{first}/i")
    tap(page, "Ferdig")
    expect(page.get_by_role("alert")).to_be_visible()
    assert measure_page(page, "with an error") == {}


@pytest.fixture(scope="module")
def large_text(browser: Browser) -> Iterator[Browser]:
    """Chromium with its text size set to 200 %."""
    other = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments(), "--blink-settings=defaultFontSize=32"]
    )
    yield other
    other.close()


def test_twice_as_large_text_needs_no_scrolling_sideways(
    house: House, address: str, large_text: Browser
) -> None:
    paths = furnish(house)
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    house.plan({"resourceType": "Bundle", "entry": []})
    page = large_text.new_page(viewport={"width": 800, "height": 480}, base_url=address)
    begin(page)
    questions = page.url.rpartition("/")[0]
    paths += [f"{questions}/{item['linkId']}" for item in EVERY_TYPE["item"]]
    for path in paths:
        page.goto(path)
        assert overflow(page)[0] <= 0, path


def begin(page: Page) -> None:
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")


def tap(page: Page, name: str) -> None:
    """Once the page has settled: before that it takes no taps."""
    expect(page.locator("body")).to_have_css("pointer-events", "auto")
    page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    ).first.click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_check_in_by_taps(house: House, browser: Browser, address: str, scripts: bool) -> None:
    house.plan(PLAN)
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto("/")
    page.get_by_role("link", name="Svar på dagens helsesjekk").click()
    for answer in (
        "Begynn",
        "Mye tyngre",
        "Ja",
        "Gult",
        "Nei",
        "Se flere svar",
        "Ja, send svarene",
    ):
        page.get_by_role("button", name=answer, exact=True).or_(
            page.get_by_role("link", name=answer, exact=True)
        ).click()
    expect(page.get_by_role("heading")).to_have_text("Takk. Svarene er lagret her.")
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    assert [item["linkId"] for item in done["item"]] == ["1", "2", "2.1", "3"]
    page.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_number_is_typed_on_the_keypad(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    begin(page)
    page.goto(f"{page.url.rpartition('/')[0]}/n")
    for key in ("1", "0", "0", "Ta bort siste tall", ",", ",", "5"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("output")).to_have_text("10,5")
    page.get_by_role("button", name="Ferdig").click()
    expect(page.get_by_role("heading")).not_to_have_text("Hvor mange timer sov du?")
    assert str(house.rows(JournalKind.ANSWER)[0]["answer"]["valueDecimal"]) == "10.5"
    page.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_tap_answers_one_question_only(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.plan(PLAN)
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    begin(page)
    button = page.get_by_role("button", name="Som vanlig")
    button.scroll_into_view_if_needed()
    button.click(trial=True)
    box = button.bounding_box()
    assert box
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*place)
    page.wait_for_url("**/question/2")
    page.mouse.click(*place)  # where "yes" is now
    page.goto("/")
    assert len(house.rows(JournalKind.ANSWER)) == 1
    page.close()


def test_a_new_reading_comes_by_itself(house: House, page: Page) -> None:
    page.goto("/")
    house.measure()
    expect(page.locator(".reading")).to_contain_text("128/82")


def test_a_new_reading_comes_without_scripts_too(
    house: House, browser: Browser, address: str
) -> None:
    page = browser.new_page(java_script_enabled=False, base_url=address)
    page.goto("/")
    house.measure()
    expect(page.locator(".reading")).to_contain_text("128/82")
    page.close()


def test_no_tap_is_lost_because_the_page_renews_itself(house: House, page: Page) -> None:
    house.plan(PLAN)
    page.goto("/")
    page.get_by_role("link", name="Min plan").hover()
    page.mouse.down()
    house.measure()
    with page.expect_response("**/version/home") as looked:
        pass
    assert looked.value.text() != page.locator("body").get_attribute("data-version")
    page.mouse.up()
    page.wait_for_url("**/plan")


def test_a_tap_while_the_pages_restart_arrives_once(house: House, browser: Browser) -> None:
    house.plan(PLAN)
    port = free_port()
    first = Listening(web.kiosk(house.parts), LOOPBACK, port)
    first.start()
    page = browser.new_page(base_url=f"http://{LOOPBACK}:{port}")
    begin(page)
    first.stop()
    tap(page, "Som vanlig")
    expect(page.get_by_text("Vent litt …")).to_be_visible()
    again = Listening(web.kiosk(house.parts), LOOPBACK, port)
    again.start()
    page.wait_for_url("**/question/2")
    again.stop()
    assert len(house.rows(JournalKind.ANSWER)) == 1
    page.close()


def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(house: House, page: Page) -> None:
    furnish(house)
    page.goto("/")
    targets = page.locator("a, button").count()
    seen = set()
    for _ in range(targets):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.href || document.activeElement.textContent"))
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 4
    assert len(seen) == targets


def test_nothing_needs_a_gesture(house: House) -> None:
    scripts = Path(web.__file__).parent / "static"
    text = "".join(path.read_text() for path in scripts.glob("*.js"))
    for word in ("touchmove", "pointermove", "dblclick", "innerHTML", "eval("):
        assert word not in text
