"""The data key: made once, kept to its owner, and without it nothing can be read."""

import stat
import threading
from pathlib import Path

import pytest

from hub.records import JournalKind
from hub.store.documents import Documents
from hub.store.errors import KeyUnusable
from hub.store.journal import Journal, JournalReader
from hub.store.key import Broken, Key, load, load_or_make
from hub.store.ledger import Ledger
from tests.books import KEY, SECRET
from tests.store.made import blood_pressure, moment, reception

OTHER = Key(bytes(reversed(SECRET)))
MARK = "MARKØR-4711"


def test_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "data.key"
    sealed = load_or_make(path).seal(b"x", "place")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert load_or_make(path).unseal(sealed, "place") == b"x"
    assert [file.name for file in path.parent.iterdir()] == ["data.key"]


def test_whoever_comes_at_once_gets_the_same(tmp_path: Path) -> None:
    path, keys, start = tmp_path / "data.key", [], threading.Barrier(8)

    def come() -> None:
        start.wait()
        keys.append(load_or_make(path).keyed(ID))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1


def test_the_credential_of_systemd_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.key").write_bytes(SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    assert load_or_make(elsewhere).keyed(ID) == KEY.keyed(ID)
    assert not elsewhere.exists()


@pytest.mark.parametrize("content", [b"", bytes(32), bytes(31), bytes(range(33))])
def test_what_is_not_a_key_is_refused_and_left(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.key"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable):
        load_or_make(path)
    assert path.read_bytes() == content


def test_one_that_only_reads_makes_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "data.key")


ID = "6f0d3f6e-6d2b-5f52-9d0f-3b8f6a5c1e47"


def test_a_seal_holds_for_its_place_only() -> None:
    sealed = KEY.seal(b"118", "measurement", ID, 1)
    assert KEY.unseal(sealed, "measurement", ID, 1) == b"118"
    for key, place in [
        (OTHER, ("measurement", ID, 1)),
        (KEY, ("measurement", ID, 2)),
        (KEY, ("bundle", ID, 1)),
        (KEY, ("measurement" + ID, 1)),
    ]:
        with pytest.raises(Broken):
            key.unseal(sealed, *place)
    for spoilt in (b"", sealed[:-1], bytes([sealed[0] ^ 1]) + sealed[1:]):
        with pytest.raises(Broken):
            KEY.unseal(spoilt, "measurement", ID, 1)


def test_the_same_is_never_sealed_alike() -> None:
    assert KEY.seal(b"118", "place") != KEY.seal(b"118", "place")


def test_the_id_of_a_measurement_can_only_be_made_with_the_key() -> None:
    assert KEY.keyed(ID) == KEY.keyed(ID)
    assert len({ID, KEY.keyed(ID), OTHER.keyed(ID)}) == 3


def test_a_ledger_of_another_key_is_set_aside_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = Ledger(path, OTHER)
    kept = before.append(blood_pressure(1), reception())
    before.close()
    after = Ledger(path, KEY)
    assert after.damaged is not None
    assert (after.damaged.reason, after.damaged.salvaged) == ("sealed with another key", 0)
    assert after.append(blood_pressure(1), reception()) is not None
    after.close()
    found = Ledger(after.damaged.moved_to, OTHER)  # whoever finds the key again has it all
    assert kept is not None
    assert found.kept(kept.id) is not None
    found.close()


def test_a_damaged_answer_is_there_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal, reader = Journal(path, KEY), JournalReader(path, KEY)
    for _ in range(2):
        journal.append(JournalKind.MESSAGE_READ, {"message": "m1"}, form=None, moment=moment())
    journal._database.change(
        "UPDATE entry SET body = x'00' WHERE number = (SELECT min(number) FROM entry)"
    )
    assert [entry.body for entry in reader.after(0)] == [{}, {"message": "m1"}]
    assert journal.messages_read() == {"m1"}
    reader.close()
    journal.close()


def test_nothing_that_was_said_stands_readable_in_any_file(tmp_path: Path) -> None:
    """Before and after a checkpoint: the -wal is a file, too."""
    ledger, journal = Ledger(tmp_path / "ledger.db", KEY), Journal(tmp_path / "journal.db", KEY)
    documents = Documents(tmp_path / "documents", KEY, writable=True)
    ledger.append(blood_pressure(1, raw=MARK.encode()), reception())
    ledger.outbox.seal(1, "b1", MARK.encode())
    ledger.outbox.park(1, MARK)
    ledger.notes.put_state("radio", {"problem": MARK})
    ledger.notes.remember_command("c1", {"said": MARK}, moment().wall)
    ledger.notes.device_status("0123456789AB", problem=MARK)
    journal.append(JournalKind.ANSWER, {"answer": MARK}, form="f1", moment=moment())
    for version in "12":
        documents.put("plan", {"text": MARK, "n": version}, version=version)
    assert (tmp_path / "ledger.db-wal").stat().st_size > 0
    assert readable(tmp_path) == []
    ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert readable(tmp_path) == []
    ledger.close()
    journal.close()


def readable(folder: Path) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 6
    return [file.name for file in files if MARK.encode() in file.read_bytes()]
