"""Every single call to the system fails once (as SQLite tests itself): nothing is saved in vain."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.failing_io import Answer, Call
from tests.faults.tally import IS_NIGHT, ROOT, Tally

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")

SOURCE = Path(__file__).with_name("failing_io.c")
NONE_FAILS = 1 << 40
PR = {"once": 50, "forever": 12}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("faults") / "failing_io.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Lives:
    def __init__(self, library: Path, folder: Path, *words: str) -> None:
        self._errors = folder / "errors"
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.failing_io", *words, str(folder)],
                cwd=ROOT,
                env=os.environ | {"LD_PRELOAD": str(library)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def ask(self, number: int) -> Answer:
        """Of the life in which call `number` fails."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._errors.read_text()
        answer = Answer(**json.loads(line))
        assert answer.ended != "wrong", self._errors.read_text()
        return answer

    def end(self) -> None:
        self._process.communicate()


@pytest.mark.fault("F12")
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("how_long", ["once", "forever"])
@pytest.mark.parametrize("call", list(Call), ids=lambda call: call.name.lower())
def test_whichever_call_fails_nothing_saved_is_lost(
    library: Path, memory: Path, tally: Tally, call: Call, how_long: str, error: str
) -> None:
    lives = Lives(library, memory, call.name, error, how_long)
    try:
        calls = lives.ask(NONE_FAILS).calls
        numbers = range(0, calls, 1 if IS_NIGHT else -(-calls // PR[how_long]))
        ended: Counter[str] = Counter()
        for cycle in tally.cycles(pr=len(numbers), night=len(numbers)):
            answer = lives.ask(numbers[cycle])
            ended[answer.ended] += 1
            tally.add(accepted=answer.accepted, lost=len(answer.lost))
            assert (answer.ended == "never", answer.lost) == (False, []), numbers[cycle]
    finally:
        lives.end()
    tally.say("calls", str(calls))
    tally.say("ended", ", ".join(f"{number} {how}" for how, number in sorted(ended.items())))
    assert calls > 0
