"""One measurement for each time that a finger is put into a streaming oximeter.

A stream says the same thing every second. Stored is the first frame that the device itself calls
a high-quality spot measurement (SmartPoint); when the finger leaves before there was one, the last
undisturbed frame, else the last frame with numbers. Why: nonin.md, "What is stored".
"""

from drivers.measurement import Measurement, Status

DISTURBED = {Status.ARTIFACT, Status.OUT_OF_TRACK}
MISSING_FRAMES = 10  # the device itself holds the last numbers for 10 s after the finger left


class FingerInsertion:
    """Takes a stream's frames, one a second."""

    def __init__(self) -> None:
        self._best: Measurement | None = None
        self._is_answered = False
        self._missing = 0

    def take(self, frame: Measurement) -> Measurement | None:
        """What is to be stored on account of this frame, if anything."""
        if Status.SENSOR_ALARM in frame.status:
            return self.end()
        if any(value.number is None for value in frame.values.values()):
            self._missing += 1
            return self.end() if self._missing >= MISSING_FRAMES else None
        self._missing = 0
        if self._is_answered:
            return None
        if Status.SMARTPOINT in frame.status:
            self._is_answered, self._best = True, None
            return frame
        if self._best is None or not _disturbed(frame) or _disturbed(self._best):
            self._best = frame
        return None

    def end(self) -> Measurement | None:
        """The finger has left, or the stream has stopped."""
        best = self._best
        self._best, self._is_answered, self._missing = None, False, 0
        return best


def _disturbed(frame: Measurement) -> bool:
    return not DISTURBED.isdisjoint(frame.status)
