"""The observations of a bundle: drafts with their time, their names and their place."""

from collections.abc import Iterator
from datetime import timedelta

from drivers.measurement import Measurement
from hub.records import Kept
from hub.uplink.codes import Code
from hub.uplink.flags import is_preliminary, is_test, is_unconfirmed
from hub.uplink.identifiers import Name, conditional_create, urn, urn_name
from hub.uplink.observations import Draft, drafts
from hub.uplink.resources import (
    PROFILES,
    TERMINOLOGY,
    Json,
    concept,
    entry,
    identifier,
    patient_reference,
    reference,
)
from hub.uplink.setting import PERSONAL_HEALTH, VITAL_SIGNS, Setting, Timed, clock_urn
from hub.uplink.timing import Taken, effective

TEST_DATA = {"system": TERMINOLOGY + "v3-ActReason", "code": "HTEST"}
UNCERTAIN_RELIABILITY = {"system": TERMINOLOGY + "v3-ObservationValue", "code": "UNCERTREL"}


def measured(setting: Setting, timed: Timed) -> Iterator[Json]:
    """The observations. Two of one code with one stamp (a scale that reports twice in a second, a
    clock that was set back) cannot both have the guide's identifier: the later keeps the hub's own
    only."""
    used: set[Name] = set()
    for one, when in timed:
        if when.left_out:
            continue
        first = None
        for draft in drafts(one.measurement):
            name = None if one.namesake else _guide_name(setting, draft, when)
            if name in used:
                name = None
            elif name:
                used.add(name)
            whole = _observation(setting, one, when, draft, name, first)
            first = first or whole["fullUrl"]
            yield whole


def _guide_name(setting: Setting, draft: Draft, when: Taken) -> Name | None:
    if when.stamp is None or not isinstance(draft.code, Code):
        return None
    return conditional_create(
        setting.device,
        setting.patient,
        draft.code.number,
        when.stamp,
        duration_s=draft.duration_s,
        supplemental=tuple(code.number for code in draft.supplemental),
    )


def _observation(
    setting: Setting, one: Kept, when: Taken, draft: Draft, name: Name | None, first: str | None
) -> Json:
    own = urn(name.value) if name else urn(setting.device_urn, one.id, *_what(draft))
    names = [name, urn_name(own)] if name else [urn_name(own)]
    clock = clock_urn(one.reception.session, when.clock) if when.clock else None
    resource = {
        "resourceType": "Observation",
        "meta": {"profile": [PROFILES + draft.profile], **_security(one.measurement)},
        "extension": setting.extensions(clock),
        "identifier": [identifier(each) for each in names],
        "status": "preliminary" if is_preliminary(one.measurement) else "final",
        "category": [VITAL_SIGNS, PERSONAL_HEALTH] if draft.code.vital else [PERSONAL_HEALTH],
        "code": concept(draft.code, draft.unit),
        "subject": patient_reference(setting.patient),
        **_effective(setting, when, draft),
        "device": reference(setting.device_urn),
        **draft.content,
        **_notes(draft, when, is_first=first is None),
        **({"derivedFrom": [reference(first)]} if draft.derived and first else {}),
    }
    return entry(own, resource, names[0])


def _what(draft: Draft) -> list[str]:
    return [code.word for code in (draft.code, *draft.supplemental)]


def _security(measurement: Measurement) -> Json:
    labels = [TEST_DATA] if is_test(measurement) else []
    labels += [UNCERTAIN_RELIABILITY] if is_unconfirmed(measurement) else []
    return {"security": labels} if labels else {}


def _effective(setting: Setting, when: Taken, draft: Draft) -> Json:
    """With a duration, a stamp is the start and a reception the end (guide, PhdBaseObservation)."""
    if when.at is None or draft.duration_s is None:
        return effective(when.at, when.after, when.before, setting.zone)
    lasted = timedelta(seconds=float(draft.duration_s))
    start = when.at if when.is_by_device else when.at - lasted
    return effective(None, start, start + lasted, setting.zone)


def _notes(draft: Draft, when: Taken, *, is_first: bool) -> Json:
    notes = list(draft.notes)
    if is_first and when.unused:
        notes.append(f"Apparatets klokke viste {when.unused.isoformat()}.")
    return {"note": [{"text": note} for note in notes]} if notes else {}
