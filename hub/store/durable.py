"""Files that are whole after a power cut: the content first, then the name."""

import os
from pathlib import Path

from hub.store.errors import system_errors


def write_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(handle, "wb") as file:  # noqa: PTH123 - a handle, because of its mode
        file.write(content)
        file.flush()
        os.fsync(handle)


def fsync_directory(directory: Path) -> None:
    """Make names durable: a rename survives a power cut only after this."""
    with system_errors(directory):
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
