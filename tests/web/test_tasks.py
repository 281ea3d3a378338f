"""What somebody must do before a device works again, on both pages."""

import pytest

from hub.records import JournalKind, Task
from hub.web import tasks
from tests.web.house import CUFF, Browser, House


@pytest.fixture
def technician(house: House) -> Browser:
    house.device()
    return house.technician()


def test_every_task_has_words_for_the_technician() -> None:
    assert set(tasks.TECHNICIAN) == set(Task)


@pytest.mark.parametrize("task", Task)
def test_the_technician_reads_what_to_do(house: House, technician: Browser, task: Task) -> None:
    house.ledger.notes.device_status(CUFF, task=task)
    for path in ("/", f"/device/{CUFF}"):
        page = technician.get(path).text
        assert tasks.TECHNICIAN[task] in page
        assert "I orden" not in page


def test_a_task_of_a_newer_hub_is_shown_as_it_is(house: House, technician: Browser) -> None:
    house.ledger.notes.device_status(CUFF, task="battery-glued-in")
    assert "battery-glued-in" in technician.get("/").text
    assert house.kiosk().get("/").status_code == 200


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Task.HELD_BY_PHONE, "Blodtrykksmåleren er opptatt. Fjern apparatet fra mobiltelefonen."),
        (Task.PASSKEY_NEEDED, "Blodtrykksmåleren venter på et tall. Mål en gang til."),
        (Task.CLOCK_LOST, "Alt er klart."),
        (Task.BOND_LOST, "Blodtrykksmåleren må kobles til på nytt. Ring 22 00 00 00."),
        (Task.CONSENT_NEEDED, "Blodtrykksmåleren må kobles til på nytt. Ring 22 00 00 00."),
    ],
)
def test_the_patient_reads_what_the_patient_can_do(
    house: House, kiosk: Browser, task: Task, words: str
) -> None:
    house.device(model="and-ua-651ble")
    house.ledger.notes.device_status(CUFF, task=task)
    assert words in kiosk.get("/").text


def test_a_device_of_no_known_model_goes_by_its_name(house: House, kiosk: Browser) -> None:
    house.device(name="Venstre arm")
    house.ledger.notes.device_status(CUFF, task=Task.HELD_BY_PHONE)
    assert "Venstre arm er opptatt." in kiosk.get("/").text


def test_only_power_brings_the_radio_back(house: House, kiosk: Browser) -> None:
    radio = {"problem": "hci0 does not answer", "code": "pull-the-plug"}
    house.ledger.notes.put_state("radio", radio)
    assert "Trekk ut strømmen til boksen. Vent ti sekunder" in kiosk.get("/").text
    page = house.technician().get("/health").text
    assert "Trekk ut strømmen til boksen" in page
    assert "hci0 does not answer" in page


def test_user_number_and_code_are_asked_for_only_when_wanted(
    house: House, technician: Browser
) -> None:
    assert "Brukernummer" not in technician.get(f"/device/{CUFF}").text
    house.ledger.notes.device_status(CUFF, task=Task.CONSENT_NEEDED)
    page = technician.get(f"/device/{CUFF}")
    technician.post(f"/device/{CUFF}/consent", page, user_index="2", consent="0042")
    assert house.rows(JournalKind.CONSENT) == [
        {"device_key": CUFF, "user_index": 2, "consent": "0042"}
    ]


@pytest.mark.parametrize(("slot", "code"), [("", "1"), ("1", ""), ("-1", "1"), ("1", "12345")])
def test_what_is_no_number_is_not_written(
    house: House, technician: Browser, slot: str, code: str
) -> None:
    house.ledger.notes.device_status(CUFF, task=Task.CONSENT_NEEDED)
    page = technician.get(f"/device/{CUFF}")
    technician.post(f"/device/{CUFF}/consent", page, user_index=slot, consent=code)
    assert house.rows(JournalKind.CONSENT) == []


def test_a_device_is_replaced_by_one_of_its_kind(house: House, technician: Browser) -> None:
    page = technician.get(f"/device/{CUFF}")
    technician.post(f"/device/{CUFF}/replace", page)
    assert house.rows(JournalKind.REPLACE_DEVICE) == [{"device_key": CUFF}]
    assert technician.post("/device/none/replace", page).status_code == 404


def test_a_wired_device_is_not_looked_for_by_radio(house: House) -> None:
    house.device(transport="serial")
    assert "Bytt ut" not in house.technician().get(f"/device/{CUFF}").text
