"""One file on a disk that loses what was not synced; what is modelled is told in `lossy_model`."""

import os
from dataclasses import dataclass, field
from itertools import count
from random import Random

SECTOR = 512

numbers = count(2)


@dataclass(eq=False, slots=True)
class File:
    """
    backing  descriptor of its durable content; None until its name is durable
    visible  bytes of the durable content that still belong to it
    written  sector number → its versions since the last sync, oldest first
    """

    mode: int
    size: int = 0
    backing: int | None = None
    visible: int = 0
    links: int = 1
    owner: tuple[int, int] = (0, 0)
    times: tuple[int, int] = (0, 0)
    written: dict[int, list[bytes]] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(numbers))

    def read(self, size: int, offset: int) -> bytes:
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        durable = b""
        if self.backing is not None and self.visible > offset:
            durable = os.pread(self.backing, min(size, self.visible - offset), offset)
        if not self.written and len(durable) == size:
            return durable
        content = bytearray(durable.ljust(size, b"\0"))
        for sector in range(offset // SECTOR, (offset + size - 1) // SECTOR + 1):
            if versions := self.written.get(sector):
                start = sector * SECTOR - offset
                newest = versions[-1][max(0, -start) : size - start]
                content[max(0, start) : max(0, start) + len(newest)] = newest
        return bytes(content)

    def write(self, data: bytes, offset: int) -> None:
        begin, end = offset // SECTOR, -(-(offset + len(data)) // SECTOR)
        if offset % SECTOR or len(data) % SECTOR:
            length, at = (end - begin) * SECTOR, offset - begin * SECTOR
            around = self.read(length, begin * SECTOR).ljust(length, b"\0")
            sectors = around[:at] + data + around[at + len(data) :]
        else:
            sectors = data
        self.size = max(self.size, offset + len(data))
        for place, sector in enumerate(range(begin, end)):
            version = sectors[place * SECTOR : (place + 1) * SECTOR]
            self.written.setdefault(sector, []).append(version)

    def truncate(self, size: int) -> None:
        if size < self.size:
            self.visible = min(self.visible, size)
            for sector in [number for number in self.written if number * SECTOR >= size]:
                del self.written[sector]
            if last := self.written.get(size // SECTOR):
                last.append(last[-1][: size % SECTOR].ljust(SECTOR, b"\0"))
        self.size = size

    def sync(self) -> None:
        """Everything written is durable; its name and its truncates are already."""
        if self.backing is None:
            return  # removed before it was ever durable
        for sector, versions in self.written.items():
            os.pwrite(self.backing, versions[-1], sector * SECTOR)
        os.ftruncate(self.backing, self.size)
        self.visible = self.size
        self.written.clear()

    def cut(self, chance: Random, keep: float, below: int) -> tuple[int, int]:
        """What chance leaves of the unsynced sectors under byte `below` → survived, lost."""
        if self.backing is None:
            return 0, len(self.written)
        length, survived = os.fstat(self.backing).st_size, 0
        for sector, versions in sorted(self.written.items()):
            if chance.random() < keep and sector * SECTOR < below:
                os.pwrite(self.backing, chance.choice(versions), sector * SECTOR)
                length = max(length, min(self.size, (sector + 1) * SECTOR))
                survived += 1
        os.ftruncate(self.backing, length)
        return survived, len(self.written) - survived
