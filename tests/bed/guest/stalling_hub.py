"""`hub`, whole, whose event loop stops for good at SIGUSR1: something in it never returns."""

import signal
import sys
import time
from types import FrameType

from hub.__main__ import main


def _never_return(number: int, frame: FrameType | None) -> None:
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _never_return)
    sys.exit(main())
