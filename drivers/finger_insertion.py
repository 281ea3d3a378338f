"""One measurement for each time that a finger is put into a streaming oximeter.

A stream says the same thing every second. Stored is the first frame that the device itself calls
good (Nonin's SmartPoint, "fully qualified" in the Pulse Oximeter Service); when the finger leaves
before there was one, the last undisturbed frame, else the last frame with numbers. Why: nonin.md,
"What is stored".
"""

from drivers.measurement import Measurement, Quantity, Status

FINGER_IS_OUT = {
    Status.SENSOR_ALARM,
    Status.SENSOR_UNCONNECTED_TO_USER,
    Status.SENSOR_DISCONNECTED,
}
GOOD = {Status.SMARTPOINT, Status.FULLY_QUALIFIED}
DISTURBED = {
    Status.ARTIFACT,
    Status.OUT_OF_TRACK,
    Status.INADEQUATE_SIGNAL,
    Status.SIGNAL_ANALYSIS_ONGOING,
    # Pulse Oximeter Service
    Status.EARLY_ESTIMATE,
    Status.QUESTIONABLE,
    Status.INVALID,
    Status.UNAVAILABLE,
    Status.CALIBRATION_ONGOING,
    Status.SIGNAL_IRREGULARITY,
    Status.POOR_SIGNAL,
    Status.ERRATIC_SIGNAL,
    Status.NONPULSATILE_SIGNAL,
    Status.QUESTIONABLE_PULSE,
    Status.SENSOR_INTERFERENCE,
    Status.SENSOR_DISPLACED,
}
NEEDED = (Quantity.OXYGEN_SATURATION, Quantity.PULSE_RATE)
MISSING_FRAMES = 10  # the device itself holds the last numbers for 10 s after the finger left


class FingerInsertion:
    """Takes a stream's frames, one a second.

    missing_frames  so many without numbers are a finger that has left: more in a faster stream
    answer_after  so many frames with numbers are enough, whether the finger leaves or not: for a
                  link whose session has a deadline, which would take the measurement with it
    """

    def __init__(
        self, answer_after: int | None = None, missing_frames: int = MISSING_FRAMES
    ) -> None:
        self._missing_frames = missing_frames
        self._answer_after = answer_after
        self._best: Measurement | None = None
        self._is_answered = False
        self._missing = 0
        self._seen = 0

    def take(self, frame: Measurement) -> Measurement | None:
        """What is to be stored on account of this frame, if anything."""
        if not FINGER_IS_OUT.isdisjoint(frame.status):
            return self.end()
        if any(frame.values[quantity].number is None for quantity in NEEDED):
            self._missing += 1
            return self.end() if self._missing >= self._missing_frames else None
        self._missing = 0
        if self._is_answered:
            return None
        if self._best is None or not _disturbed(frame) or _disturbed(self._best):
            self._best = frame
        self._seen += 1
        if not GOOD.isdisjoint(frame.status) and not _disturbed(frame):
            self._best = frame
        elif self._seen != self._answer_after:
            return None
        self._is_answered, best, self._best = True, self._best, None
        return best

    def end(self) -> Measurement | None:
        """The finger has left, or the stream has stopped."""
        best = self._best
        self._best, self._is_answered, self._missing, self._seen = None, False, 0, 0
        return best


def _disturbed(frame: Measurement) -> bool:
    return not DISTURBED.isdisjoint(frame.status)
