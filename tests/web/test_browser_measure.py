"""The pages of a guided measurement and of readings, in a real browser."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from drivers.measurement import Kind, Quantity, Unit, Value
from hub.clock import ClockState, Moment
from tests.web.house import WEIGHT, House
from tests.web.stage import Stage
from tests.web.test_measure import AT, SECOND, begin, planned
from tests.web.test_targets import definition, end, interval

A_MOMENT = timedelta(seconds=40)


@pytest.fixture(autouse=True)
def _cuff(house: House) -> None:
    house.device(model="and-ua-651ble")


def test_a_phase_that_is_no_scene_fits(house: House, stage: Stage) -> None:
    house.plan(planned(readings=3, apart=60))
    begun, _ = begin(house.kiosk())
    house.ledger.notes.put_state("radio", {"problem": "no adapter"})
    assert stage.faults(f"{begun}&missed=now&on=now") == []
    house.ledger.notes.put_state("radio", None)
    for values in (None, SECOND, None):
        house.clock.pass_(A_MOMENT)
        kept = house.measure(values=values, ago=timedelta(0))
        house.clock.pass_(timedelta(seconds=61))
        assert stage.faults(begun) == []
    assert stage.faults(begun.replace("?", "/whose?")) == []
    house.ledger.notes.put_state("ask_who", [kept.id])
    assert stage.faults(begun) == []


def test_the_other_pages_of_it_fit(house: House, stage: Stage) -> None:
    house.plan(planned(hidden=True))
    assert stage.faults("/measure/kind/body_weight") == []
    begun, _ = begin(house.kiosk())
    house.clock.pass_(A_MOMENT)
    house.measure(ago=timedelta(0))
    for path in (begun, "/", "/readings/blood_pressure/30"):
        assert stage.faults(path) == []
    house.clock.pass_(A_MOMENT)
    house.device(key="wrist", name="Blodtrykk på håndleddet", model="omron-rs7-intelli-it")
    assert stage.faults(AT) == []


def test_the_course_of_readings_fits_with_all_that_can_be_in_it(
    house: House, page: Page, stage: Stage
) -> None:
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
        assert stage.faults(path) == []
    page.goto("/readings/body_weight/table")
    expect(page.get_by_role("list")).to_be_visible()


def test_from_the_first_tap_to_the_number_nothing_else_is_tapped(
    house: House, either: Page
) -> None:
    house.plan(planned(readings=2, apart=60))
    either.goto(AT)
    expect(either.get_by_role("heading")).to_have_text("Trykk START på måleren. Jeg venter.")
    house.clock.pass_(A_MOMENT)
    house.measure(ago=timedelta(0))
    expect(either.get_by_role("heading")).to_contain_text("Vent ett minutt.")
    expect(either.locator(".reading")).to_contain_text("128/82")
    house.clock.pass_(timedelta(seconds=60))
    # without scripts it looks every ten seconds during a pause
    expect(either.get_by_role("heading")).to_have_text(
        "Mål en gang til. Jeg venter.", timeout=15_000
    )
    house.clock.pass_(A_MOMENT)
    house.measure(values=SECOND, ago=timedelta(0))
    expect(either.locator(".reading")).to_have_count(2)
    either.get_by_role("link", name="Ferdig").click()
    either.wait_for_url("**/")


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
