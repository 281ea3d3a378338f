#!/usr/bin/env bash
# Sets Hjemmehub up. Run it without arguments to see what it can do.
set -o errexit -o pipefail -o nounset

readonly VENV=.venv
readonly INSTALL_DIR=/opt/hjemmehub
readonly CONFIG_DIR=/etc/hjemmehub

usage() {
    cat <<'TEXT'
Usage: ./setup.sh COMMAND

  demo [--once]   run the whole hub without hardware and print where to look;
                  --once takes one reading of each kind, prints what arrived, and ends
  test            set up what the tests need and run them all
  check           formatter, linter and type checker
  install         install the hub on this Raspberry Pi, to start at boot
  lock            write the lock files anew after a change of dependencies
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# packages COMMAND:PACKAGE … : installs each package whose command is not there.
packages() {
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || missing+=("${pair#*:}")
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
    say "setup: installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# The broker of the demo and the tests is a child of theirs; Debian's own service is not needed.
quiet_broker() {
    command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] && return
    packages mosquitto:mosquitto
    [ -d /run/systemd/system ] && as_root systemctl disable --quiet --now mosquitto.service
    return 0
}

python_is_new_enough() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "Python 3.11 or newer is needed"
}

# environment FOLDER LOCK : a virtual environment with exactly the locked packages; quick when it is there.
environment() {
    local folder=$1 lock=$2 stamp
    python_is_new_enough
    packages
    stamp=$(cat "$lock" pyproject.toml | sha256sum)
    [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ] && return
    say "setup: preparing $folder (the first time takes a minute)"
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    printf '%s\n' "$stamp" >"$folder/stamp"
}

run_demo() {
    environment "$VENV" requirements/demo.txt
    quiet_broker
    exec "$VENV/bin/python" -m hub demo "$@"
}

run_check() {
    environment "$VENV" requirements/test.txt
    "$VENV/bin/ruff" format --check .
    "$VENV/bin/ruff" check .
    "$VENV/bin/mypy"
}

run_tests() {
    environment "$VENV" requirements/test.txt
    quiet_broker
    packages chromium:chromium dbus-daemon:dbus systemd-analyze:systemd
    run_check
    "$VENV/bin/python" -m pytest "$@"
}

# Locks hold every platform and Python version at once, so the same files serve laptop, CI and Pi.
write_locks() {
    local name
    environment "$VENV" requirements/test.txt
    for name in run "pi --extra pi" "demo --extra demo" "test --extra demo --extra test"; do
        # shellcheck disable=SC2086 # the words after the name are options
        "$VENV/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
            --no-emit-index-url --no-header ${name#"${name%% *}"} \
            pyproject.toml requirements/build.in --output-file "requirements/${name%% *}.txt"
    done
}

install_hub() {
    packages bluetoothctl:bluez chromium:chromium cage:cage
    as_root install -d -m 755 "$INSTALL_DIR" "$CONFIG_DIR"
    say "setup: copying to $INSTALL_DIR"
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")"
    local command=${1:-}
    [ $# -gt 0 ] && shift
    case $command in
        demo) run_demo "$@" ;;
        test) run_tests "$@" ;;
        check) run_check ;;
        install) install_hub ;;
        lock) write_locks ;;
        *) usage; [ -z "$command" ] || exit 2 ;;
    esac
}

# Sourced by the tests, which try each function on its own.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
