"""What a disk has and what it has only promised: files whose unsynced sectors a power cut takes.

Modelled is ext4 with data=ordered on a card that reorders and tears what was not flushed:

- Data is durable from fsync or fdatasync of its file on. Of the rest each 512-byte sector survives
  by chance, as any of its versions since the last sync; the file is as long as what survived.
- Names, sizes set by truncate and other metadata go through one journal, in order
  (kernel.org/doc/html/latest/filesystems/ext4/journal.html): a power cut leaves a prefix of it.
  A sync commits the journal as far as it concerns that file or folder (fs/ext4/fsync.c waits for
  the inode's transaction), so fsync of a new file commits its name. ext4 may commit more than that.
- Blocks that a truncate let go of are given again only after it is committed: without the truncate
  nothing survives that was written there afterwards.
- A file that is removed while it is open is gone after the cut.

Stricter than ext4: no write-back after 30 s, no commit after 5 s, no auto_da_alloc, and the size
of a file does not wait for its data. Not modelled: modes are durable at once, times and owners
never are, and nothing is for sync(2) and syncfs(2).
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from tests.faults.lossy_file import File, numbers


@dataclass(eq=False, slots=True)
class Folder:
    mode: int
    owner: tuple[int, int] = (0, 0)
    times: tuple[int, int] = (0, 0)
    entries: dict[str, "File | Folder"] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(numbers))


Node = File | Folder


@dataclass(frozen=True, slots=True)
class Change:
    """Of metadata. what: does it to the backing; length: of a file that it makes shorter."""

    what: Callable[[], None]
    touches: tuple[Node, ...]
    length: int | None = None


@dataclass(slots=True)
class Journal:
    changes: list[Change] = field(default_factory=list)

    def commit(self, node: Node) -> None:
        """Everything up to the last change that concerns `node`."""
        touching = [at for at, change in enumerate(self.changes) if node in change.touches]
        self.run(touching[-1] + 1 if touching else 0)

    def run(self, number: int) -> None:
        for change in self.changes[:number]:
            change.what()
        del self.changes[:number]


class Tree:
    """What programs see; `root` is the folder with what is durable."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = Journal()
        self.top = _load(root, {})
        self._hidden: dict[str, Change] = {}  # path → its removal, while that may be half a rename

    def find(self, path: str) -> Node:
        node: Node = self.top
        for name in path.strip("/").split("/"):
            if name:
                if not isinstance(node, Folder):
                    raise NotADirectoryError(errno.ENOTDIR, path)
                if name not in node.entries:
                    raise FileNotFoundError(errno.ENOENT, path)
                node = node.entries[name]
        return node

    def file(self, path: str) -> File:
        node = self.find(path)
        if isinstance(node, Folder):
            raise IsADirectoryError(errno.EISDIR, path)
        return node

    def create(self, path: str, mode: int) -> File:
        file = File(stat.S_IFREG | stat.S_IMODE(mode))

        def durably() -> None:
            file.backing = os.open(self._at(path), os.O_RDWR | os.O_CREAT, file.mode)

        self._enter(path, file, durably)
        return file

    def make_folder(self, path: str, mode: int) -> Folder:
        folder = Folder(stat.S_IFDIR | stat.S_IMODE(mode))
        self._enter(path, folder, lambda: self._at(path).mkdir(mode))
        return folder

    def link(self, path: str, new: str) -> None:
        file = self.file(path)
        file.links += 1
        self._enter(new, file, lambda: self._at(new).hardlink_to(self._at(path)))

    def remove(self, path: str) -> Change:
        """A file, or an empty folder."""
        above, name = self._above(path)
        node = self.find(path)
        if isinstance(node, Folder):
            if node.entries:
                raise OSError(errno.ENOTEMPTY, path)
            what = self._at(path).rmdir
        else:
            node.links -= 1
            what = self._at(path).unlink
        del above.entries[name]
        change = Change(what, (above, node))
        self.journal.changes.append(change)
        return change

    def hide(self, path: str, new: str) -> None:
        """Remove it for good, but under `new` it can be used until it is closed."""
        file = self.file(path)
        self._hidden[path] = self.remove(path)
        above, name = self._above(new)
        above.entries[name] = file

    def drop(self, hidden: str) -> None:
        above, name = self._above(hidden)
        del above.entries[name]

    def rename(self, path: str, new: str) -> None:
        node = self.find(path)
        (above, name), (new_above, new_name) = self._above(path), self._above(new)
        replaced = new_above.entries.get(new_name)
        if replaced is node:
            return  # two names of one file: POSIX leaves both
        # libfuse hides an open file before it renames over it: on ext4 that is one change.
        half = self._hidden.pop(new, None)
        if half in self.journal.changes:
            self.journal.changes.remove(half)
        if isinstance(replaced, File):
            replaced.links -= 1
        del above.entries[name]
        new_above.entries[new_name] = node
        what = partial(os.rename, self._at(path), self._at(new))
        touched = (above, new_above, node, *([replaced] if replaced else []))
        self.journal.changes.append(Change(what, touched))

    def chmod(self, node: Node, mode: int) -> None:
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        if isinstance(node, File) and node.backing is not None:
            os.fchmod(node.backing, mode)

    def truncate(self, file: File, size: int) -> None:
        if size == file.size:
            return
        shorter = size < file.size
        file.truncate(size)

        def durably() -> None:
            if file.backing is not None and (size < os.fstat(file.backing).st_size) == shorter:
                os.ftruncate(file.backing, size)

        self.journal.changes.append(Change(durably, (file,), length=size if shorter else None))

    def sync(self, node: Node) -> None:
        self.journal.commit(node)
        if isinstance(node, File):
            node.sync()

    def sync_all(self) -> None:
        self.journal.run(len(self.journal.changes))
        for file in _files(self.top):
            file.sync()

    def cut(self, chance: Random, keep: float) -> dict[str, int]:
        """Leave in `root` what a power cut leaves → how much of what survived."""
        number = len(self.journal.changes)
        kept = {0.0: 0, 1.0: number}.get(keep, chance.randint(0, number))
        known = {id(file): file for file in _files(self.top)}
        self.journal.run(kept)
        lost = self.journal.changes
        known |= {id(node): node for c in lost for node in c.touches if isinstance(node, File)}
        survived = torn = 0
        for file in known.values():
            lengths = [c.length for c in lost if file in c.touches and c.length is not None]
            counted = file.cut(chance, keep, min(lengths, default=1 << 62))
            survived, torn = survived + counted[0], torn + counted[1]
        return {"sectors": survived, "sectors_lost": torn, "names": kept, "names_lost": len(lost)}

    def _enter(self, path: str, node: Node, what: Callable[[], None]) -> None:
        above, name = self._above(path)
        if name in above.entries:
            raise FileExistsError(errno.EEXIST, path)
        self._hidden.pop(path, None)
        above.entries[name] = node
        self.journal.changes.append(Change(what, (above, node)))

    def _above(self, path: str) -> tuple[Folder, str]:
        upper, name = os.path.split(path)
        folder = self.find(upper)
        if not isinstance(folder, Folder):
            raise NotADirectoryError(errno.ENOTDIR, path)
        return folder, name

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")


def _files(node: Node) -> Iterator[File]:
    if isinstance(node, File):
        yield node
    else:
        for below in node.entries.values():
            yield from _files(below)


def _load(path: Path, known: dict[int, File]) -> Folder:
    """A durable folder as it stands in `path`; a file of two names is one file."""
    entries: dict[str, Node] = {}
    for below in path.iterdir():
        status = below.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            entries[below.name] = _load(below, known)
        elif stat.S_ISREG(status.st_mode):
            if status.st_ino not in known:
                known[status.st_ino] = _load_file(below, status)
            entries[below.name] = known[status.st_ino]
    status = path.stat()
    return Folder(status.st_mode, *_marks(status), entries)


def _load_file(path: Path, status: os.stat_result) -> File:
    backing, size = os.open(path, os.O_RDWR), status.st_size
    return File(status.st_mode, size, backing, size, status.st_nlink, *_marks(status))


def _marks(status: os.stat_result) -> tuple[tuple[int, int], tuple[int, int]]:
    return (status.st_uid, status.st_gid), (status.st_atime_ns, status.st_mtime_ns)
