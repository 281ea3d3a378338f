#!/usr/bin/env bash
# User-mode Linux out of Debian's own kernel source: kernel.sh FOLDER makes FOLDER/linux.uml (8 MB).
# A quarter of an hour of one CPU, once. Debian's ready-made package has no Bluetooth.
set -o errexit -o pipefail -o nounset

readonly SOURCE=linux-source-6.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
mkdir -p "$1/kernel"
folder=$(cd "$1" && pwd)
readonly folder

cd "$folder/kernel"
if [ ! -d source ]; then
    apt-get -o APT::Sandbox::User=root download -qq "$SOURCE"
    rm -rf unpacked
    mkdir unpacked
    dpkg-deb --fsys-tarfile "$SOURCE"_*.deb | tar xO "./usr/src/$SOURCE.tar.xz" |
        tar xJ -C unpacked --strip-components=1
    # 6.1.192 frees a channel twice, and dies of it, when a link ends before its socket is connected,
    # as it does with a device that has lost its bond: it is freed where the link ends, and once.
    sed -i -e 's/^\thcon->l2cap_data = NULL;$/\thci_chan_del(conn->hchan);\n\tconn->hchan = NULL;\n&/' \
        -e 's/^\thci_chan_del(conn->hchan);$/\tif (conn->hchan)\n\t&/' unpacked/net/bluetooth/l2cap_core.c
    # And its driver of the disk skips requests without data, so that no flush ever reaches the host.
    sed -i '/^\tif (op == REQ_OP_FLUSH)$/{n;s/segs = 0;/segs = 1;/}' unpacked/arch/um/drivers/ubd_kern.c
    mv unpacked source
fi
make -C source ARCH=um O="$folder/kernel/build" x86_64_defconfig >/dev/null
cp "$here/uml.config" build/bed.config
(cd build && ../source/scripts/kconfig/merge_config.sh -m -O . .config bed.config >/dev/null)
make -C build ARCH=um olddefconfig >/dev/null
nice make -C build ARCH=um -j"$(nproc)" linux >build.log
strip -o "$folder/linux.uml" build/linux
