"""The command line: `hub --help` tells a newcomer all."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hub import logs
from hub.settings import Settings, SettingsError, load
from hub.store.errors import KeyUnusable, SchemaTooNew, StoreError

EX_IOERR = 74  # sysexits.h: it is worth starting again
EX_CONFIG = 78  # it is not: see the units
CONFIG = Path("/etc/hjemmehub/hub.toml")

DECODE_EXAMPLE = """\
examples:
  hub decode 2a35 0684005500640071
  hub decode nonin-8 80396220
  hub decode 2a35@QUIRK 0684…        as models with that quirk of drivers/catalogue.toml send it
  hub decode - < captured.txt        lines of "<characteristic> <hex>", one answer each
"""

VOICES_EXAMPLE = """\
examples:
  hub voices --questionnaires config/questionnaires
  hub voices --language nb --program "piper -m norsk.onnx -f -"
  hub voices --language se --names   for somebody who reads them in: an Opus file of each name in
                                     recorded/se goes before any other voice
"""


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    logs.start(verbose=options.verbose)
    try:
        status: int = options.run(options)
    except (SettingsError, KeyUnusable, SchemaTooNew) as error:
        sys.stderr.write(f"hub: {error}\n")
        return EX_CONFIG
    except StoreError as error:
        sys.stderr.write(f"hub: {error}\n")
        return EX_IOERR
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hub",
        description="A home hub for patients: reads devices, keeps and forwards readings.",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell more in the log")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, help: str, **more: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=help,
            description=help,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **more,  # type: ignore[arg-type] # only `epilog`, which is text
        )
        sub.set_defaults(run=run)
        return sub

    for name, run, help in (
        ("run", _run, "run the hub: devices, storage, forwarding"),
        ("web", _web, "serve the patient's screen and the setup page"),
        ("devices", _devices, "list the devices that have joined"),
        ("status", _status, "tell how the hub is doing, from its books"),
        ("documents", _documents, "show a document as text: plan, devices, messages"),
        ("doctor", _doctor, "check everything; say what is wrong and what to do"),
        ("setup", _setup, "open the setup page for a technician"),
        (
            "capture",
            _capture,
            "record a device's whole session for a bug report; nothing is stored",
        ),
        ("key", _key, "make the key that seals this hub's books, where there is none"),
        ("wipe", _wipe, "destroy everything of the patient on this machine, and say what"),
        ("walk", _walk, "tell how well devices are heard, while you carry one through the home"),
    ):
        sub = command(name, run, help)
        sub.add_argument(
            "--config",
            type=Path,
            default=Path(os.environ.get("HUB_CONFIG", CONFIG)),
            help="settings file (default: $HUB_CONFIG or %(default)s)",
        )
        if name == "wipe":
            sub.add_argument("--yes", action="store_true", help="do not ask")
        if name == "documents":
            sub.add_argument("name", nargs="?", help="which one; without it, the names")
        if name == "setup":
            sub.add_argument("action", choices=["open", "close"])
        if name == "capture":
            sub.add_argument("device", help="part of its name or address")
            sub.add_argument("--out", type=Path, default=Path("trace.json"), help="%(default)s")
            sub.add_argument("--driver", help="its id, where the device does not tell (see README)")
            sub.add_argument("--seconds", type=float, default=120, help="how long to wait for it")
        if name == "walk":
            sub.add_argument("device", nargs="?", default="", help="part of its name or address")

    demo = command("demo", _demo, "run the whole hub with virtual devices and a central service")
    demo.add_argument("--once", action="store_true", help="one reading of each kind, then end")
    demo.add_argument("--state", type=Path, help="keep the demo's files here")

    decode = command(
        "decode", _decode, "print what a device's bytes mean, as JSON", epilog=DECODE_EXAMPLE
    )
    decode.add_argument(
        "characteristic",
        help="characteristic UUID (16-bit or full) or serial protocol id, each with an optional "
        "@quirk, or -",
    )
    decode.add_argument("hex", nargs="?", help="the payload in hexadecimal")

    voices = command(
        "voices",
        _voices,
        "make the clips that the patient's pages are read aloud with",
        epilog=VOICES_EXAMPLE,
    )
    voices.add_argument("--config", type=Path, default=CONFIG, help="%(default)s")
    voices.add_argument(
        "--language",
        action="append",
        default=[],
        choices=["nb", "nn", "se", "en"],
        help="only this one; may be said again",
    )
    voices.add_argument("--out", type=Path, help="instead of voice_dir of the settings")
    voices.add_argument("--questionnaires", type=Path, metavar="DIR", help="read these aloud, too")
    voices.add_argument("--names", action="store_true", help="only tell which file is which text")
    voices.add_argument("--program", help="another voice: reads a text, writes WAV")

    command("models", _models, "list the devices that the hub knows by name")
    texts = command("texts", _texts, "list the texts that await someone who speaks the language")
    texts.add_argument(
        "--update", action="store_true", help="bring the catalogues in line with the pages first"
    )
    replay = command("replay", _replay, "play a recorded conversation to its driver")
    replay.add_argument("trace", type=Path, help="a file of `hub capture`, or of tests/traces")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return load(options.config)


# Each command imports what it needs when it runs: web stays small, decode starts fast.


def _run(options: argparse.Namespace) -> int:
    import asyncio

    from hub.app import run

    return asyncio.run(run(_settings(options)))


def _web(options: argparse.Namespace) -> int:
    from hub.serve import serve

    serve(_settings(options))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from hub.demo.world import main as demo

    return demo(once=options.once, state=options.state)


def _decode(options: argparse.Namespace) -> int:
    from hub.decode import run

    return run(options.characteristic, options.hex, sys.stdin, sys.stdout)


def _capture(options: argparse.Namespace) -> int:
    from hub.capture import Wish, run

    wish = Wish(options.device, options.seconds, options.driver)
    return run(_settings(options), wish, options.out, sys.stdout)


def _voices(options: argparse.Namespace) -> int:
    import shlex

    from hub import speech
    from hub.voices import Wish, run

    folder = options.out or _settings(options).web.voice_dir
    wish = Wish(options.language, folder, options.questionnaires, options.names)
    program = shlex.split(options.program or "")
    voice = speech.speaking(dict.fromkeys(wish.languages, program)) if program else speech.espeak()
    return run(wish, voice, sys.stdout)


def _models(options: argparse.Namespace) -> int:
    from hub.models import run

    return run(sys.stdout)


def _texts(options: argparse.Namespace) -> int:
    from hub.web.catalogues import run

    return run(sys.stdout, update=options.update)


def _replay(options: argparse.Namespace) -> int:
    from hub.replay import run

    return run(options.trace, sys.stdout)


def _walk(options: argparse.Namespace) -> int:
    import asyncio

    from hub.walk import walk

    return asyncio.run(walk(_settings(options), options.device, sys.stdout))


def _devices(options: argparse.Namespace) -> int:
    from hub.inspection import devices

    return devices(_settings(options), sys.stdout)


def _status(options: argparse.Namespace) -> int:
    from hub.inspection import status

    return status(_settings(options), sys.stdout)


def _documents(options: argparse.Namespace) -> int:
    from hub.inspection import documents

    return documents(_settings(options), options.name, sys.stdout)


def _key(options: argparse.Namespace) -> int:
    from hub.store.key import load_or_make

    path = _settings(options).hub.key_path
    load_or_make(path)
    sys.stdout.write(f"{path}\n")
    return 0


def _wipe(options: argparse.Namespace) -> int:
    from hub.wipe import wipe

    return wipe(_settings(options), sys.stdin, sys.stdout, sure=options.yes)


def _doctor(options: argparse.Namespace) -> int:
    from hub.doctor import doctor

    return doctor(options.config, sys.stdout)


def _setup(options: argparse.Namespace) -> int:
    from hub.inspection import setup

    return setup(_settings(options), options.action, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
