"""Figures over real BlueZ. They are printed; what they must be is judged on a Pi."""

import statistics

import pytest

from tests.bed.conftest import Play, figure

pytestmark = pytest.mark.timeout(600)


def test_every_reading_of_the_bench_arrives(play: Play) -> None:
    found = play("bench")["bench"]
    bonded: list[float] = found["bonded"]
    assert len(bonded) == 30
    figure(
        "advertisement to stored, bonded: "
        f"median {statistics.median(bonded):.2f} s, worst {max(bonded):.2f} s of {len(bonded)}"
    )
    figure(f"advertisement to stored, first contact with pairing: {found['pairing']:.2f} s")
