"""What the central service may answer, and what it must not make the hub believe."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from hub.uplink.decoding import Malformed
from hub.uplink.receipts import Fate, Verdict, read

EXAMPLES = Path(__file__).parents[2] / ".." / "shared" / "contract" / "examples"
BUNDLE = UUID("00000000-0000-5000-8000-000000000000")
STORED = {"fullUrl": "urn:uuid:a", "status": "201"}
KNOWN = {"fullUrl": "urn:uuid:b", "status": "200 OK"}
REFUSED = {
    "fullUrl": "urn:uuid:c",
    "status": "422",
    "outcome": {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "value", "diagnostics": "unit\nunknown"},
            {"severity": "error", "code": "invalid", "details": {"text": "no code"}},
            {"severity": "error", "code": "structure"},
        ],
    },
}


def receipt(outcome: str, *entries: dict[str, Any], **more: Any) -> bytes:
    document = {"schema": "dho.receipt/1.0", "bundle": BUNDLE.urn, "outcome": outcome}
    return msgspec.json.encode(document | {"entries": entries} | more)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the contract is not beside this checkout")
def test_the_contracts_example_is_accepted() -> None:
    assert read((EXAMPLES / "receipt.json").read_bytes()) == Verdict(BUNDLE, Fate.STORED)


def test_accepted_is_stored_with_or_without_entries() -> None:
    assert read(receipt("accepted", STORED, KNOWN)) == Verdict(BUNDLE, Fate.STORED)
    assert read(receipt("accepted")) == Verdict(BUNDLE, Fate.STORED)


def test_unknown_members_and_a_newer_minor_version_are_ignored() -> None:
    payload = receipt("accepted", STORED | {"etag": "W/1"}, schema="dho.receipt/1.7", weather=[1])
    assert read(payload).fate is Fate.STORED


def test_seen_by_a_nurse_has_its_time() -> None:
    verdict = read(receipt("accepted", seenAt="2026-11-22T10:00:00+01:00"))
    assert verdict.seen_at == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_partial_names_what_was_refused_and_why() -> None:
    verdict = read(receipt("partial", STORED, REFUSED))
    assert verdict.fate is Fate.DEAD
    assert verdict.reason == (
        "the central service refused 1 of 2 entries: urn:uuid:c: 422 unit unknown no code structure"
    )


def test_a_refused_entry_counts_for_more_than_the_word_accepted() -> None:
    assert read(receipt("accepted", STORED, REFUSED)).fate is Fate.DEAD


def test_rejected_is_kept_even_without_a_reason() -> None:
    verdict = read(receipt("rejected"))
    assert (verdict.fate, verdict.reason) == (
        Fate.DEAD,
        "the central service refused the bundle",
    )


def test_a_long_reason_is_cut() -> None:
    entries = [REFUSED | {"fullUrl": f"urn:uuid:{n}"} for n in range(100)]
    assert len(read(receipt("rejected", *entries)).reason) <= 500


@pytest.mark.parametrize("status", ["500", "503 Service Unavailable", "429", "408"])
def test_an_entry_that_failed_for_now_means_the_bundle_goes_again(status: str) -> None:
    verdict = read(receipt("partial", STORED, KNOWN | {"status": status}, retryAfterS=7))
    assert (verdict.fate, verdict.after_s) == (Fate.LATER, 7)


@pytest.mark.parametrize(
    ("more", "after_s"), [({"retryAfterS": 30}, 30), ({}, 60), ({"retryAfterS": 10**6}, 3600)]
)
def test_retry_waits_as_long_as_asked_within_reason(more: dict[str, int], after_s: int) -> None:
    verdict = read(receipt("retry", **more))
    assert (verdict.fate, verdict.after_s) == (Fate.LATER, after_s)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b"[" * 100_000, id="deep list"),
        pytest.param(receipt("accepted", {"outcome": {}}), id="entry without a status"),
        pytest.param(receipt("accepted", STORED | {"status": "created"}), id="no HTTP status"),
        pytest.param(receipt("accepted", STORED | {"status": 201}), id="a number for a text"),
        pytest.param(receipt("accepted", schema="dho.receipt/2.0"), id="another major version"),
        pytest.param(receipt("accepted", schema="dho.command/1.0"), id="another schema"),
        pytest.param(receipt("accepted", bundle="urn:uuid:nonsense"), id="not a UUID"),
        pytest.param(receipt("perhaps"), id="unknown outcome"),
        pytest.param(receipt("partial", STORED), id="partial, but nothing failed"),
        pytest.param(receipt("retry", retryAfterS=-1), id="a time in the past"),
        pytest.param(receipt("accepted", seenAt="2026-11-22T10:00:00"), id="a time without a zone"),
        pytest.param(
            b'{"schema":"dho.receipt/1.0","bundle":"urn:uuid:%b","outcome":"accepted","entries":'
            b'[{"fullUrl":"a","status":"200","outcome":'
            % str(BUNDLE).encode()
            + b'{"a":' * 100_000,
            id="deep outcome",
        ),
    ],
)
def test_anything_else_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        read(payload)
