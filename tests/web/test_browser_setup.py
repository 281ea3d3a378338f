"""The technician's pages in a real browser, on a laptop and on a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hub import web
from hub.listening import LOOPBACK, Listening
from hub.records import JournalKind
from hub.web.certificate import certificate
from tests.web.browser import overflow, too_small, violations
from tests.web.house import CUFF, House

TECHNICIAN_PX = 44
CANDIDATE = {
    "address": "C0:26:DA:00:00:02",
    "name": "A&D_UA-651BLE_000002",
    "driver": "gatt-blood-pressure",
    "model": "and-ua-651ble",
    "known_as": "A&D UA-651BLE",
    "problem": "passkey-needed",
    "rssi": -61,
}
SIZES = [(1024, 768), (390, 844)]


@pytest.fixture
def address(house: House) -> Iterator[str]:
    house.gate.open()
    made = certificate(house.settings.web.state_dir, "hub-0001.local")
    listening = Listening(web.setup(house.parts), LOOPBACK, 0, made.path)
    listening.start()
    yield f"https://{LOOPBACK}:{listening.port}"
    listening.stop()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, ignore_https_errors=True, locale="nb-NO")
    yield context.new_page()
    context.close()


def enter(house: House, page: Page) -> None:
    page.goto("/")
    page.get_by_label("Kode, seks tegn").fill((house.gate.code() or "").lower())
    page.get_by_role("button", name="Gå inn").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Apparater")


def asked(house: House) -> dict[str, object]:
    now = house.clock.now()
    device = {"address": "C0:26:DA:00:00:01", "name": "meter+1", "model": None}
    until = {"until": "", "until_mono_ms": now.mono_ms + 30_000, "boot_id": now.boot_id}
    return device | until


def test_what_is_being_typed_outlives_what_the_hub_notes(house: House, page: Page) -> None:
    house.ledger.notes.put_state("passkey_wanted", asked(house))
    enter(house, page)
    page.goto("/join")
    page.get_by_label("Tallet, seks sifre").fill("0042")
    with page.expect_response("**/version"):
        house.ledger.notes.put_state("health", {"facts": []})
    with page.expect_response("**/version"):
        pass
    expect(page.get_by_label("Tallet, seks sifre")).to_have_value("0042")
    page.get_by_label("Tallet, seks sifre").fill("004217")
    page.get_by_role("button", name="Gi tallet til apparatet").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vent litt …")
    assert house.rows(JournalKind.PASSKEY) == [
        {"address": "C0:26:DA:00:00:01", "passkey": "004217"}
    ]


def test_in_rename_and_out(house: House, page: Page) -> None:
    house.device()
    enter(house, page)
    page.get_by_role("link", name="Endre Blodtrykksmåler").click()
    page.get_by_label("Navn").fill("Venstre arm")
    page.get_by_role("button", name="Lagre navnet").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vent litt …")
    (row,) = house.rows(JournalKind.RENAME_DEVICE)
    assert row == {"device_key": CUFF, "name": "Venstre arm"}
    page.get_by_role("button", name="Logg ut og steng").click()
    expect(page.get_by_role("heading")).to_contain_text("oppsettet er stengt")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_page_fits_and_is_accessible(house: House, page: Page, size: tuple[int, int]) -> None:
    house.device()
    house.device(key="AAAA", name="Vekt", model="beurer-bf720")
    house.ledger.notes.device_status(
        "AAAA", state="unreachable", problem="does not answer", task="consent-needed"
    )
    house.ledger.notes.put_state("passkey_wanted", asked(house))
    house.ledger.notes.put_state("join_window", {**asked(house), "candidates": [CANDIDATE]})
    kept = house.measure()
    seq, _ = house.seal(kept)
    house.ledger.outbox.park(seq, "refused: " + "a-very-long-reason-" * 8)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/")
    assert violations(page) == []
    enter(house, page)
    paths = [
        "/",
        "/device/AAAA",
        f"/device/{CUFF}",
        f"/device/{CUFF}/remove",
        "/join",
        "/join?how=and-ua-651ble",
        "/connection",
        "/health",
    ]
    for path in [*paths, "/outcome/1", "/no-such"]:
        page.goto(path)
        assert too_small(page, TECHNICIAN_PX) == [], path
        assert overflow(page)[0] == 0, path
        assert violations(page) == [], path
