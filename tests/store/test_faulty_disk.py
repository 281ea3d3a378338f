"""Every single write and sync fails once (as SQLite tests itself): nothing is "saved" in vain."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>

static long left = -1;
static int fails(void) { return left >= 0 && left-- == 0; }
void arm(long calls) { left = calls; }
long unused(void) { return left; }

#define OR_FAIL(type, name, parameters, arguments)                          \
    type name parameters {                                                  \
        static type (*real) parameters;                                     \
        if (!real) real = (type (*) parameters) dlsym(RTLD_NEXT, #name);    \
        if (fails()) { errno = EIO; return -1; }                            \
        return real arguments;                                              \
    }
OR_FAIL(ssize_t, pwrite64, (int f, const void *b, size_t n, off64_t at), (f, b, n, at))
OR_FAIL(ssize_t, pwrite, (int f, const void *b, size_t n, off_t at), (f, b, n, at))
OR_FAIL(int, fdatasync, (int f), (f))
OR_FAIL(int, fsync, (int f), (f))
OR_FAIL(int, ftruncate64, (int f, off64_t n), (f, n))
"""

HUB = """
import ctypes, os, sys
from pathlib import Path
from tests.books import ledger_at
from hub.store.errors import DiskFault
from tests.books import ledger_at
from tests.store.made import blood_pressure, moment, reception

faults = ctypes.CDLL(os.environ["LD_PRELOAD"])
root = Path(sys.argv[1])

def run(folder, saved):
    ledger = ledger_at(folder / "ledger.db")
    for number in range(4):
        kept = ledger.append(blood_pressure(number), reception(f"s{number}"))
        saved.write(kept.id.encode() + b"\\n")
    ledger.outbox.seal(1, "b1", bytes(6000))
    ledger.outbox.acknowledge(["b1"], moment().wall)
    ledger._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.append(blood_pressure(9), reception())

def check(folder):
    ledger = ledger_at(folder / "ledger.db")
    assert ledger.damaged is None, ledger.damaged
    assert ledger._database.value("PRAGMA integrity_check") == "ok"
    kept = {row["id"] for row in ledger._database.rows("SELECT id FROM measurement")}
    saved = set((folder / "saved").read_text().split())
    assert saved <= kept, saved - kept
    assert ledger.append(blood_pressure(77), reception("later"))
    ledger.close()

for calls in range(1000):
    folder = root / str(calls)
    folder.mkdir()
    child = os.fork()
    if child == 0:
        with (folder / "saved").open("wb", buffering=0) as saved:
            faults.arm(calls)
            try:
                run(folder, saved)
            except DiskFault:
                os._exit(1)
            os._exit(2 if faults.unused() >= 0 else 3)
    told = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    check(folder)
    if told == 2:
        print("all", calls)
        break
    print("fault" if told == 1 else "unnoticed", calls)
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_whichever_write_fails_nothing_saved_is_lost(tmp_path: Path, memory: Path) -> None:
    source, library = tmp_path / "faults.c", tmp_path / "faults.so"
    source.write_text(FAULTS)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    ran = subprocess.run(
        [sys.executable, "-c", HUB, memory],
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = [line.split()[0] for line in ran.stdout.splitlines()]
    assert told[-1] == "all"
    assert told.count("fault") > 40
