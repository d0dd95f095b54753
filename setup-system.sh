#!/bin/sh
# System libraries that pip cannot bring: installs them on Debian and Ubuntu when it may, otherwise says which are missing.
# Libraries are looked for by soname, since package names differ between releases.
set -eu

PYTHON="${PYTHON:-python3}"

# soname  package on Debian 12 and Ubuntu 22.04  package on Debian 13 and Ubuntu 24.04
LIBRARIES="
libportaudio.so.2 libportaudio2 libportaudio2
libglib-2.0.so.0 libglib2.0-0 libglib2.0-0t64
libGL.so.1 libgl1 libgl1
libEGL.so.1 libegl1 libegl1
libxkbcommon.so.0 libxkbcommon0 libxkbcommon0
libdbus-1.so.3 libdbus-1-3 libdbus-1-3
libfontconfig.so.1 libfontconfig1 libfontconfig1
"

# needed as soon as there is a screen of X to open a window on
SCREEN_LIBRARIES="
libxcb-cursor.so.0 libxcb-cursor0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1 libxcb-keysyms1
libxcb-image.so.0 libxcb-image0 libxcb-image0
libxcb-render-util.so.0 libxcb-render-util0 libxcb-render-util0
libxcb-randr.so.0 libxcb-randr0 libxcb-randr0
libxcb-shape.so.0 libxcb-shape0 libxcb-shape0
libxcb-xkb.so.1 libxcb-xkb1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0 libxkbcommon-x11-0
libX11-xcb.so.1 libx11-xcb1 libx11-xcb1
"
[ -z "${DISPLAY:-}" ] || LIBRARIES="$LIBRARIES$SCREEN_LIBRARIES"

package() { # the first of two names that this release has
    if apt-cache show "$1" >/dev/null 2>&1; then echo "$1"; else echo "$2"; fi
}

if ! command -v "$PYTHON" >/dev/null 2>&1; then
    echo "Python 3.11 or later is needed and '$PYTHON' is not here; give another one: make PYTHON=python3.12 run" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later is needed, this is $("$PYTHON" --version); give another one: make PYTHON=python3.12 run" >&2
    exit 1
fi

missing=""
if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then missing="python3-venv"; fi

if [ "$(uname -s)" = Linux ]; then
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    listed=$(echo "$LIBRARIES" | while read -r soname old new; do
        [ -n "$soname" ] || continue
        case "$known" in *"$soname "*) ;; *) echo "$soname $old $new" ;; esac
    done)
    if [ -n "$listed" ] && command -v apt-get >/dev/null 2>&1; then
        [ "$(id -u)" -ne 0 ] || apt-get update -qq
        missing="$missing $(echo "$listed" | while read -r _ old new; do package "$old" "$new"; done | tr '\n' ' ')"
    elif [ -n "$listed" ]; then
        missing="$missing $(echo "$listed" | cut -d' ' -f1 | tr '\n' ' ')"
    fi
fi

missing=$(echo "$missing" | xargs)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing system packages: $missing" >&2
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi

echo "Missing on this machine: $missing" >&2
if command -v apt-get >/dev/null 2>&1; then
    echo "Install with:  sudo apt-get install --no-install-recommends $missing   and run the command again." >&2
else
    echo "Install the libraries of these names with your system's package manager and run the command again." >&2
fi
exit 1
