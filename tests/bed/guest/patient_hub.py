"""`hub`, whole, but looking seldom at what nobody changes here: a month passes in minutes then.

What it looks for again and again is in other hands (the pages' journal, the kernel's clock, the
disk, the watchdog), and costs the most where idle time costs nothing. Radio, sessions and books are
as they are.
"""

import os
import sys

from hub import rounds, takeover
from hub.__main__ import main

SELDOM_S = 600.0

takeover.POLL_S = rounds.CLOCK_LOOK_S = rounds.HEALTH_LOOK_S = rounds.BEAT_S = SELDOM_S
os.environ["WATCHDOG_USEC"] = str(int(3 * SELDOM_S * 1_000_000))

if __name__ == "__main__":
    sys.exit(main())
