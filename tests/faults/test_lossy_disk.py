"""The lossy disk itself: what it keeps and what it loses is what ext4 would."""

import ctypes
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lossy import LossyDisk, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

OLD, NEW = b"o" * 4096, b"n" * 4096


@pytest.fixture
def disk(memory: Path) -> Iterator[LossyDisk]:
    """Loses whatever it may."""
    with LossyDisk(memory / "disk", memory / "mount", seed=1, keep=0.0) as disk:
        yield disk


def written(path: Path, content: bytes, *, durably: bool) -> Path:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(file.fileno())
    return path


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)


def test_a_file_is_there_once_it_is_synced_and_its_name_with_it(disk: LossyDisk) -> None:
    written(disk.mount / "synced", NEW, durably=True)
    written(disk.mount / "not", NEW, durably=False)
    assert disk.cut() == {"sectors": 0, "sectors_lost": 8, "names": 0, "names_lost": 1}
    assert [path.name for path in disk.mount.iterdir()] == ["synced"]
    assert (disk.mount / "synced").read_bytes() == NEW


def test_a_rename_is_durable_when_its_folder_is_synced(disk: LossyDisk) -> None:
    for name in ("first", "second"):
        written(disk.mount / name, OLD, durably=True)
        written(disk.mount / "new", NEW, durably=True).replace(disk.mount / name)
        if name == "first":
            sync_folder(disk.mount)
    disk.cut()
    assert (disk.mount / "first").read_bytes() == NEW
    assert (disk.mount / "second").read_bytes() == OLD
    assert (disk.mount / "new").read_bytes() == NEW


def test_a_file_that_is_replaced_while_it_is_open_is_never_missing(memory: Path) -> None:
    with LossyDisk(memory / "disk", memory / "mount", seed=1) as disk:
        path = written(disk.mount / "document", OLD, durably=True)
        found = []
        for _ in range(12):
            new = written(disk.mount / "new", NEW, durably=True)
            with path.open("rb") as reader:
                new.replace(path)
                assert reader.read() == OLD
                disk.cut()
            found.append(path.read_bytes())
            written(path, OLD, durably=True)
        assert set(found) == {OLD, NEW}


def test_a_removal_and_a_second_name_wait_for_their_folder(disk: LossyDisk) -> None:
    folder = disk.mount / "folder"
    folder.mkdir()
    kept = written(folder / "kept", NEW, durably=True)
    written(folder / "gone", NEW, durably=True).unlink()
    sync_folder(folder)
    kept.with_name("second").hardlink_to(kept)
    assert kept.stat().st_nlink == 2
    kept.unlink()
    disk.cut()
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_a_truncate_is_lost_with_what_came_after_it(disk: LossyDisk) -> None:
    path = written(disk.mount / "file", OLD, durably=True)
    written(path, b"short", durably=False)
    assert path.read_bytes() == b"short"
    disk.cut()
    assert path.read_bytes() == OLD
    written(path, b"short", durably=True)
    disk.cut()
    assert path.read_bytes() == b"short"


def test_what_was_written_after_a_truncate_survives_only_with_it(memory: Path) -> None:
    with LossyDisk(memory / "disk", memory / "mount", seed=1) as disk:
        found = set()
        for _ in range(24):
            path = written(disk.mount / "file", OLD, durably=True)
            written(path, NEW, durably=False)
            disk.cut()
            found.add(bytes(sorted(set(path.read_bytes()))))
        assert b"o" in found
        assert found <= {b"o", b"n", b"\0n", b""}
        assert len(found) > 2


def test_a_file_that_grows_again_is_empty_there(disk: LossyDisk) -> None:
    path = written(disk.mount / "file", OLD, durably=True)
    os.truncate(path, 100)
    os.truncate(path, 4096)
    assert path.read_bytes() == OLD[:100] + bytes(3996)


def test_sectors_survive_one_by_one(memory: Path) -> None:
    with LossyDisk(memory / "disk", memory / "mount", seed=3, keep=0.5) as disk:
        path = written(disk.mount / "disk.img", OLD * 16, durably=True)
        with path.open("r+b") as image:
            image.write(NEW * 16)
            image.flush()
            lost = disk.cut()
        content = path.read_bytes()
        sectors = [content[at : at + 512] for at in range(0, len(content), 512)]
        assert set(sectors) == {OLD[:512], NEW[:512]}
        assert sectors.count(NEW[:512]) == lost["sectors"] == 128 - lost["sectors_lost"]
        assert 32 < lost["sectors"] < 96


def test_a_mapped_page_is_written_and_synced(disk: LossyDisk) -> None:
    path = written(disk.mount / "shm", OLD * 2, durably=True)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 8192) as mapped:
        mapped[:4096] = NEW
        assert path.read_bytes() == NEW + OLD
        mapped.flush()
    disk.cut()
    assert path.read_bytes() == NEW + OLD


def test_direct_writes_and_allocated_room(disk: LossyDisk) -> None:
    path = disk.mount / "disk.img"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    os.posix_fallocate(handle, 0, 1 << 20)
    with mmap.mmap(-1, 4096) as aligned:
        aligned[:] = NEW
        os.pwrite(handle, aligned, 8192)
        os.fdatasync(handle)
        os.pwrite(handle, aligned, 0)
    # It starts writing and promises nothing: sync_file_range(2).
    assert ctypes.CDLL(None).sync_file_range(handle, 0, 0, 0, 7) == 0
    os.close(handle)
    disk.cut()
    content = path.read_bytes()
    assert (len(content), content[:4096], content[8192:12288]) == (1 << 20, bytes(4096), NEW)


def test_whoever_opens_for_synchronous_writes_gets_them(disk: LossyDisk) -> None:
    handle = os.open(disk.mount / "file", os.O_WRONLY | os.O_CREAT | os.O_DSYNC)
    os.write(handle, NEW)
    os.close(handle)
    disk.cut()
    assert (disk.mount / "file").read_bytes() == NEW


def test_what_is_there_before_and_after(memory: Path) -> None:
    backing = memory / "disk"
    backing.mkdir()
    (backing / "before").write_bytes(OLD)
    with LossyDisk(backing, memory / "mount", seed=1, keep=0.0) as disk:
        assert (disk.mount / "before").read_bytes() == OLD
        written(disk.mount / "after", NEW, durably=False)
    assert not list(disk.mount.iterdir())
    assert {path.name: path.read_bytes() for path in backing.iterdir()} == {
        "before": OLD,
        "after": NEW,
    }
