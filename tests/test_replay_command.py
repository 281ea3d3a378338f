"""`hub replay` shows what a recorded conversation means, and whether it is what was expected."""

import io
import json
from pathlib import Path

from hub import replay

TRACE = Path(__file__).parent / "traces" / "blood_pressure_unsent_records.json"


def replayed(path: Path) -> tuple[int, list[str]]:
    out = io.StringIO()
    status = replay.run(path, out)
    return status, out.getvalue().splitlines()


def test_each_reading_is_a_line() -> None:
    status, lines = replayed(TRACE)
    assert status == replay.OK
    assert json.loads(lines[0])["kind"] == "blood_pressure"
    assert len(lines) == len(json.loads(TRACE.read_text("utf-8"))["expect"])


def test_another_result_than_expected_is_told(tmp_path: Path) -> None:
    members = json.loads(TRACE.read_text("utf-8"))
    members["expect"].pop()
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(members), "utf-8")
    status, lines = replayed(changed)
    assert status == replay.DIFFERENT
    assert "not what the trace expects" in lines[-1]


def test_what_cannot_be_played_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    for text in ("{", '{"driver": "nobody", "device": "", "source": "", "steps": []}', '{"x": 1}'):
        path.write_text(text, "utf-8")
        status, lines = replayed(path)
        assert status == replay.DAMAGED
        assert len(lines) == 1
    assert replayed(tmp_path / "absent.json")[0] == replay.DAMAGED
