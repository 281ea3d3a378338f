"""Whether the plan wants the numbers of a kind to be seen on this screen.

Some people are better without them. The reading is kept and sent all the same.
"""

from typing import Any

import msgspec
from flask import g

from drivers.measurement import Kind
from hub.schedule import CarePlan, is_hidden
from hub.web.parts import books

TELLS_OF = {Kind.BODY_COMPOSITION: Kind.BODY_WEIGHT, Kind.CONTINUOUS_GLUCOSE: Kind.GLUCOSE}
"""Kinds that show another one's number, or nearly so."""


def hides(kind: Kind) -> bool:
    """In force for the whole of a request, so the plan is read once."""
    if "hidden_kinds" not in g:
        g.hidden_kinds = hidden_kinds(books().documents.get("plan"))
    hidden: frozenset[Kind] = g.hidden_kinds
    return kind in hidden or TELLS_OF.get(kind) in hidden


def hidden_kinds(plan: dict[str, Any] | None) -> frozenset[Kind]:
    """Of all CarePlans in the bundle; none where it is no plan."""
    try:
        found = [
            msgspec.convert(entry["resource"], CarePlan)
            for entry in (plan or {}).get("entry", [])
            if entry["resource"]["resourceType"] == "CarePlan"
        ]
    except (msgspec.ValidationError, KeyError, TypeError, AttributeError):
        return frozenset()
    if any(is_hidden(one.extension) for one in found):
        return frozenset(Kind)
    return frozenset(
        activity.kind
        for one in found
        for activity in one.activity
        if activity.kind is not None and is_hidden(activity.extension)
    )
