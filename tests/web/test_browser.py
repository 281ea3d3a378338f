"""The kiosk in a real browser: sizes, no scrolling, axe, taps, and all of it without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub import web
from hub.demo.broker import free_port
from hub.listening import LOOPBACK, Listening
from hub.records import JournalKind
from tests.web.browser import LARGE, SMALL, WIDER, faults, tap
from tests.web.documents import EVERY_TYPE, PLAN
from tests.web.furnished import furnish, speak
from tests.web.house import House
from tests.web.stage import Stage

MANY = ("/how", "/messages", "/readings")


def test_the_pages_of_which_there_are_many_fit(house: House, stage: Stage) -> None:
    """A page more for each device, message and kind of reading; the others are scenes."""
    paths = [path for path in furnish(house) if path.startswith(MANY)]
    assert [it for path in paths for it in stage.faults(path)] == []


def test_the_first_page_fits_with_a_notice(house: House, stage: Stage) -> None:
    furnish(house)
    kept = house.measure()
    now = house.clock.now()
    window = {"until_mono_ms": now.mono_ms + 90_000, "boot_id": now.boot_id, "until": ""}
    for key, value in (
        ("join_window", window),
        ("ask_who", [kept.id]),
        ("passkey", {"address": "", "passkey": "004217"}),
    ):
        house.ledger.notes.put_state(key, value)
        assert stage.faults("/") == [], key


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_number_of_a_device_is_typed_on_large_keys(
    house: House, page: Page, language: str
) -> None:
    now = house.clock.now()
    speak(house, language)
    asked = {"address": "C0:26", "name": "Accu-Chek Guide 12345678", "model": "and-ua-651ble"}
    until = {"until": "", "until_mono_ms": now.mono_ms + 30_000, "boot_id": now.boot_id}
    house.ledger.notes.put_state("passkey_wanted", asked | until)
    page.goto("/passkey?wrong=1")
    assert faults(page, LARGE, WIDER, SMALL) == []
    page.goto("/")
    for key in "0042179":
        page.get_by_role("button", name=key, exact=True).click()
    assert page.locator("output.typed").inner_text() == "004217"
    page.get_by_role("button", name="Ferdig" if language == "nb" else "Done").click()
    page.wait_for_url("**/passkey/outcome/*")
    assert house.rows(JournalKind.PASSKEY) == [{"address": "C0:26", "passkey": "004217"}]
    assert faults(page) == []


def test_the_reading_is_at_least_72_px_high_letters(house: House, page: Page) -> None:
    house.measure()
    page.goto("/")
    size = page.locator(".reading").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 72


def test_a_question_fits_with_what_is_wrong_with_its_answer(house: House, page: Page) -> None:
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    begin(page)
    page.goto(f"{page.url.rpartition('/')[0]}/i")
    tap(page, "Ferdig")
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []


def begin(page: Page) -> None:
    page.goto("/check-in")
    tap(page, "Begynn")
    page.wait_for_url("**/question/*")


def test_a_double_tap_answers_one_question_only(house: House, either: Page) -> None:
    house.plan(PLAN)
    begin(either)
    button = either.get_by_role("button", name="Som vanlig")
    button.scroll_into_view_if_needed()
    button.click(trial=True)
    box = button.bounding_box()
    assert box
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    either.mouse.click(*place)
    either.wait_for_url("**/question/2")
    either.mouse.click(*place)  # where "yes" is now
    either.goto("/")
    assert len(house.rows(JournalKind.ANSWER)) == 1


def test_a_new_reading_comes_by_itself(house: House, either: Page) -> None:
    either.goto("/")
    house.measure()
    expect(either.locator(".reading")).to_contain_text("128/82")


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
