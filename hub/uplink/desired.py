"""What a desired document may say (`dn/desired/{doc}`): read and checked, not yet in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from hub.pause import Config
from hub.settings import Patient
from hub.uplink.decoding import Malformed

T = TypeVar("T")

Json = dict[str, Any]
Check = Callable[[Json], None]
"""`hub.questionnaire.check`: ValueError for a questionnaire that the hub would have to guess at."""

Text = Annotated[str, Meta(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Offer:
    """A document that could come into force.

    version        as reported: `<id>/<version>` of a bundle, `<url>|<version>` of a questionnaire
    questionnaires `<id>|<version>` of each that is in it
    left_out       questionnaires of a plan that cannot be shown, each with the reason
    """

    version: str
    content: Json
    questionnaires: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def is_older_than(self, version: str) -> bool:
        """Of the same document, by number: 1.10 is newer than 1.9. Another document replaces it."""
        name, number = _split(self.version)
        other_name, other_number = _split(version)
        return name == other_name and number < other_number


class _Identifier(Struct, frozen=True):
    value: Annotated[str, Meta(pattern=r"^.+/[0-9]+(\.[0-9]+)*$", max_length=200)]


class _Entry(Struct, frozen=True):
    resource: Json


class _Bundle(Struct, frozen=True, tag="Bundle", tag_field="resourceType"):
    type: Literal["collection"]
    identifier: _Identifier
    entry: Annotated[list[_Entry], Meta(min_length=1, max_length=1000)]


class _Questionnaire(Struct, frozen=True, tag="Questionnaire", tag_field="resourceType"):
    url: Text
    version: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=100)]


class _KitDevice(Struct, frozen=True):
    """No looser than `KitItem`, which reads it: a kit that is kept must not stop the next start."""

    address: str | None = None
    serial: str | None = None
    model: str = ""
    port: str | None = None
    name: str | None = None
    user_index: int | None = None
    consent: str | int | None = None
    lent_since: Annotated[datetime, Meta(tz=True)] | None = None


class _Kit(Struct, frozen=True):
    schema: Annotated[str, Meta(pattern=r"^dho\.devices/1\.[0-9]+$")]
    version: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=100)]
    devices: Annotated[list[_KitDevice], Meta(max_length=100)] = field(default_factory=list)


class _Config(Config, frozen=True, kw_only=True, rename="camel"):
    schema: Annotated[str, Meta(pattern=r"^dho\.config/1\.[0-9]+$")]
    version: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=100)]


def plan(payload: bytes, check: Check, patient: Patient) -> Offer:
    """A self-treatment plan. A questionnaire that cannot be shown is left out, and reported.

    A plan that names somebody else must never stand on this patient's screen.
    """
    content = _json(payload)
    bundle = _typed(content, _Bundle)
    if not any(entry.resource.get("resourceType") == "CarePlan" for entry in bundle.entry):
        raise Malformed("the plan holds no CarePlan")
    if not all(_may_be_of(entry.resource, patient) for entry in bundle.entry):
        raise Malformed("the plan is for another patient")
    problems = [_problem(entry.resource, check) for entry in bundle.entry]
    kept = [e for e, problem in zip(content["entry"], problems, strict=True) if problem is None]
    return Offer(
        bundle.identifier.value,
        content | {"entry": kept},
        _canonicals([entry["resource"] for entry in kept]),
        tuple(problem for problem in problems if problem is not None),
    )


def questionnaires(payload: bytes, check: Check) -> Offer:
    """One Questionnaire, or a collection of them: all can be shown, or none is taken."""
    content = _json(payload)
    if content.get("resourceType") == "Questionnaire":
        one = _typed(content, _Questionnaire)
        version, resources = f"{one.url}|{one.version}", [content]
    else:
        bundle = _typed(content, _Bundle)
        version, resources = bundle.identifier.value, [each.resource for each in bundle.entry]
    for resource in resources:
        _typed(resource, _Questionnaire)
        if (problem := _problem(resource, check)) is not None:
            raise Malformed(problem)
    return Offer(version, content, _canonicals(resources))


def devices(payload: bytes) -> Offer:
    """The kit: what the municipality lent to this home (`dho.devices/1.x`)."""
    content = _json(payload)
    kit = _typed(content, _Kit)
    for number, one in enumerate(kit.devices):
        if not (one.address or one.serial or one.port or one.model):
            raise Malformed(f"devices[{number}] has neither address, serial, port nor model")
    return Offer(kit.version, content)


def config(payload: bytes) -> Offer:
    """How the service is run for this patient (`dho.config/1.x`): pause and quiet hours."""
    content = _json(payload)
    return Offer(_typed(content, _Config).version, content)


def _json(payload: bytes) -> Json:
    """Decimals stay as they were written."""
    decoder = msgspec.json.Decoder(Json, float_hook=Decimal)
    try:
        return decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise Malformed(str(error)) from error


def _typed(content: Json, kind: type[T]) -> T:
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from error


def _problem(resource: Json, check: Check) -> str | None:
    if resource.get("resourceType") != "Questionnaire":
        return None
    try:
        check(resource)
    except ValueError as error:
        return f"{resource.get('url')}|{resource.get('version')}: {error}"
    return None


def _may_be_of(resource: Json, patient: Patient) -> bool:
    """A resource without a named subject is meant for whom the topic names: this hub's patient."""
    subject = resource.get("subject")
    named = subject.get("identifier") if isinstance(subject, dict) else None
    if not isinstance(named, dict):
        return True
    return (named.get("system"), named.get("value")) == (patient.system, patient.value)


def _canonicals(resources: list[Json]) -> tuple[str, ...]:
    """As `up/status` lists them, by id."""
    return tuple(
        f"{resource.get('id') or resource.get('url')}|{resource.get('version')}"
        for resource in resources
        if resource.get("resourceType") == "Questionnaire"
    )


def _split(version: str) -> tuple[str, tuple[int, ...]]:
    """`cp-123/7` → ("cp-123", (7,)); `https://…|1.2.0` → (…, (1, 2, 0)); `12` → ("", (12,))."""
    cut = max(version.rfind("/"), version.rfind("|"))
    return version[:cut] if cut >= 0 else "", tuple(map(int, version[cut + 1 :].split(".")))
