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
  check           formatter, linter, type checker and tests, with what is installed already
  bed [--if-possible] [pytest's arguments]
                  the hub on real BlueZ, kernel Bluetooth and D-Bus, in a guest machine;
                  --if-possible says why and ends well where it cannot run, or not soon
  faults [pytest's arguments]
                  inject every fault of docs/faults.md, thousands of times: takes hours, goes on
                  where it was interrupted, and writes that page
  screens         look at every patient page in every language on three screens, and write
                  docs/screens, a picture of each
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
    "$VENV/bin/python" -m pytest "$@"
}

test_packages() {
    quiet_broker
    packages chromium:chromium espeak-ng:espeak-ng opusenc:opus-tools dbus-daemon:dbus systemd-analyze:systemd cc:build-essential fusermount3:fuse3 mkfs.ext4:e2fsprogs
}

run_tests() {
    environment "$VENV" requirements/test.txt
    test_packages
    run_check "$@"
}

# The images are made once, in .bed/; tests/bed/images.sh knows what that takes.
run_bed() {
    local if_possible='' lacks='' images=tests/bed/images.sh
    if [ "${1:-}" = --if-possible ]; then if_possible=1 && shift; fi
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        packages mmdebstrap:mmdebstrap xz:xz-utils fusermount3:fuse3
    fi
    lacks=$($images missing) || true
    if [ -z "$lacks" ] && [ -n "$if_possible" ] && ! $images quick; then
        lacks="a kernel image, which takes a quarter of an hour to build"
    fi
    if [ -n "$lacks" ]; then
        say "bed: NOT RUN. This machine lacks: ${lacks//$'\n'/; }"
        [ -n "$if_possible" ]
        return
    fi
    environment "$VENV" requirements/test.txt
    $images build
    if ! lacks=$("$VENV/bin/python" -m tests.bed.machine); then
        say "bed: NOT RUN. The guest does not boot here: $lacks"
        [ -n "$if_possible" ]
        return
    fi
    "$VENV/bin/python" -m pytest tests/bed "$@"
}

# Without the bed where it cannot run; whatever was counted before, for this very hub, is kept.
run_faults() {
    local status=0
    environment "$VENV" requirements/test.txt
    test_packages
    export HJEMMEHUB_FAULTS=night
    "$VENV/bin/python" -m pytest -m fault -o timeout=0 "$@" || status=$?
    run_bed --if-possible -m fault -o timeout=0 "$@" || status=$?
    "$VENV/bin/python" -m tests.faults
    return "$status"
}

run_screens() {
    environment "$VENV" requirements/test.txt
    test_packages
    "$VENV/bin/python" -m tests.web.pictures
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

# DESTDIR, as packagers know it, puts everything under another root and starts nothing.
install_hub() {
    local root=${DESTDIR:-} file
    python_is_new_enough
    [ -n "$root" ] || packages bluetoothctl:bluez chromium:chromium cage:cage \
        espeak-ng:espeak-ng opusenc:opus-tools
    as_root install -d -m 755 "$root$INSTALL_DIR" "$root$CONFIG_DIR"
    as_root install -d -m 755 "$root"/etc/systemd/system "$root"/usr/lib/sysusers.d \
        "$root"/etc/systemd/journald.conf.d \
        "$root"/etc/udev/rules.d "$root"/etc/chromium/policies/managed

    say "setup: installing to $root$INSTALL_DIR"
    [ -x "$root$INSTALL_DIR/venv/bin/python" ] || as_root python3 -m venv "$root$INSTALL_DIR/venv"
    as_root "$root$INSTALL_DIR/venv/bin/pip" install --quiet --disable-pip-version-check \
        --require-hashes --requirement requirements/pi.txt
    as_root "$root$INSTALL_DIR/venv/bin/pip" install --quiet --disable-pip-version-check \
        --no-deps --no-build-isolation --force-reinstall .
    as_root install -d -m 755 "$root/usr/local/bin"
    as_root ln -sf "$INSTALL_DIR/venv/bin/hub" "$root/usr/local/bin/hub"
    as_root install -m 644 README.md LICENSE "$root$INSTALL_DIR/"
    as_root install -m 644 systemd/hjemmehub.sysusers "$root/usr/lib/sysusers.d/hjemmehub.conf"
    as_root install -m 644 systemd/*.service systemd/*.path "$root/etc/systemd/system/"
    as_root install -m 644 systemd/journald-hjemmehub.conf \
        "$root/etc/systemd/journald.conf.d/hjemmehub.conf"
    as_root install -m 644 config/udev/*.rules "$root/etc/udev/rules.d/"
    as_root install -m 644 config/chromium/*.json "$root/etc/chromium/policies/managed/"
    [ -n "$root" ] || as_root systemd-sysusers
    file=$root$CONFIG_DIR/hub.toml
    if [ ! -e "$file" ]; then
        sed "s/^id = \"[0-9A-F]*\"/id = \"$(hub_id)\"/" config/hub.toml | as_root tee "$file" >/dev/null
        as_root chmod 640 "$file"
        [ -n "$root" ] || as_root chown root:hub "$file"
        say "setup: now edit $file: [patient], [mqtt]"
    fi
    [ -z "$root" ] || return 0
    say "setup: making the clips that the pages are read aloud with (the first time takes minutes)"
    as_root "$INSTALL_DIR/venv/bin/hub" voices --questionnaires config/questionnaires >&2 ||
        say "setup: no clips were made; the pages are read by espeak-ng alone"
    as_root udevadm control --reload
    as_root systemctl daemon-reload
    as_root systemctl restart systemd-journald.service
    as_root systemctl enable --quiet hub.service hub-web.service hub-kiosk.service hub-radio.path
    as_root systemctl restart hub.service hub-web.service hub-kiosk.service hub-radio.path
    say "setup: done. 'sudo hub doctor' tells how it is."
}

# The EUI-64 of the first network card (IEEE: FF-FE in the middle of its address).
hub_id() {
    local mac
    mac=$(cat /sys/class/net/e*/address /sys/class/net/w*/address 2>/dev/null | head -n 1) || true
    # Without a card, a locally administered address that nobody else has.
    [ -n "$mac" ] || mac=02$(od -An -N5 -tx1 /dev/urandom)
    mac=$(printf '%s' "$mac" | tr -d ': \n' | tr a-f A-F)
    printf '%sFFFE%s' "${mac:0:6}" "${mac:6:6}"
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")"
    local command=${1:-}
    [ $# -gt 0 ] && shift
    case $command in
        demo) run_demo "$@" ;;
        test) run_tests "$@" ;;
        check) run_check "$@" ;;
        bed) run_bed "$@" ;;
        faults) run_faults "$@" ;;
        screens) run_screens ;;
        install) install_hub ;;
        lock) write_locks ;;
        *) usage; [ -z "$command" ] || exit 2 ;;
    esac
}

# Sourced by the tests, which try each function on its own.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
