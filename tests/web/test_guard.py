"""What every page is guarded by: hosts, forged forms, headers, and errors in plain words."""

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from msgspec import structs

from drivers.measurement import DeviceInfo, Kind
from hub import web
from hub.records import JournalKind, Kept
from hub.web.books import CannotSave
from hub.web.guard import POLICY, signing_key
from hub.web.plan import Plan
from tests.web.documents import MESSAGE, PLAN
from tests.web.house import CUFF, Browser, House, token

BAD_HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "169.254.169.254",
    "192.168.1.10",
    "[::ffff:127.0.0.1]",
    "127.0.0.1@evil.example",
]
FORGED = [
    ({}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://localhost:9"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 303),
    ({"Sec-Fetch-Site": "none"}, 303),
    ({"Origin": "http://localhost"}, 303),
]


@pytest.fixture
def filled(house: House) -> House:
    house.plan(PLAN)
    house.documents.put_message(MESSAGE)
    house.device()
    return house


def addresses(app: Flask, kept: Kept) -> Iterator[tuple[str, str]]:
    """Every route with its methods, with values that exist."""
    values = {
        "id": MESSAGE["id"],
        "kind": Kind.BLOOD_PRESSURE.value,
        "days": 30,
        "task": Plan(PLAN).today(date(2026, 11, 22))[0].id,
        "page": 0,
        "form": "x",
        "check_in": "5aaa6c15-2b65-5dbb-a675-9adc230ff78c",
        "place": "1",
        "key": CUFF,
        "number": 1,
        "seq": 1,
        "address": "F0:F1:F2:F3:F4:F5",
        "fingerprint": "0",
        "name": "kiosk.css",
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        given = values | ({"id": kept.id} if rule.endpoint.startswith("whose") else {})
        path = adapter.build(rule.endpoint, {name: given[name] for name in rule.arguments})
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, path


def test_every_answer_of_the_kiosk_carries_the_headers(filled: House) -> None:
    app = web.kiosk(filled.parts)
    found = list(addresses(app, filled.measure()))
    assert len(found) > 30
    for method, path in found:
        response = app.test_client().open(path, method=method)
        assert response.status_code < 500, path
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers


TWO_NUMBERS = "113 eller 116 117"
EMERGENCY = f'class="emergency">Denne skjermen følges ikke hele tiden. Ring {TWO_NUMBERS}.</footer>'


@pytest.mark.parametrize("reading_just_came", [False, True])
def test_every_page_says_whom_to_call_and_leads_to_the_languages(
    filled: House, reading_just_came: bool
) -> None:
    """Also what went wrong, and what came from nowhere."""
    told = structs.replace(filled.settings.web, emergency_text=TWO_NUMBERS)
    settings = structs.replace(filled.settings, web=told)
    app = web.kiosk(replace(filled.parts, settings=settings))
    kept = filled.measure(ago=timedelta(seconds=5 if reading_just_came else 900))
    client, seen = app.test_client(), 0
    for method, path in addresses(app, kept):
        response = client.open(path, method=method)
        if response.mimetype == "text/html" and response.status_code // 100 != 3:
            assert response.text.count(EMERGENCY) == 1, path
            assert 'href="/language' in response.text or path == "/language", path
            seen += 1
    assert seen > 25
    lost = [client.get("/no/such/page"), client.get("/", headers={"Host": "evil.example"})]
    assert [response.status_code for response in lost] == [404, 400]
    assert all(response.text.count(EMERGENCY) == 1 for response in lost)


def test_without_a_session_setup_answers_401_everywhere(filled: House) -> None:
    filled.gate.open()
    app = web.setup(filled.parts)
    for method, path in addresses(app, filled.measure()):
        response = app.test_client().open(path, method=method, base_url="https://localhost")
        open_to_all = path.startswith("/static/") or path == "/enter"
        assert response.status_code in ((404, 403) if open_to_all else (401,)), path
        assert response.headers["Content-Security-Policy"] == POLICY


def test_looking_changes_nothing(filled: House) -> None:
    kiosk, kept = web.kiosk(filled.parts), filled.measure()
    technician = filled.technician()
    before = filled.journal_rows()
    for method, path in addresses(kiosk, kept):
        if method == "GET":
            kiosk.test_client().get(path)
    for method, path in addresses(web.setup(filled.parts), kept):
        if method == "GET":
            technician.get(path)
    assert filled.journal_rows() == before


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_another_host_name_is_refused(house: House, host: str) -> None:
    response = web.kiosk(house.parts).test_client().get("/", headers={"Host": host})
    assert response.status_code == 400
    assert "Siden var gammel." in response.text


@pytest.mark.parametrize(("headers", "status"), FORGED)
def test_a_form_is_taken_only_from_our_own_page(
    house: House, kiosk: Browser, headers: dict[str, str], status: int
) -> None:
    form = {"form": token(kiosk.get("/call-me"))}
    response = kiosk.client.post("/call-me", data=form, headers=headers)
    assert response.status_code == status
    assert len(house.rows(JournalKind.HELP_REQUESTED)) == (status == 303)


@pytest.mark.parametrize("forged", ["", "x", "WyJhIiwiIl0.AAAA"])
def test_a_form_without_our_signature_is_refused(house: House, kiosk: Browser, forged: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    response = kiosk.client.post("/call-me", data={"form": forged}, headers=headers)
    assert response.status_code == 403
    assert "Siden var gammel. Gå til forsiden og prøv en gang til." in response.text
    assert house.rows(JournalKind.HELP_REQUESTED) == []


def test_a_token_of_the_kiosk_does_not_open_setup(house: House, kiosk: Browser) -> None:
    technician = house.technician()
    page = kiosk.get("/call-me")
    assert technician.post("/join/open", page).status_code == 403


def test_a_form_of_one_technicians_session_is_not_taken_in_anothers(house: House) -> None:
    page = house.technician().get("/join")
    house.gate.leave()
    assert house.technician().post("/join/open", page).status_code == 403
    assert house.rows(JournalKind.OPEN_JOIN_WINDOW) == []


def test_a_body_above_64_kib_is_refused(kiosk: Browser) -> None:
    page = kiosk.get("/call-me")
    response = kiosk.post("/call-me", page, more="x" * 70_000)
    assert response.status_code == 413
    assert "Noe gikk galt." in response.text


def test_a_fault_shows_plain_words_and_no_traceback(
    house: House, kiosk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.documents, "messages", lambda: 1 / 0)
    response = kiosk.get("/messages")
    assert response.status_code == 500
    assert "Noe gikk galt. Det som var lagret, er trygt." in response.text
    assert "Denne skjermen følges ikke hele tiden. Ring 113." in response.text
    assert "ring 22 00 00 00" in response.text
    assert "Zero" not in response.text


def test_a_disk_that_takes_nothing_is_said_so(
    house: House, kiosk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise CannotSave("database or disk is full")

    page = kiosk.get("/call-me")
    monkeypatch.setattr(house.journal, "append", full)
    response = kiosk.post("/call-me", page)
    assert response.status_code == 503
    assert "Boksen kan ikke lagre nå. Det du svarte nå, er ikke lagret." in response.text
    assert "full" not in response.text


def test_what_comes_from_devices_and_nurses_is_text(house: House) -> None:
    nasty = "<script>alert(1)</script>"
    house.device(name=nasty, info=DeviceInfo(manufacturer=nasty))
    house.documents.put_message(MESSAGE | {"title": nasty, "text": nasty})
    house.ledger.notes.put_state("receiving", {"device": nasty})
    kiosk, technician = house.kiosk(), house.technician()
    for page in (
        kiosk.get("/"),
        kiosk.get("/messages"),
        kiosk.get(f"/message/{MESSAGE['id']}"),
        technician.get("/"),
        technician.get(f"/device/{CUFF}"),
    ):
        assert nasty not in page.text
        assert "&lt;script&gt;" in page.text


def test_style_sheets_are_kept_for_a_year_under_their_fingerprint(kiosk: Browser) -> None:
    found = re.search(r'href="(/static/([0-9a-f]+)/kiosk\.css)"', kiosk.get("/").text)
    assert found
    response = kiosk.get(found[1])
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kiosk.get(found[1].replace(found[2], "0" * 12)).status_code == 404
    fonts = re.findall(r'url\("(/static/[^"]+)"\)', response.text)
    assert len(fonts) == 2
    for font in fonts:
        assert kiosk.get(font).data[:4] == b"wOF2"


def test_the_signing_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "form.key"
    key = signing_key(path)
    assert len(key) == 32
    assert signing_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
