"""What came down the wire and should not have: counted and logged, never a crash (S46)."""

import logging
from collections import Counter
from enum import StrEnum

logger = logging.getLogger(__name__)

DETAIL_LIMIT = 200


class Anomaly(StrEnum):
    """Closed, so that a hostile broker cannot make the counters grow."""

    FOREIGN_TOPIC = "foreign_topic"
    UNKNOWN_TOPIC = "unknown_topic"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    MALFORMED = "malformed"
    UNKNOWN_BUNDLE = "unknown_bundle"
    RESPONSE_TOPIC = "response_topic"
    DOCUMENT_REFUSED = "document_refused"
    COMMAND_REFUSED = "command_refused"


class Anomalies:
    """Counters by kind. Only the 1st, 2nd, 4th, 8th … is logged, so that no flood fills the log."""

    def __init__(self) -> None:
        self._counts: Counter[Anomaly] = Counter()

    def note(self, kind: Anomaly, detail: str) -> None:
        self._counts[kind] += 1
        count = self._counts[kind]
        if count & (count - 1) == 0:
            logger.warning("%s (%d so far): %r", kind, count, detail[:DETAIL_LIMIT])

    def counts(self) -> dict[str, int]:
        return {kind.value: count for kind, count in self._counts.items()}
