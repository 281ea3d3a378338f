"""The documents: whole files only, whatever is unplugged."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from drivers.measurement import DeviceInfo
from hub.records import Device
from hub.store.documents import MESSAGES_KEPT, Documents
from hub.store.errors import DiskFault, DiskFull
from hub.store.jsonfile import Damage
from tests.books import KEY, documents_at

CUFF = Device(
    key="0123456789AB",
    address="01:23:45:67:89:AB",
    transport="ble",
    driver="gatt-blood-pressure",
    name="Blodtrykk",
    info=DeviceInfo(model="UA-651BLE", battery_percent=95),
    joined_at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def documents(folder: Path) -> Documents:
    return documents_at(folder, writable=True)


@pytest.fixture
def pages(folder: Path) -> Documents:
    """As the web process has them."""
    return documents_at(folder, writable=False)


class TestSingle:
    def test_comes_back_exactly(self, documents: Documents, pages: Documents) -> None:
        plan = {"goal": {"value": Decimal("70.0")}, "text": "Mål: gå tur", "none": None}
        documents.put("plan", plan, version="p/3")
        assert pages.get("plan") == plan
        assert str(pages.get("plan")["goal"]["value"]) == "70.0"  # type: ignore[index]
        assert pages.version("plan") == "p/3"

    def test_of_a_name_that_was_never_put(self, pages: Documents) -> None:
        assert (pages.get("plan"), pages.version("plan")) == (None, None)

    def test_a_newer_one_replaces_it(self, documents: Documents, pages: Documents) -> None:
        documents.put("plan", {"n": 1}, version="1")
        documents.put("plan", {"n": 2}, version="2")
        assert (pages.get("plan"), pages.version("plan")) == ({"n": 2}, "2")

    def test_withdrawn(self, documents: Documents, pages: Documents) -> None:
        documents.put("plan", {"n": 1}, version="1")
        documents.withdraw("plan")
        assert (pages.get("plan"), pages.version("plan")) == (None, None)

    def test_is_shown_as_text_and_lies_there_sealed(
        self, documents: Documents, pages: Documents, folder: Path
    ) -> None:
        documents.put("plan", {"text": "Mål"}, version="1")
        assert '"text": "Mål"\n' in pages.text("plan")
        assert pages.names() == ["plan"]
        assert "Mål".encode() not in (folder / "plan.sealed").read_bytes()

    def test_one_is_not_taken_for_another(self, documents: Documents, folder: Path) -> None:
        documents.put("plan", {"n": 1}, version="1")
        (folder / "plan.sealed").rename(folder / "kit.sealed")
        assert documents.get("kit") is None

    def test_those_that_lie_there_as_text_are_sealed(self, folder: Path) -> None:
        folder.mkdir()
        plain = '{"document": {"1": {"version": "%s", "content": {"text": "Mål"}}}}'
        (folder / "plan.json").write_text(plain % "2")
        (folder / "plan.json.previous").write_text(plain % "1")
        documents = documents_at(folder)
        assert documents.version("plan") == "2"
        (folder / "plan.sealed").unlink()
        assert documents.version("plan") == "1"
        assert not any("Mål".encode() in file.read_bytes() for file in folder.iterdir())
        assert not any(".json" in file.name for file in folder.iterdir())


class TestDevices:
    def test_join_change_and_leave(self, documents: Documents, pages: Documents) -> None:
        scale = Device(
            key="FF",
            address="FF",
            transport="serial",
            driver="x",
            name="V",
            joined_at=CUFF.joined_at,
        )
        documents.put_device(CUFF)
        documents.put_device(scale)
        documents.put_device(msgspec.structs.replace(CUFF, name="Ny"))
        assert [device.name for device in pages.devices()] == ["Ny", "V"]
        assert pages.devices()[0].info == CUFF.info
        assert documents.remove_device(CUFF.key)
        assert not documents.remove_device(CUFF.key)
        assert pages.devices() == [scale]

    def test_one_that_cannot_be_read_hides_only_itself(self, folder: Path) -> None:
        told: list[Damage] = []
        documents = documents_at(folder, writable=True, report=told.append)
        documents.put_device(CUFF)
        text = documents.text("devices").replace("}\n  }\n}", '},"2":{"key":"half"}}}')
        sealed = KEY.seal(text.encode(), "document", "devices")
        (folder / "devices.sealed").write_bytes(sealed)
        assert documents.devices() == [CUFF]
        assert [damage.moved_to for damage in told] == [None]
        assert "half" in documents.text("devices")


class TestMessages:
    def test_put_read_and_removed(self, documents: Documents, pages: Documents) -> None:
        documents.put_message({"id": "m1", "text": "Hei"})
        documents.put_message({"id": "m2", "text": "Ring oss"})
        documents.put_message({"id": "m1", "text": "Hei igjen"})
        assert [message["text"] for message in pages.messages()] == ["Hei igjen", "Ring oss"]
        assert documents.mark_message_read("m2", CUFF.joined_at)
        assert not documents.mark_message_read("m3", CUFF.joined_at)
        assert pages.messages()[1]["read_at"] == "2026-11-22T08:00:00+00:00"
        assert documents.remove_message("m1")
        assert [message["id"] for message in pages.messages()] == ["m2"]

    def test_the_oldest_make_room(self, documents: Documents) -> None:
        documents.put_message({"id": "first"})
        for number in range(MESSAGES_KEPT):
            documents.put_message({"id": str(number)})
        messages = documents.messages()
        assert len(messages) == MESSAGES_KEPT
        assert messages[0]["id"] == "0"


class TestChanged:
    def test_says_when_a_document_was_written(
        self, documents: Documents, pages: Documents, folder: Path
    ) -> None:
        assert pages.changed() == pages.changed()
        before = pages.changed()
        documents.put("plan", {}, version="1")
        assert pages.changed() != before

    def test_the_same_document_again_is_not_written(
        self, documents: Documents, folder: Path
    ) -> None:
        """Retained documents come again with every connection."""
        documents.put("plan", {"n": 1}, version="1")
        before = (folder / "plan.sealed").stat().st_ino
        documents.put("plan", {"n": 1}, version="1")
        assert (folder / "plan.sealed").stat().st_ino == before


DAMAGES = [
    pytest.param(lambda content: b"", id="empty"),
    pytest.param(lambda content: bytes(len(content)), id="all-zero"),
    pytest.param(lambda content: content[:-10], id="cut-short"),
    pytest.param(lambda content: content + b"}", id="old-tail"),
    pytest.param(lambda content: KEY.seal(b'{"\xff\xfe"', "document", "plan"), id="not-utf-8"),
    pytest.param(lambda content: KEY.seal(b"[]", "document", "plan"), id="not-a-document"),
]


class TestDamage:
    @pytest.mark.parametrize("spoil", DAMAGES)
    def test_the_generation_before_is_used_and_the_file_set_aside(
        self, folder: Path, spoil: object
    ) -> None:
        told: list[Damage] = []
        documents = documents_at(folder, writable=True, report=told.append)
        documents.put("plan", {"n": 1}, version="1")
        documents.put("plan", {"n": 2}, version="2")
        file = folder / "plan.sealed"
        bad = spoil(file.read_bytes())  # type: ignore[operator]
        file.write_bytes(bad)
        assert documents.get("plan") == {"n": 1}
        (damage,) = told
        assert damage.replaced
        assert damage.moved_to is not None
        assert damage.moved_to.read_bytes() == bad
        assert documents.get("plan") == {"n": 1}
        assert len(told) == 1

    def test_the_page_uses_the_generation_before_and_touches_nothing(
        self, documents: Documents, pages: Documents, folder: Path
    ) -> None:
        documents.put("plan", {"n": 1}, version="1")
        documents.put("plan", {"n": 2}, version="2")
        (folder / "plan.sealed").write_bytes(b"")
        before = sorted(folder.iterdir())
        assert pages.get("plan") == {"n": 1}
        assert sorted(folder.iterdir()) == before

    def test_a_missing_file_is_brought_back(self, documents: Documents, folder: Path) -> None:
        documents.put("plan", {"n": 1}, version="1")
        documents.put("plan", {"n": 2}, version="2")
        (folder / "plan.sealed").unlink()
        assert documents.get("plan") == {"n": 1}

    def test_nothing_left_is_told(self, folder: Path) -> None:
        told: list[Damage] = []
        documents = documents_at(folder, writable=True, report=told.append)
        documents.put("plan", {"n": 1}, version="1")
        (folder / "plan.sealed").write_bytes(b"\0" * 100)
        assert documents.get("plan") is None
        assert [damage.replaced for damage in told] == [False]
        documents.put("plan", {"n": 3}, version="3")
        assert documents.get("plan") == {"n": 3}


@pytest.mark.parametrize(
    ("errno", "expected"),
    [pytest.param(28, DiskFull, id="full"), pytest.param(5, DiskFault, id="eio")],
)
def test_a_failed_write_leaves_the_old_document(
    documents: Documents,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    errno: int,
    expected: type[Exception],
) -> None:
    documents.put("plan", {"n": 1}, version="1")

    def fsync(handle: int) -> None:
        raise OSError(errno, os.strerror(errno))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fsync)
        with pytest.raises(expected):
            documents.put("plan", {"n": 2}, version="2")
    assert documents.get("plan") == {"n": 1}
    assert [file.name for file in folder.iterdir()] == ["plan.sealed"]
