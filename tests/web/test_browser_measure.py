"""The pages of a guided measurement and of readings, in a real browser."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.measurement import Kind, Quantity, Unit, Value
from hub import web
from hub.clock import ClockState, Moment
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
from tests.web.house import WEIGHT, House
from tests.web.test_measure import AT, SECOND, planned
from tests.web.test_targets import definition, end, interval

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt install chromium)"
)
SCREENS = [(800, 480), (1280, 720)]
A_MOMENT = timedelta(seconds=40)


@pytest.fixture
def address(house: House) -> Iterator[str]:
    house.device(model="and-ua-651ble")
    listening = Listening(web.kiosk(house.parts), LOOPBACK, 0)
    listening.start()
    yield f"http://{LOOPBACK}:{listening.port}"
    listening.stop()


@pytest.fixture(params=["nb", "en"])
def page(
    house: House, browser: Browser, address: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    chosen = {"language": request.param}
    house.journal.append(JournalKind.LANGUAGE, chosen, form=None, moment=house.clock.now())
    context = browser.new_context(viewport={"width": 800, "height": 480}, base_url=address)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    yield page
    context.close()
    assert told == []


def wrong(page: Page) -> dict[str, object]:
    found: dict[str, object] = {}
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        found |= {
            f"{width} {name}": value
            for name, value in (
                ("wider, higher", overflow(page)),
                ("small targets", too_small(page, 84)),
                ("small texts", small_texts(page, 24)),
            )
            if value not in [(0, 0), []]
        }
    page.set_viewport_size({"width": 800, "height": 480})
    if (broken := violations(page)) != []:
        found["axe"] = broken
    return found


def shown(page: Page, address: str) -> dict[str, object]:
    """What is wrong with the page there; nothing is left open that would renew itself."""
    page.goto(address)
    found = wrong(page)
    page.goto("about:blank")
    return found


def test_every_phase_fits(house: House, page: Page) -> None:
    house.plan(planned(rest=300, readings=3, apart=60))
    page.goto(AT)
    begun = page.url
    assert wrong(page) == {}
    for more in ("&on=now", "&on=now&missed=now"):
        assert shown(page, begun + more) == {}, more
    house.ledger.notes.put_state("radio", {"problem": "no adapter"})
    assert shown(page, f"{begun}&missed=now&on=now") == {}
    house.ledger.notes.put_state("radio", None)
    assert shown(page, begun.replace("?", "/skip?")) == {}
    for values in (None, SECOND, None):
        house.clock.pass_(A_MOMENT)
        kept = house.measure(values=values, ago=timedelta(0))
        assert shown(page, begun) == {}
        house.clock.pass_(timedelta(seconds=61))
        assert shown(page, begun) == {}
    assert shown(page, begun.replace("?", "/whose?")) == {}
    house.ledger.notes.put_state("ask_who", [kept.id])
    assert shown(page, begun) == {}


def test_the_other_pages_of_it_fit(house: House, page: Page) -> None:
    house.plan(planned(hidden=True))
    assert shown(page, "/measure/kind/body_weight") == {}
    page.goto(AT)
    begun = page.url
    page.goto("about:blank")
    house.clock.pass_(A_MOMENT)
    kept = house.measure(ago=timedelta(0))
    for path in (begun, "/", f"/reading/{kept.id}", "/readings/blood_pressure/30"):
        assert shown(page, path) == {}, path
    house.clock.pass_(A_MOMENT)
    house.device(key="wrist", name="Blodtrykk på håndleddet", model="omron-rs7-intelli-it")
    assert shown(page, AT) == {}


def test_the_course_of_readings_fits_with_all_that_can_be_in_it(house: House, page: Page) -> None:
    kilos = definition(interval(low=end(80), high=end(83)))
    house.plan({"resourceType": "Bundle", "entry": [{"resource": kilos}]})
    for day in range(8):
        number = Value(Decimal(80 + day), Unit.KILOGRAM)
        ago = timedelta(days=day, minutes=1)
        house.measure(Kind.BODY_WEIGHT, {Quantity.BODY_WEIGHT: number}, ago=ago)
    pounds = {Quantity.BODY_WEIGHT: Value(Decimal(179), Unit.POUND)}
    house.measure(Kind.BODY_WEIGHT, pounds, ago=timedelta(days=3))
    unknown = Moment(house.clock.wall, 1, "another boot", ClockState.RESTORED)
    long_ago = datetime(2001, 1, 1)  # noqa: DTZ001 - a device's clock has no zone
    house.keep(Kind.BODY_WEIGHT, WEIGHT, unknown, device_time=long_ago)
    for path in ("/readings", "/readings/body_weight/30", "/readings/body_weight/table"):
        page.goto(path)
        assert wrong(page) == {}, path
    expect(page.get_by_role("list")).to_be_visible()


def test_twice_as_large_text_needs_no_scrolling_sideways(
    house: House, browser: Browser, address: str
) -> None:
    house.plan(planned(rest=300, readings=2, apart=60))
    large = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments(), "--blink-settings=defaultFontSize=32"]
    )
    page = large.new_page(viewport={"width": 800, "height": 480}, base_url=address)
    page.goto(AT)
    begun = page.url
    for more in ("", "&on=now", "&on=now&missed=now"):
        page.goto(begun + more)
        assert overflow(page)[0] <= 0, more
    page.goto("about:blank")
    for values in (None, SECOND):
        house.clock.pass_(timedelta(seconds=61))
        house.measure(values=values, ago=timedelta(0))
        for path in (begun, begun.replace("?", "/skip?"), begun.replace("?", "/whose?")):
            page.goto(path)
            assert overflow(page)[0] <= 0, path
            page.goto("about:blank")
    large.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_first_tap_to_the_number_nothing_else_is_tapped(
    house: House, browser: Browser, address: str, scripts: bool
) -> None:
    house.plan(planned(readings=2, apart=60))
    page = browser.new_page(java_script_enabled=scripts, base_url=address)
    page.goto(AT)
    expect(page.get_by_role("heading")).to_have_text("Trykk START på måleren. Jeg venter.")
    house.clock.pass_(A_MOMENT)
    house.measure(ago=timedelta(0))
    expect(page.get_by_role("heading")).to_contain_text("Vent ett minutt.")
    expect(page.locator(".reading")).to_contain_text("128/82")
    house.clock.pass_(timedelta(seconds=60))
    # without scripts it looks every ten seconds during a pause
    expect(page.get_by_role("heading")).to_have_text("Mål en gang til. Jeg venter.", timeout=15_000)
    house.clock.pass_(A_MOMENT)
    house.measure(values=SECOND, ago=timedelta(0))
    expect(page.locator(".reading")).to_have_count(2)
    page.get_by_role("link", name="Ferdig").click()
    page.wait_for_url("**/")
    page.close()


def test_the_last_minute_of_a_rest_counts_down(house: House, page: Page) -> None:
    house.plan(planned(rest=45))
    page.clock.install()
    page.goto(AT)
    expect(page.get_by_role("timer")).to_contain_text("45")
    page.clock.run_for(5_000)
    expect(page.get_by_role("timer")).to_contain_text("40")


def test_a_long_rest_is_not_cut_short_because_nobody_touches_the_screen(
    house: House, page: Page
) -> None:
    house.plan(planned(rest=900))
    page.clock.install()
    page.goto(AT)
    begun = page.url
    page.clock.fast_forward(1_700_000)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.clock.fast_forward(200_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url == begun
    page.clock.fast_forward(121_000)
    page.wait_for_url("**/")
