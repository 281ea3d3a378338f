"""What the home was told is saved, on the host, where no cut of the guest's power reaches it.

Each line says it right after it happened, and before anything else happens.
"""

import os
from collections import defaultdict
from pathlib import Path
from threading import Lock

READING = "reading"  # its weight: a page would show it
ANSWER = "answer"  # check-in/question: the form was answered with a redirect
CHECK_IN = "check-in"
PLAN = "plan"  # its version: the hub has reported it

FILE = Path("/out/said")


class Said:
    """Usable from any thread; several processes of several boots write to one file."""

    def __init__(self, path: Path = FILE) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._lock = Lock()

    def __call__(self, kind: str, what: str) -> None:
        with self._lock:
            os.write(self._file, f"{kind} {what}\n".encode())


def said(path: Path = FILE) -> dict[str, list[str]]:
    """By kind, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text().splitlines() if path.exists() else ():
        kind, _, what = line.partition(" ")
        found[kind].append(what)
    return found
