"""A small ext4 on a loop device, where the books of a home are: it can be filled, and it can break.

    with SmallDisk(folder / "disk") as disk:
        disk.carries(folder / "hub", folder / "web")

Only root may make one; `missing` says what else is needed.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

MEGABYTES = 48
CHUNKS = (1 << 16, 1 << 10, 1)


def missing() -> str | None:
    if os.geteuid() != 0:
        return "only root may mount a disk"
    for program in ("mkfs.ext4", "mount", "e2fsck"):
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            return f"needs {program}"
    if not Path("/dev/loop-control").exists():
        return "needs loop devices"
    return None


class SmallDisk:
    """
    folder  holds what belongs to the disk
    image   what it is made on; a file of its own, unless something else is given
    mkfs    further options of mkfs.ext4
    """

    def __init__(self, folder: Path, *mkfs: str, image: Path | None = None) -> None:
        folder.mkdir(parents=True)
        self.root = folder / "root"
        self._image = image or folder / "image"
        self._mkfs = mkfs
        self._mounted: list[Path] = []
        self._carried: list[Path] = []

    def __enter__(self) -> Self:
        self.root.mkdir()
        if not self._image.exists():
            with self._image.open("wb") as file:
                file.truncate(MEGABYTES << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", *self._mkfs, str(self._image))
        self._mount()
        return self

    def __exit__(self, *_: object) -> None:
        self._unmount("--lazy")  # a process of a test that failed may still be there

    def carries(self, *folders: Path) -> None:
        """What is in these is on the disk from now on."""
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(folder, self.root / folder.name)
            _run("sync", "--file-system", str(self.root))
            self._bind(folder)

    def fill(self, leaving: Callable[[], int] = lambda: 0) -> None:
        """By somebody else, to the last byte or to the last but `leaving`, asked at each chunk."""
        with (self.root / "filler").open("ab", buffering=0) as file:
            for size in CHUNKS:
                with suppress(OSError):
                    while shutil.disk_usage(self.root).free >= leaving() and file.write(
                        bytes(size)
                    ):
                        pass

    def use_up_inodes(self) -> None:
        (self.root / "many").mkdir()
        with suppress(OSError):
            for number in range(1 << 20):
                (self.root / "many" / str(number)).touch()

    def make_room(self) -> None:
        (self.root / "filler").unlink(missing_ok=True)
        shutil.rmtree(self.root / "many", ignore_errors=True)

    def become_read_only(self) -> None:
        """As ext4 does with errors=remount-ro when it meets an error of the disk."""
        device = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.root)], capture_output=True, text=True, check=True
        ).stdout.strip()
        (Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error").write_text("for a test\n")

    def replug(self) -> None:
        """As a new start of the machine: unmounted, checked and mounted again."""
        carried = list(self._carried)
        self._unmount()
        checked = subprocess.run(
            ["e2fsck", "-fp", str(self._image)], capture_output=True, text=True, env=_environment()
        )
        assert checked.returncode in (0, 1), checked.stdout  # 1: errors were corrected
        self._mount()
        for folder in carried:
            self._bind(folder)

    def _mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.root))
        self._mounted = [self.root]

    def _bind(self, folder: Path) -> None:
        _run("mount", "--bind", str(self.root / folder.name), str(folder))
        self._mounted.append(folder)
        self._carried.append(folder)

    def _unmount(self, *how: str) -> None:
        for folder in reversed(self._mounted):
            _run("umount", *how, str(folder))
        self._mounted.clear()
        self._carried.clear()


def _environment() -> dict[str, str]:
    return os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
