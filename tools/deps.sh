#!/bin/sh
# Installs everything that building, testing and benchmarking Mote needs, by apt, on Debian 12 and 13.
#
# Debian 12 ships Unicorn 2.0 and Capstone 4. There, and only there, four packages are taken from
# Debian 13 through a pinned source: "Package: *" from trixie is pinned at -10, so nothing else moves.
set -eu

SUDO=
[ "$(id -u)" = 0 ] || SUDO=sudo
export DEBIAN_FRONTEND=noninteractive

. /etc/os-release
if [ "${ID:-}" != debian ]; then
    echo "deps: this script knows Debian 12 and 13; found ${PRETTY_NAME:-an unknown system}." >&2
    echo "deps: install the packages named in tools/deps.sh with your own package manager." >&2
    exit 2
fi

# The mirror that this machine already uses for Debian itself, and the key that signs it.
debian_mirror() {
    for list in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$list" ] || continue
        awk -v suite="$VERSION_CODENAME" '
            /^URIs:/ { uri = $2 }
            /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) hit = 1 }
            hit && uri != "" { print uri; exit }
            /^$/ { uri = ""; hit = 0 }
            $1 == "deb" { for (i = 2; i < NF; i++) if ($(i + 1) == suite) { print $i; exit } }
        ' "$list"
    done | head -n 1
}

pin_trixie() {
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then
        echo "deps: no apt source for suite $VERSION_CODENAME found; cannot derive the mirror." >&2
        exit 2
    fi
    $SUDO tee /etc/apt/sources.list.d/mote-trixie.sources >/dev/null <<SOURCES
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    $SUDO tee /etc/apt/preferences.d/mote-trixie >/dev/null <<PINS
Package: *
Pin: release n=trixie
Pin-Priority: -10

Package: libunicorn-dev libunicorn2t64 libcapstone-dev libcapstone5
Pin: release n=trixie
Pin-Priority: 990
PINS
}

[ "$VERSION_CODENAME" = bookworm ] && pin_trixie

retry() {
    for attempt in 1 2 3; do
        "$@" && return 0
        echo "deps: attempt $attempt failed: $*" >&2
        sleep 5
    done
    return 1
}

retry $SUDO apt-get update -q
retry $SUDO apt-get install -q -y --no-install-recommends \
    build-essential cmake ninja-build pkg-config git \
    clang clang-format libclang-rt-dev \
    device-tree-compiler libfdt-dev libelf-dev libdw-dev \
    libcyaml-dev libjansson-dev libsndfile1-dev libpng-dev libjpeg-dev \
    libunicorn-dev libcapstone-dev libcmocka-dev \
    gcc-arm-none-eabi libnewlib-arm-none-eabi \
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
    qemu-system-arm qemu-system-misc gdb-multiarch \
    python3 python3-numpy espeak-ng
