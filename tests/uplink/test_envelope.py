"""Payloads in their `enc`, and how much of them is believed."""

import gzip

import pytest

from hub.uplink.decoding import Malformed
from hub.uplink.envelope import MAXIMUM_INFLATED_BYTES, Delivery, body, compressed

GZIP = {"enc": "gzip"}


def test_what_is_packed_is_unpacked() -> None:
    text = b'{"resourceType":"Bundle"}' * 400
    payload, encoding = compressed(text)
    assert encoding == "gzip"
    assert body(Delivery(topic="a", payload=payload, user_properties=GZIP)) == text


def test_what_is_not_packed_is_left_alone() -> None:
    assert body(Delivery(topic="a", payload=b"{}")) == b"{}"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * (MAXIMUM_INFLATED_BYTES + 1))
    with pytest.raises(Malformed, match="inflates past"):
        body(Delivery(topic="a", payload=bomb, user_properties=GZIP))
