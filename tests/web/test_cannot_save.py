"""What the pages say when nothing can be kept, or when no hub takes readings."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hub.records import JournalKind
from hub.store.hold import NAME, Hold
from hub.web.kiosk.status import BEATS
from tests.web.house import BOOT, Browser, House, token

CANNOT_SAVE = "Boksen kan ikke lagre nå. Ring 22 00 00 00."
NOT_NOW = "Boksen tar ikke imot målinger akkurat nå. Vent litt."
CALL = "Boksen tar ikke imot målinger nå. Ring 22 00 00 00."
STARTS = "Boksen starter."


def beat(house: House, ago: timedelta, boot_id: str = BOOT) -> None:
    mono_ms = house.clock.mono_ms - int(ago.total_seconds() * 1000)
    house.ledger.notes.put_state("alive", {"mono_ms": mono_ms, "boot_id": boot_id})


def run_no_hub(house: House) -> None:
    """The lock is there, and nobody has it."""
    Hold(house.settings.hub.state_dir).release()


@pytest.fixture
def no_hub(house: House) -> House:
    run_no_hub(house)
    return house


def test_a_hub_that_has_just_ended_comes_back(no_hub: House, kiosk: Browser) -> None:
    beat(no_hub, timedelta(seconds=20))
    assert NOT_NOW in kiosk.get("/").text


@pytest.mark.fault("F44")
def test_a_hub_that_stays_down_says_whom_to_call(no_hub: House, kiosk: Browser) -> None:
    beat(no_hub, BEATS + timedelta(seconds=1))
    assert CALL in kiosk.get("/").text


@pytest.mark.fault("F44")
def test_a_hub_that_never_came_up_in_this_boot_says_whom_to_call(
    no_hub: House, kiosk: Browser
) -> None:
    beat(no_hub, timedelta(0), boot_id="the one before")
    no_hub.clock.mono_ms = 60_000
    assert STARTS in kiosk.get("/").text
    no_hub.clock.mono_ms = int(BEATS.total_seconds() * 1000) + 1
    assert CALL in kiosk.get("/").text


def test_while_a_hub_runs_nothing_is_said(house: House, kiosk: Browser) -> None:
    hold = Hold(house.settings.hub.state_dir)
    beat(house, timedelta(seconds=20))
    assert "Alt er klart." in kiosk.get("/").text
    hold.release()


def test_the_technician_is_told_where_to_look(no_hub: House) -> None:
    assert "journalctl -u hub" in no_hub.technician().get("/health").text


@contextmanager
def no_larger_files() -> Iterator[None]:
    """Every file of this process stays as small as it is: a write fails as with EIO."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.fault("F12")
def test_what_could_not_be_saved_is_said_and_the_journal_is_opened_anew(
    house: House, kiosk: Browser
) -> None:
    page = kiosk.get("/call-me")
    broken = house.journal._journal
    with no_larger_files():
        answer = kiosk.post("/call-me", page)
    assert answer.status_code == 503
    assert "Boksen kan ikke lagre nå. Det du svarte nå, er ikke lagret." in answer.text
    assert "22 00 00 00" in answer.text
    assert house.rows(JournalKind.HELP_REQUESTED) == []
    assert kiosk.post("/call-me", page).status_code == 303
    assert house.journal._journal is not broken
    assert len(house.rows(JournalKind.HELP_REQUESTED)) == 1


def test_the_same_form_is_taken_once_after_a_fault(house: House, kiosk: Browser) -> None:
    page = kiosk.get("/call-me")
    assert kiosk.post("/call-me", page).status_code == 303
    house.journal._journal = None  # as after a fault
    assert kiosk.post("/call-me", page).status_code == 303
    assert token(page)
    assert len(house.rows(JournalKind.HELP_REQUESTED)) == 1


def test_the_lock_is_seen_by_the_group_alone(tmp_path: Path) -> None:
    Hold(tmp_path).release()
    assert (tmp_path / NAME).stat().st_mode & 0o007 == 0
