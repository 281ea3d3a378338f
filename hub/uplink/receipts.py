"""`dn/receipt`: what the central service did with a bundle (`dho.receipt/1.x`, contract §5)."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from hub.uplink.decoding import Malformed, decode

RETRY_AFTER_S = 60
RETRY_AFTER_MAX_S = 3600
REASON_LIMIT = 500
TRY_LATER_STATUSES = frozenset({408, 425, 429})  # of the 4xx: not now, rather than never

Text = Annotated[str, Meta(max_length=200)]


class Entry(Struct, frozen=True, rename="camel"):
    """`status` begins with an HTTP status, as in FHIR's Bundle.entry.response."""

    full_url: Text
    status: Annotated[str, Meta(pattern="^[1-5][0-9]{2}", max_length=100)]
    outcome: dict[str, Any] | None = None
    note: str | None = None

    @property
    def code(self) -> int:
        return int(self.status[:3])


class Receipt(Struct, frozen=True, rename="camel"):
    """`seen_at`: since 1.1, when a nurse opened it."""

    schema: Annotated[str, Meta(pattern=r"^dho\.receipt/1\.[0-9]+$")]
    bundle: Text
    outcome: Literal["accepted", "partial", "rejected", "retry"]
    entries: list[Entry] = field(default_factory=list)
    retry_after_s: Annotated[int, Meta(ge=0)] | None = field(default=None, name="retryAfterS")
    seen_at: Annotated[datetime, Meta(tz=True)] | None = None


class Fate(StrEnum):
    """What a receipt means for the row."""

    STORED = "stored"
    DEAD = "dead"  # kept, but sending it again would not help: a technician must look
    LATER = "later"


class Verdict(Struct, frozen=True):
    """`reason` with DEAD; `after_s` with LATER."""

    bundle: UUID
    fate: Fate
    reason: str = ""
    after_s: int = 0
    seen_at: datetime | None = None


def read(payload: bytes) -> Verdict:
    """Raises Malformed."""
    receipt = decode(payload, Receipt)
    try:
        bundle = UUID(receipt.bundle.removeprefix("urn:uuid:"))
    except ValueError as error:
        raise Malformed(f"bundle {receipt.bundle!r} is not a UUID") from error
    return _verdict(bundle, receipt)


def _verdict(bundle: UUID, receipt: Receipt) -> Verdict:
    """The entries count for more than the word above them: nothing refused may pass as stored."""
    failed = [entry for entry in receipt.entries if entry.code >= 400]
    later = [entry for entry in failed if entry.code >= 500 or entry.code in TRY_LATER_STATUSES]
    after_s = min(receipt.retry_after_s or RETRY_AFTER_S, RETRY_AFTER_MAX_S)
    match receipt.outcome:
        case "rejected":
            return Verdict(bundle, Fate.DEAD, reason=_reason(receipt, failed))
        case "retry":
            return Verdict(bundle, Fate.LATER, after_s=after_s)
        case "partial" if not failed:
            raise Malformed(f"receipt of {bundle} is partial but names no entry that failed")
    if later:  # the bundle is repeated whole; what is stored already is answered with 200
        return Verdict(bundle, Fate.LATER, after_s=after_s)
    if failed:
        return Verdict(bundle, Fate.DEAD, reason=_reason(receipt, failed))
    return Verdict(bundle, Fate.STORED, seen_at=receipt.seen_at)


def _reason(receipt: Receipt, failed: list[Entry]) -> str:
    """For the technician: which entries, and what the central service says about them."""
    count = f"{len(failed)} of {len(receipt.entries)} entries" if failed else "the bundle"
    details = "; ".join(f"{entry.full_url}: {entry.status} {_said(entry)}" for entry in failed)
    text = f"the central service refused {count}: {details}".rstrip(": ")
    return re.sub(r"\s+", " ", text)[:REASON_LIMIT].strip()


def _said(entry: Entry) -> str:
    """OperationOutcome.issue[].diagnostics or details.text, whichever is there."""
    issues = (entry.outcome or {}).get("issue")
    said = [entry.note or ""]
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict):
            details = issue.get("details")
            text = details.get("text") if isinstance(details, dict) else None
            said.append(str(issue.get("diagnostics") or text or issue.get("code") or ""))
    return " ".join(filter(None, said))
