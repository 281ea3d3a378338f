#!/usr/bin/env bash
# The bed's images, in .bed/: a kernel that runs as a process, and Debian bookworm as a folder.
#   images.sh missing   one line for each thing that is not there; status 1 when there is one
#   images.sh quick     status 0 when what must be built takes a minute, not a quarter of an hour
#   images.sh build     make what is not there; what has changed is made anew
set -o errexit -o pipefail -o nounset

readonly IMAGES=.bed
readonly SHARED_KERNEL=../shared/bed/prebuilt/linux.uml.xz # where a workplace has one ready
readonly LOCK=requirements/demo.txt
readonly SITE=usr/local/lib/python3.11/dist-packages
readonly PACKAGES=systemd,systemd-sysv,udev,dbus,bluez,bluez-test-tools,python3,iproute2,mosquitto,python3-dbus,python3-gi
readonly EXAMPLES=bluez-test-scripts # among them a heart rate sensor that nobody here wrote
# Debian's driver of the guest's disk skips requests without data, and so every flush: a power cut then
# finds nothing that was ever flushed. kernel.sh mends its source; a ready image takes another jump.
readonly SKIPS_FLUSHES='\x83\xf8\x02\x74\x1f\x83\xf8\x03\x75\x08'
readonly FLUSHES='\x83\xf8\x02\x74\x05\x83\xf8\x03\x75\x08'

kernel() {
    local found
    for found in "${HJEMMEHUB_BED_KERNEL:-}" "$SHARED_KERNEL"; do
        [ -n "$found" ] && [ -f "$found" ] && printf '%s' "$found" && return
    done
    return 1
}

missing() {
    local lacks=() tool
    [ "$(uname -sm)" = "Linux x86_64" ] || lacks+=("a Linux machine with an x86-64 processor")
    [ "$(id -u)" -eq 0 ] || lacks+=("root: the folder it boots from has files of several users")
    command -v mmdebstrap >/dev/null || [ -d $IMAGES/rootfs ] || lacks+=("mmdebstrap")
    [ -d /dev/shm ] && ! findmnt -no OPTIONS --target /dev/shm | grep -qw noexec ||
        lacks+=("/dev/shm without noexec: the guest's memory")
    if [ ! -x $IMAGES/linux.uml ] && ! kernel >/dev/null; then
        for tool in gcc make flex bison bc apt-get; do
            command -v "$tool" >/dev/null || lacks+=("$tool, or a kernel image in HJEMMEHUB_BED_KERNEL")
        done
    fi
    [ ${#lacks[@]} -eq 0 ] || { printf '%s\n' "${lacks[@]}"; return 1; }
}

quick() { [ -x $IMAGES/linux.uml ] || kernel >/dev/null; }

build_kernel() {
    [ -x $IMAGES/linux.uml ] && return
    local from
    if ! from=$(kernel); then
        printf 'bed: building a kernel; this takes a quarter of an hour, once\n' >&2
        tests/bed/vm/kernel.sh $IMAGES
        return
    fi
    case $from in
        *.xz) xz -dc "$from" >$IMAGES/linux.uml.new ;;
        *) cp "$from" $IMAGES/linux.uml.new ;;
    esac
    chmod +x $IMAGES/linux.uml.new
    mv $IMAGES/linux.uml.new $IMAGES/linux.uml
}

mend_kernel() {
    LC_ALL=C grep --quiet --text --perl-regexp "$SKIPS_FLUSHES" $IMAGES/linux.uml || return 0
    LC_ALL=C sed --in-place "s/$SKIPS_FLUSHES/$FLUSHES/" $IMAGES/linux.uml
}

build_rootfs() {
    local stamp root=$IMAGES/rootfs.new
    stamp=$(printf '%s %s' "$PACKAGES" "$EXAMPLES" | cat - "$LOCK" | sha256sum)
    if [ "$(cat $IMAGES/stamp 2>/dev/null)" != "$stamp" ]; then
        printf 'bed: building a Debian to boot (a minute)\n' >&2
        rm -rf "$root" $IMAGES/rootfs
        mmdebstrap --quiet --variant=minbase --mode=root --include="$PACKAGES" \
            --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
            bookworm "$root"
        .venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes \
            --only-binary=:all: --python-version 3.11 --target "$root/$SITE" --requirement "$LOCK" 2>$IMAGES/pip.log ||
            { cat $IMAGES/pip.log >&2; return 1; }
        (cd "$root/opt" && apt-get -o APT::Sandbox::User=root download -qq "$EXAMPLES" && dpkg-deb -x "$EXAMPLES"_*.deb examples)
        mkdir -p "$root/hub" "$root/out" "$root/cache"
        mv "$root" $IMAGES/rootfs
        printf '%s\n' "$stamp" >$IMAGES/stamp
    fi
    install -m 755 tests/bed/vm/init $IMAGES/rootfs/sbin/bed-init
    install -m 644 tests/bed/vm/bed.service $IMAGES/rootfs/etc/systemd/system/
    mkdir -p $IMAGES/rootfs/etc/systemd/system/multi-user.target.wants
    ln -sf ../bed.service $IMAGES/rootfs/etc/systemd/system/multi-user.target.wants/
    # The hub asks its own package for its version; its code comes from the checkout.
    install -D -m 644 /dev/stdin "$IMAGES/rootfs/$SITE/hjemmehub.dist-info/METADATA" <<TEXT
Metadata-Version: 2.1
Name: hjemmehub
Version: $(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
TEXT
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/../.."
    case ${1:-} in
        missing) missing ;;
        quick) quick ;;
        build) mkdir -p $IMAGES/cache && build_kernel && mend_kernel && build_rootfs ;;
        *) sed -n '2,5s/^# *//p' "${BASH_SOURCE[0]}" >&2; return 2 ;;
    esac
}

main "$@"
