"""The process behind a LossyDisk: the operations of FUSE on a tree, and one life after each cut.

Told "cut" and "on", "stall SECONDS", "fail", "heal" or "stop" on its standard input; its end stops
it, too.
"""

import argparse
import errno
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from threading import Lock, Thread
from typing import Any, TypeVar

import mfusepy

from tests.faults.lossy_file import File
from tests.faults.lossy_model import Folder, Node, Tree

STOPPED, CUT = 0, 3
HIDDEN = ".fuse_hidden"  # libfuse's name for a file that is removed while it is open
FOREVER_S = 1_000_000  # the kernel may keep what it knows: nobody else changes this disk

N = TypeVar("N", bound=Node)


class Served:
    """The operations of FUSE on a tree. Its methods are named and called by mfusepy."""

    use_ns = True

    def __init__(self, tree: Tree, stall_s: float) -> None:
        self.tree = tree
        self.stall_s = stall_s
        self.fails = False
        self.alone = Lock()
        self._open: dict[int, File] = {}
        self._numbers = itertools.count(1)

    def init(self, path: str) -> None:
        tell("ready")

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        with self.alone:
            node = self.tree.find(path)
            size, links = (node.size, node.links) if isinstance(node, File) else (4096, 2)
            return {
                "st_mode": node.mode,
                "st_ino": node.number,
                "st_size": size,
                "st_blocks": -(-size // 512),
                "st_nlink": links,
                "st_uid": node.owner[0],
                "st_gid": node.owner[1],
                "st_atime": node.times[0],
                "st_mtime": node.times[1],
                "st_ctime": node.times[1],
            }

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        with self.alone:
            folder = self.tree.find(path)
            entries = folder.entries if isinstance(folder, Folder) else {}
            shown = {name: node for name, node in entries.items() if not name.startswith(HIDDEN)}
            return [
                (name, {"st_ino": node.number, "st_mode": node.mode}, 0)
                for name, node in ({".": folder, "..": folder} | shown).items()
            ]

    def create(self, path: str, mode: int, flags: int) -> int:
        with self.alone:
            return self._opened(self._begun(self.tree.create(path, mode)))

    def open(self, path: str, flags: int) -> int:
        with self.alone:
            file = self.tree.file(path)
            if flags & os.O_TRUNC:
                self.tree.truncate(file, 0)
            return self._opened(file)

    def release(self, path: str, fh: int) -> None:
        with self.alone:
            del self._open[fh]

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        with self.alone:
            return self._open[fh].read(size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        with self.alone:
            self._take()
            file = self._open[fh]
            file.write(data, offset)
            file.times = (file.times[0], time.time_ns())
        return len(data)

    def truncate(self, path: str, length: int) -> None:
        with self.alone:
            self._take()
            file = self.tree.file(path)
            self.tree.truncate(file, length)
            file.times = (file.times[0], time.time_ns())

    def fallocate(self, path: str, mode: int, offset: int, length: int, fh: int) -> int:
        if mode != 0:
            return -errno.EOPNOTSUPP
        with self.alone:
            file = self._open[fh]
            self.tree.truncate(file, max(file.size, offset + length))
        return 0

    def fsync(self, path: str, data_only: int, fh: int) -> None:
        self._sync(self._open[fh])

    def fsyncdir(self, path: str, data_only: int, fh: int) -> None:
        with self.alone:
            folder = self.tree.find(path)
        self._sync(folder)

    def opendir(self, path: str) -> int:
        return 0

    def releasedir(self, path: str, fh: int) -> None:
        pass

    def mkdir(self, path: str, mode: int) -> None:
        with self.alone:
            self._begun(self.tree.make_folder(path, mode))

    def unlink(self, path: str) -> None:
        with self.alone:
            if Path(path).name.startswith(HIDDEN):
                self.tree.drop(path)
            else:
                self.tree.remove(path)

    def rmdir(self, path: str) -> None:
        with self.alone:
            self.tree.remove(path)

    def rename(self, old: str, new: str) -> None:
        with self.alone:
            if Path(new).name.startswith(HIDDEN):
                self.tree.hide(old, new)
            else:
                self.tree.rename(old, new)

    def link(self, target: str, source: str) -> None:
        with self.alone:
            self.tree.link(source, target)

    def chmod(self, path: str, mode: int) -> None:
        with self.alone:
            self.tree.chmod(self.tree.find(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        with self.alone:
            node = self.tree.find(path)
            before = node.owner
            node.owner = (before[0] if uid == -1 else uid, before[1] if gid == -1 else gid)

    def utimens(self, path: str, times: tuple[int, int] | None) -> None:
        with self.alone:
            now = time.time_ns()
            self.tree.find(path).times = times or (now, now)

    def statfs(self, path: str) -> dict[str, int]:
        there = os.statvfs(self.tree.root)
        names = ("bsize", "frsize", "blocks", "bfree", "bavail", "files", "ffree", "namemax")
        return {f"f_{name}": getattr(there, f"f_{name}") for name in names}

    def _sync(self, node: Node) -> None:
        time.sleep(self.stall_s)
        with self.alone:
            self._take()
            self.tree.sync(node)

    def _take(self) -> None:
        if self.fails:
            raise mfusepy.FuseOSError(errno.EIO)

    def _opened(self, file: File) -> int:
        number = next(self._numbers)
        self._open[number] = file
        return number

    def _begun(self, node: N) -> N:
        uid, gid, _ = mfusepy.fuse_get_context()
        now = time.time_ns()
        node.owner, node.times = (uid, gid), (now, now)
        return node


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("backing", type=Path)
    parser.add_argument("mount", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--stall-s", type=float, default=0.0)
    options = parser.parse_args()
    for life in itertools.count():
        # libfuse's threads do not survive a cut: each life is a process.
        child = os.fork()
        if child == 0:
            live(options, Random(f"{options.seed} {life}"))  # noqa: S311 - chance, not secrets
        end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if end == CUT:
            sys.stdin.readline()  # "on": until then whoever has a file open there is in the dark
        subprocess.run(["fusermount3", "-u", "-z", "-q", options.mount], check=False)
        if end != CUT:
            sys.exit(end)


def live(options: argparse.Namespace, chance: Random) -> None:
    served = Served(Tree(options.backing), options.stall_s)
    Thread(target=obey, args=(served, chance, options.keep), daemon=True).start()
    mfusepy.FUSE(
        served,
        str(options.mount),
        foreground=True,
        fsname="lossy",
        use_ino=True,
        kernel_cache=True,
        attr_timeout=FOREVER_S,
        entry_timeout=FOREVER_S,
        allow_other=os.getuid() == 0,
    )
    os._exit(1)


def obey(served: Served, chance: Random, keep: float) -> None:
    for line in sys.stdin:
        match line.split():
            case ["stall", seconds]:
                served.stall_s = float(seconds)
                tell("stalls")
            case ["fail" | "heal" as what]:
                served.fails = what == "fail"
                tell(what)
            case ["cut"]:
                served.alone.acquire()  # for ever: nothing is written after this
                tell(json.dumps(served.tree.cut(chance, keep)))
                os._exit(CUT)
            case _:
                break
    served.alone.acquire()
    served.tree.sync_all()
    os._exit(STOPPED)


def tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - to the LossyDisk


if __name__ == "__main__":
    main()
