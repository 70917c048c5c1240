#!/usr/bin/env bash
# Packs a built program with its completions, its manual page and the documents: package.sh TARGET PROGRAM
# The archive appears in dist/.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$1
program=$2
most_bytes=$((16 * 1024 * 1024))

version=$(cargo pkgid --quiet | sed 's/.*[#@]//')
name="mdm-preflight-$version-$target"
folder="dist/$name"

size=$(wc -c <"$program")
# Two architectures in one file may have twice the size of one.
case $target in universal-*) most_bytes=$((2 * most_bytes)) ;; esac
if [ "$size" -ge "$most_bytes" ]; then
    echo "$program has $size bytes, which is not below $most_bytes" >&2
    exit 1
fi
case $target in
    *-musl)
        if ! LC_ALL=C ldd "$program" 2>&1 | grep -qE 'statically linked|not a dynamic executable|not a valid dynamic'; then
            echo "$program is not static" >&2
            exit 1
        fi
        ;;
esac

rm -rf "$folder"
mkdir -p "$folder/completions"
cp "$program" README.md CHANGELOG.md LICENSE "$folder"
"$program" --version
"$program" demo --quiet --format compact
for shell in bash zsh fish powershell elvish; do
    "$program" completions "$shell" >"$folder/completions/mdm-preflight.$shell"
done
"$program" man >"$folder/mdm-preflight.1"

case $target in
    *-windows-*) (cd dist && 7z a -bso0 "$name.zip" "$name") ;;
    *) tar -C dist -czf "dist/$name.tar.gz" "$name" ;;
esac
rm -rf "$folder"
ls -l dist
