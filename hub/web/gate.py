"""Who may use the setup pages, and for how long.

The pages do not listen until somebody at the hub opened them. A technician then types the code
that the kiosk shows: valid ten minutes, once. Five wrong ones void it and lock everybody out
for a minute, twice as long each time. Everything is counted by a clock that cannot be set.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 signs that nobody mistakes for another
CODE_LENGTH = 6
CODE_LIFE_S = 600.0
TRIES = 5
FIRST_LOCK_S = 60.0
LONGEST_LOCK_S = 900.0
IDLE_S = 900.0
SESSION_S = 3600.0


class WrongCode(Exception):
    """`wait_s` until the next try is looked at; 0 = at once."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wrong code, wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(slots=True)
class Code:
    text: str
    made_s: float
    wrong: int = 0


@dataclass(slots=True)
class Session:
    token: str
    began_s: float
    used_s: float


class Gate:
    """Shared by the threads of both servers.

    seconds    a monotonic clock
    on_change  told when the pages must listen, and when they must stop; it must not wait
    """

    def __init__(
        self,
        open_s: float,
        seconds: Callable[[], float],
        on_change: Callable[[bool], None] = lambda is_open: None,
    ) -> None:
        self._open_s = open_s
        self._seconds = seconds
        self._on_change = on_change
        self._lock = RLock()
        self._until_s: float | None = None
        self._code: Code | None = None
        self._session: Session | None = None
        self._lock_s = FIRST_LOCK_S
        self._locked_until_s = 0.0
        self.address = ""
        self.fingerprint = ""

    @property
    def is_open(self) -> bool:
        with self._lock:
            if self._until_s is not None and self._seconds() >= self._until_s:
                self.close()
            return self._until_s is not None

    @property
    def left_s(self) -> float:
        with self._lock:
            return max(0.0, (self._until_s or 0.0) - self._seconds())

    @property
    def locked_s(self) -> float:
        """Until the next try is looked at."""
        with self._lock:
            return max(0.0, self._locked_until_s - self._seconds())

    @property
    def in_use(self) -> bool:
        with self._lock:
            return self._living() is not None

    def open(self) -> None:
        with self._lock:
            was_open = self.is_open
            self._until_s = self._seconds() + self._open_s
            if not was_open:
                self._on_change(True)

    def close(self) -> None:
        with self._lock:
            if self._until_s is not None:
                self._until_s = self._code = self._session = None
                self._on_change(False)

    def code(self) -> str | None:
        """What the kiosk shows: None while it is closed or a technician is in."""
        with self._lock:
            if not self.is_open or self._living() is not None:
                return None
            if self._code is None or self._seconds() - self._code.made_s >= CODE_LIFE_S:
                text = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
                self._code = Code(text, self._seconds())
            return self._code.text

    def enter(self, text: str) -> str:
        """The token of a new session for the right code; else WrongCode."""
        with self._lock:
            if self.locked_s:
                raise WrongCode(self.locked_s)
            now = self._seconds()
            code = self._code
            if not self.is_open or code is None or now - code.made_s >= CODE_LIFE_S:
                raise WrongCode(0)
            if not hmac.compare_digest(text.strip().upper().encode(), code.text.encode()):
                raise WrongCode(self._count_wrong(code, now))
            self._code = None
            self._lock_s = FIRST_LOCK_S
            self._session = Session(secrets.token_urlsafe(24), now, now)
            return self._session.token

    def admits(self, token: str, *, by_person: bool = True) -> bool:
        """Whether `token` is the session of the technician who is in.

        What a person does keeps the session alive; what a page does by itself does not.
        """
        with self._lock:
            session = self._living()
            if session is None or not hmac.compare_digest(token.encode(), session.token.encode()):
                return False
            if by_person:
                session.used_s = self._seconds()
            return True

    def leave(self) -> None:
        """The session ends; the kiosk shows a new code while the pages stay open."""
        with self._lock:
            self._session = self._code = None

    def _count_wrong(self, code: Code, now: float) -> float:
        code.wrong += 1
        if code.wrong < TRIES:
            return 0.0
        wait_s = self._lock_s
        self._code = None
        self._locked_until_s = now + wait_s
        self._lock_s = min(LONGEST_LOCK_S, self._lock_s * 2)
        return wait_s

    def _living(self) -> Session | None:
        session, now = self._session, self._seconds()
        if session is None or not self.is_open:
            return None
        if now - session.used_s >= IDLE_S or now - session.began_s >= SESSION_S:
            self._session = None
        return self._session
