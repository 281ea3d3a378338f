"""After a day's use nothing that was said can be read on the disk, and the log tells none of it."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.demo.visitor import Visitor, check_in
from hub.demo.world import PATIENT, World
from tests.demo.test_world import times_stored, until

MESSAGE = "Husk å måle blodtrykket før frokost."
IMAGE_BYTES = 96 << 20
CAN_MOUNT = os.geteuid() == 0 and Path("/dev/loop-control").exists()


class Disk:
    """An ext4 of its own, in a file: what a finder of the card can read."""

    def __init__(self, image: Path, place: Path) -> None:
        self.image, self.place = image, place

    def __enter__(self) -> "Disk":
        with self.image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", self.image], check=True)
        self.place.mkdir(parents=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", self.place], check=True)


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[Path]]:
    """Of the hub and of the pages, and of nobody else."""
    if not CAN_MOUNT:
        pytest.skip("may not mount a disk here")
    with ExitStack() as stack:
        names = ("hub", "web")
        made = [
            stack.enter_context(Disk(tmp_path / f"{name}.ext4", tmp_path / "world" / name))
            for name in names
        ]
        yield [disk.image for disk in made]


@pytest.fixture
async def day(disks: list[Path], tmp_path: Path) -> AsyncIterator[list[str]]:
    """Everything that a home does in a day → what was said, each as it would stand in a file."""
    async with World(tmp_path / "world", arrived=lambda _: None, ports=False) as world:
        await until(lambda: world.hub_is_online)
        world.send_message(MESSAGE)
        taken = [await world.household.take(key) for key in [*world.household.on_air, "nonin"]]
        visitor = Visitor(world.addresses.kiosk)
        await asyncio.to_thread(check_in, visitor)
        await until(lambda: all(times_stored(world, reading) == 1 for reading in taken))
        await until(lambda: answers(world) != [])
        world.broker.stop()
        taken.append(await world.household.take("cuff"))  # and one that has not left
        values = {str(value) for reading in taken for value in reading.values()}
        names = [it["name"] for it in world.household.kit]
        answered = answers(world)
    said = [MESSAGE, "Gå tur hver dag", PATIENT[1], *names]
    yield [*said, *answered, *(f'"value":{value}' for value in values)]


def answers(world: World) -> list[str]:
    bodies = [arrival.body.decode() for arrival in world.central.arrivals()]
    return [said for body in bodies for said in re.findall('"linkId":"[^"]+"', body)]


async def test_nothing_of_it_is_on_the_disk_and_nothing_in_the_log(
    day: list[str], disks: list[Path], tmp_path: Path
) -> None:
    os.sync()
    for image in disks:
        content = image.read_bytes()
        assert b"SQLite format 3" in content, "this is the disk that it was written to"
        assert [word for word in day if word.encode() in content] == []
    logs = [(tmp_path / "world" / f"{name}.log").read_text() for name in ("hub", "web")]
    assert "joined" in logs[0]
    for log in logs:
        assert [word for word in day if word in log] == []
        numbers = {json.loads(f"{{{word}}}")["value"] for word in day if word.startswith('"value"')}
        standing = {
            number for number in numbers if re.search(rf"(?<![\w.:]){number}(?![\w.:])", log)
        }
        assert standing == set()
