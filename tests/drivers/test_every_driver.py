"""What every driver owes, run over the registry: a new driver needs no test code of its own."""

import ast
import random
import re
import sys
from pathlib import Path

import pytest

from drivers.contract import Decoder, GattProfile, RadioDriver, SerialDriver
from drivers.errors import DriverError
from drivers.measurement import Measurement
from drivers.registry import DRIVERS, Driver
from drivers.replay import Step, Trace, load_trace
from tests.faults.tally import Tally

DRIVERS_DIR = Path(__file__).parents[2] / "drivers"
TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.json"))
DECODERS = {
    f"{driver.id} {quirk}": decode
    for driver in DRIVERS
    if issubclass(driver, GattProfile)
    for quirk, decode in driver.variants.items()
} | {
    f"{driver.id} {source[4:8] if '-1000-' in source else source}": decode
    for driver in DRIVERS
    for source, decode in driver.decoders.items()
}
UUID_128 = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RANDOM_PAYLOADS = 10_000
LONGEST = 40


@pytest.fixture(params=DRIVERS, ids=lambda driver: driver.id)
def driver(request: pytest.FixtureRequest) -> Driver:
    found: Driver = request.param
    return found


@pytest.fixture(params=list(DECODERS.values()), ids=list(DECODERS))
def decode(request: pytest.FixtureRequest) -> Decoder:
    found: Decoder = request.param
    return found


def test_ids_are_unique() -> None:
    assert len({driver.id for driver in DRIVERS}) == len(DRIVERS)


def test_ids_are_kebab_case(driver: Driver) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", driver.id)


def test_a_driver_is_documented_and_needs_no_arguments(driver: Driver) -> None:
    assert driver.__doc__
    assert driver()


def test_a_ble_driver_demands_something_of_an_advertisement() -> None:
    for driver in DRIVERS:
        assert issubclass(driver, SerialDriver) or driver.match.strength > 0


def test_decoders_are_keyed_as_the_contract_says(driver: Driver) -> None:
    assert driver.decoders
    if issubclass(driver, RadioDriver):
        assert all(UUID_128.fullmatch(source) for source in driver.decoders)


def test_no_two_drivers_decode_the_same_source() -> None:
    sources = [source for driver in DRIVERS for source in driver.decoders]
    assert len(set(sources)) == len(sources)


def test_every_driver_has_a_trace(driver: Driver) -> None:
    assert driver.id in {load_trace(path).driver for path in TRACES}


@pytest.mark.fault("F38")
def test_random_payloads_are_measurements_or_driver_errors(decode: Decoder, tally: Tally) -> None:
    chance = random.Random(1)  # noqa: S311  the same payloads in every run
    for _ in tally.cycles(pr=RANDOM_PAYLOADS, night=10 * RANDOM_PAYLOADS):
        payload = chance.randbytes(chance.randrange(LONGEST))
        try:
            assert isinstance(decode(payload), Measurement)
        except DriverError:
            continue


def payloads(step: Step) -> list[bytes]:
    advertised = step.get("advertise", {}).values()
    texts = [step.get("payload"), step.get("receive"), *advertised]
    return [bytes.fromhex(text) for text in texts if text is not None]


def decodable(driver: Driver) -> list[tuple[Decoder, bytes]]:
    """Every payload in a trace of this driver, sent or put together, that a decoder takes whole."""
    return [
        (decode, payload)
        for path in TRACES
        for trace in [load_trace(path)]
        if trace.driver == driver.id
        for step in (*trace.steps, *put_together(trace))
        for payload in payloads(step)
        for source, decode in variants(driver, trace)
        if "notify" not in step or source in (step["notify"], uuid(step["notify"]))
        if is_taken(decode, payload)
    ]


def put_together(trace: Trace) -> list[Step]:
    """What the driver made of several steps, as if it had come in one."""
    sent = {payload.hex() for step in trace.steps for payload in payloads(step)}
    made = {text for said in trace.expect for text in said.get("payloads", ())}
    return [{"receive": text} for text in sorted(made - sent)]


def variants(driver: Driver, trace: Trace) -> list[tuple[str, Decoder]]:
    """Its decoders, and how a model with the trace's quirks encodes its measurement instead."""
    found = list(driver.decoders.items())
    if issubclass(driver, GattProfile):
        odd = (driver.variants[quirk] for quirk in trace.quirks if quirk in driver.variants)
        found += [(driver.characteristic, decode) for decode in odd]
    return found


def uuid(short: str) -> str:
    return f"0000{short}-0000-1000-8000-00805f9b34fb"


def is_taken(decode: Decoder, payload: bytes) -> bool:
    try:
        decode(payload)
    except DriverError:
        return False
    return True


@pytest.mark.fault("F38")
def test_a_payload_cut_anywhere_is_a_driver_error(driver: Driver) -> None:
    found = decodable(driver)
    assert found
    for decode, payload in found:
        whole = decode(payload)
        for length in range(len(payload)):
            assert cut_is_noticed(decode, payload[:length], whole)


def cut_is_noticed(decode: Decoder, payload: bytes, whole: Measurement) -> bool:
    """A list without a count, such as RR intervals, may have become shorter."""
    try:
        rest = decode(payload)
    except DriverError:
        return True
    return numbers(rest) < numbers(whole)


def numbers(measurement: Measurement) -> int:
    return sum(map(len, measurement.series.values()))


def test_drivers_import_nothing_but_the_standard_library() -> None:
    for path in DRIVERS_DIR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for module in imported(node):
                assert module == "drivers" or module in sys.stdlib_module_names, (path, module)


def imported(node: ast.AST) -> list[str]:
    """The top-level packages that a statement imports."""
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").split(".")[0]]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return []
