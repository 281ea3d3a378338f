"""In a real browser: the page is heard, the screen rests and wakes, and asks who is there."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub import web
from hub.demo.broker import free_port
from hub.listening import LOOPBACK, Listening
from hub.records import JournalKind
from hub.speech import RECORDED, clip, espeak
from tests.web.browser import faults, overflow, too_small
from tests.web.documents import PLAN
from tests.web.house import House

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None or shutil.which("opusenc") is None,
    reason="espeak-ng and opusenc are not installed (apt install espeak-ng opus-tools)",
)
HEARD = """audio => new Promise(heard => {
  const look = () => { if (audio.currentTime > 0.3) heard(); };
  audio.addEventListener("timeupdate", look);
  look();
})"""
SCREEN = "() => document.documentElement.dataset.screen"
MINUTE_MS = 60_000


@pytest.fixture(autouse=True)
def _plan(house: House) -> None:
    house.plan(PLAN)


def at(house: House, hour: int) -> None:
    """In Oslo, in winter."""
    house.clock.wall = datetime(2026, 11, 22, hour - 1, tzinfo=UTC)


def open_untouched(page: Page, path: str, minutes: float) -> None:
    page.clock.install()
    page.goto(path)
    settled(page)
    page.clock.fast_forward(round(minutes * MINUTE_MS))


def settled(page: Page) -> None:
    """Before that a page takes no taps, and its clock is not the one of the tests."""
    expect(page.locator("body")).to_have_css("pointer-events", "auto")


# Listening


@needs_espeak
def test_a_tap_reads_the_page_and_a_second_tap_stops(page: Page) -> None:
    page.goto("/call-me")
    expect(page.locator("audio")).to_have_count(0)
    page.locator("a.listen").tap()
    page.locator("audio").evaluate(HEARD)
    expect(page.get_by_role("link", name="Stopp")).to_be_visible()
    assert page.url.endswith("/call-me")
    page.locator("a.listen").tap()
    expect(page.locator("audio")).to_have_count(0)
    expect(page.get_by_role("link", name="Lytt")).to_be_visible()


@needs_espeak
def test_all_passages_are_heard_one_after_the_other(house: House, page: Page) -> None:
    page.goto("/call-me")
    page.evaluate("addEventListener('ended', event => { window.heard = event.target }, true)")
    for text in ("Vil du at sykepleieren ringer deg?", "Ja, ring meg", "Nei"):
        path = clip(house.settings.web.voice_dir / RECORDED, "nb", text)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(short_sound())
    page.locator("a.listen").tap()
    expect(page.get_by_role("link", name="Stopp")).to_be_visible()
    expect(page.get_by_role("link", name="Lytt")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.heard.currentTime") > 3


def short_sound() -> bytes:
    voice = espeak()
    assert voice is not None
    return voice.say("nb", "Nei") or b""


@needs_espeak
def test_without_scripts_the_button_leads_to_a_player(browser: Browser, address: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=address, viewport={"width": 800, "height": 480}
    )
    page = context.new_page()
    page.goto("/call-me")
    with page.expect_response("**/sound") as sound:
        page.locator("a.listen").click()
    assert sound.value.status == 200
    # By the tap that led here:
    expect(page.locator("audio")).to_have_js_property("ended", True, timeout=30_000)
    assert overflow(page) == (0, 0)
    assert too_small(page, 84) == []
    page.get_by_role("link", name="Tilbake").click()
    expect(page).to_have_url(f"{address}/call-me")
    context.close()


@needs_espeak
def test_a_page_that_is_read_is_not_renewed_until_it_has_been_heard(
    house: House, page: Page
) -> None:
    page.goto("/")
    page.locator("a.listen").tap()
    page.locator("audio").evaluate(HEARD)
    house.measure()
    with page.expect_response("**/version/home") as looked:
        pass
    assert looked.value.text() != page.locator("body").get_attribute("data-version")
    expect(page.locator("audio")).to_have_count(1)
    page.locator("a.listen").tap()
    expect(page.locator(".reading")).to_contain_text("128/82")


@needs_espeak
def test_after_a_restart_the_page_comes_anew_and_can_be_heard(
    house: House, browser: Browser
) -> None:
    port = free_port()
    first = Listening(web.kiosk(house.parts), LOOPBACK, port)
    first.start()
    page = browser.new_page(base_url=f"http://{LOOPBACK}:{port}")
    page.goto("/call-me")
    before = page.locator("a.listen").get_attribute("href")
    assert before
    first.stop()
    again = Listening(web.kiosk(house.parts), LOOPBACK, port)
    again.start()
    page.locator("a.listen").click()
    expect(page.locator("a.listen")).not_to_have_attribute("href", before)
    page.locator("a.listen").click()
    page.locator("audio").evaluate(HEARD)
    page.close()
    again.stop()


@needs_espeak
@pytest.mark.parametrize("words", ["Ring meg", "Call me", "Riŋge munnje"])
def test_the_longest_words_fit_the_small_button(page: Page, words: str) -> None:
    page.goto("/plan")
    button = page.locator(".pair .square").last
    button.evaluate(
        "(button, words) => { button.querySelector('small').textContent = words }", words
    )
    assert overflow(page) == (0, 0)
    assert too_small(page, 84) == []
    assert button.evaluate(
        "e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight"
    )


# Resting


def test_by_day_the_screen_dims_after_five_minutes(page: Page) -> None:
    open_untouched(page, "/", 4.9)
    assert page.evaluate(SCREEN) == "day"
    with page.expect_request("**/screen") as told:
        page.clock.fast_forward(10_000)
    assert told.value.post_data == "level=dim"
    assert page.evaluate(SCREEN) == "dim"


def test_at_night_the_screen_is_black(house: House, page: Page) -> None:
    at(house, 23)
    open_untouched(page, "/", 5.1)
    assert page.evaluate(SCREEN) == "night"
    cover = "getComputedStyle(document.documentElement, '::after').backgroundColor"
    assert page.evaluate(cover) == "rgb(0, 0, 0)"


def test_a_screen_that_dimmed_turns_black_when_the_night_begins(house: House, page: Page) -> None:
    at(house, 21)
    open_untouched(page, "/", 59)
    assert page.evaluate(SCREEN) == "dim"
    page.clock.fast_forward(2 * MINUTE_MS)
    assert page.evaluate(SCREEN) == "night"


def test_a_page_that_renews_itself_stays_black_from_its_first_moment(
    house: House, page: Page
) -> None:
    at(house, 23)
    page.add_init_script(
        """window.levels = [];
        new MutationObserver(() => levels.push(document.documentElement.dataset.screen))
          .observe(document, { subtree: true, attributeFilter: ["data-screen"] });"""
    )
    open_untouched(page, "/", 5.1)
    assert page.evaluate("levels").count("day") > 0
    page.reload()
    assert set(page.evaluate("levels")) == {"night"}


def tap_on(page: Page, name: str) -> tuple[float, float]:
    box = page.get_by_role("link", name=name).bounding_box()
    assert box
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.touchscreen.tap(*place)
    return place


def test_the_first_touch_only_wakes(house: House, page: Page) -> None:
    at(house, 23)
    open_untouched(page, "/", 5.1)
    pressed: list[str] = []
    page.on("request", lambda request: pressed.append(request.url))
    with page.expect_request("**/screen") as told:
        place = tap_on(page, "Min plan")
    assert told.value.post_data == "level=day"
    page.touchscreen.tap(*place)  # the second of a double tap wakes, too
    page.clock.run_for(1_000)
    assert page.evaluate(SCREEN) == "day"
    assert not [url for url in pressed if url.endswith("/plan")]
    page.touchscreen.tap(*place)
    page.wait_for_url("**/plan")


def test_the_mouse_and_the_keyboard_only_wake_too(house: House, page: Page) -> None:
    open_untouched(page, "/", 5.1)
    page.get_by_role("link", name="Min plan").focus()
    page.keyboard.press("Enter")
    page.clock.run_for(1_000)
    assert page.evaluate(SCREEN) == "day"
    page.clock.fast_forward(round(5.1 * MINUTE_MS))
    assert page.evaluate(SCREEN) == "dim"
    box = page.get_by_role("link", name="Min plan").bounding_box()
    assert box
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    page.clock.run_for(1_000)
    assert page.evaluate(SCREEN) == "day"
    assert page.url.endswith("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan")


def test_a_reading_at_night_wakes_for_a_minute(house: House, page: Page) -> None:
    at(house, 23)
    open_untouched(page, "/", 5.1)
    assert page.evaluate(SCREEN) == "night"
    house.measure(ago=timedelta(seconds=1))
    page.clock.run_for(2_000)
    expect(page.locator(".reading")).to_contain_text("128/82")
    expect(page.locator("html")).to_have_attribute("data-screen", "day")
    page.clock.fast_forward(MINUTE_MS)
    expect(page.locator("html")).to_have_attribute("data-screen", "night")


def test_a_screen_with_a_light_of_its_own_is_not_darkened_twice(house: House, page: Page) -> None:
    light = Path(house.settings.web.backlight)
    light.mkdir()
    (light / "max_brightness").write_text("200")
    (light / "brightness").write_text("200")
    with page.expect_response("**/screen") as told:
        open_untouched(page, "/", 5.1)
    assert told.value.status == 204
    assert page.evaluate(SCREEN) == "dim"
    cover = "getComputedStyle(document.documentElement, '::after').backgroundColor"
    assert page.evaluate(cover) == "rgba(0, 0, 0, 0)"


# Asking


def begin(page: Page) -> None:
    """The first question of the check-in."""
    page.clock.install()
    page.goto("/check-in")
    settled(page)
    page.get_by_role("link", name="Begynn").tap()
    page.wait_for_url("**/question/*")
    settled(page)


def test_a_page_that_nobody_touches_asks_and_a_tap_stays(house: House, page: Page) -> None:
    begin(page)
    question = page.url
    page.clock.fast_forward(round(2.9 * MINUTE_MS))
    still = page.get_by_role("dialog")
    expect(still).to_have_count(0)
    page.clock.fast_forward(10_000)
    expect(still).to_be_visible()
    assert faults(page) == []
    button = still.get_by_role("button", name="Ja, jeg er her")
    box = button.bounding_box()
    assert box and box["height"] >= 84
    place = (box["x"] + 300, box["y"] + 60)
    page.touchscreen.tap(*place)
    expect(still).to_have_count(0)
    page.touchscreen.tap(*place)  # a double tap answers nothing of the question behind it
    page.clock.fast_forward(round(2.5 * MINUTE_MS))
    expect(still).to_have_count(0)
    page.clock.fast_forward(MINUTE_MS)
    expect(still).to_be_visible()
    assert page.url == question
    assert house.rows(JournalKind.ANSWER) == []


def test_without_an_answer_the_first_page_comes_and_the_check_in_waits(
    house: House, page: Page
) -> None:
    begin(page)
    page.get_by_role("button", name="Som vanlig").tap()
    page.wait_for_url("**/question/2")
    page.clock.fast_forward(3 * MINUTE_MS + 1_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.clock.fast_forward(119_000)
    assert page.url.endswith("/question/2")
    page.clock.fast_forward(2_000)
    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="Svar på dagens helsesjekk")).to_contain_text(
        "1 av 3 besvart"
    )


def test_a_page_that_waits_for_a_device_is_left_in_peace_for_a_quarter(page: Page) -> None:
    page.clock.install()
    page.goto("/plan")
    page.evaluate("document.body.dataset.waits = 'yes'")
    settled(page)
    page.touchscreen.tap(400, 40)
    page.clock.fast_forward(14 * MINUTE_MS)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate(SCREEN) == "day"
    page.clock.fast_forward(2 * MINUTE_MS)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_without_scripts_no_page_ends_by_itself(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False, base_url=address)
    page.goto("/plan")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate(SCREEN) is None
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    page.close()
