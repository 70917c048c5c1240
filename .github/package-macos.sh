#!/usr/bin/env bash
# The steps of a macOS release: package-macos.sh universal|keychain|sign|pkg|notarise|forget
#
# The secrets that they read: MACOS_CERTIFICATES, a PKCS #12 file in Base64 with a "Developer ID Application" and a
# "Developer ID Installer" identity, and its MACOS_CERTIFICATES_PASSWORD; NOTARY_KEY, an App Store Connect key (.p8),
# with NOTARY_KEY_ID and NOTARY_ISSUER. Without them the package is built unsigned.
set -euo pipefail
cd "$(dirname "$0")/.."

program=target/universal/mdm-preflight
identifier=io.github.mdm-preflight
keychain="${RUNNER_TEMP:-/tmp}/mdm-preflight.keychain-db"
version=$(cargo pkgid --quiet | sed 's/.*[#@]//')
package="dist/mdm-preflight-$version-universal-apple-darwin.pkg"

# The name of the identity of one kind, nothing where there is none.
identity() {
    [ -f "$keychain" ] || return 0
    security find-identity -v "$keychain" | sed -n "s/.*\"\($1: .*\)\"/\1/p" | head -n 1
}

universal() {
    mkdir -p "$(dirname "$program")"
    lipo -create -output "$program" \
        target/aarch64-apple-darwin/release/mdm-preflight target/x86_64-apple-darwin/release/mdm-preflight
    lipo "$program" -verify_arch arm64 x86_64
}

import_keys() {
    local password certificates
    password=$(openssl rand -hex 24)
    certificates=$(mktemp)
    security create-keychain -p "$password" "$keychain"
    security set-keychain-settings -lut 5400 "$keychain"
    security unlock-keychain -p "$password" "$keychain"
    printf '%s' "$MACOS_CERTIFICATES" | base64 --decode >"$certificates"
    security import "$certificates" -k "$keychain" -f pkcs12 -P "$MACOS_CERTIFICATES_PASSWORD" \
        -T /usr/bin/codesign -T /usr/bin/productbuild
    rm -f "$certificates"
    security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" >/dev/null
    # codesign and productbuild look only where the list says.
    security list-keychains -d user -s "$keychain" login.keychain-db
}

sign_program() {
    codesign --force --options runtime --timestamp --identifier "$identifier" \
        --keychain "$keychain" --sign "$(identity 'Developer ID Application')" "$program"
    codesign --verify --strict --verbose=2 "$program"
}

build_package() {
    local root component signer
    root=$(mktemp -d)
    component=$(mktemp -d)/mdm-preflight.pkg
    install -d "$root/usr/local/bin" "$root/usr/local/share/man/man1" "$root/usr/local/share/zsh/site-functions"
    install -m 755 "$program" "$root/usr/local/bin/mdm-preflight"
    "$program" man >"$root/usr/local/share/man/man1/mdm-preflight.1"
    "$program" completions zsh >"$root/usr/local/share/zsh/site-functions/_mdm-preflight"
    pkgbuild --root "$root" --identifier "$identifier" --version "$version" --install-location / \
        --ownership recommended "$component"
    mkdir -p dist
    signer=$(identity 'Developer ID Installer')
    if [ -n "$signer" ]; then
        productbuild --package "$component" --keychain "$keychain" --timestamp --sign "$signer" "$package"
        pkgutil --check-signature "$package"
    else
        echo "no signing key: $package is not signed"
        productbuild --package "$component" "$package"
    fi
}

notarise() {
    local key
    key=$(mktemp)
    printf '%s' "$NOTARY_KEY" >"$key"
    xcrun notarytool submit "$package" --key "$key" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER" \
        --wait --timeout 45m
    rm -f "$key"
    xcrun stapler staple "$package"
}

case ${1:-} in
    universal) universal ;;
    keychain) import_keys ;;
    sign) sign_program ;;
    pkg) build_package ;;
    notarise) notarise ;;
    forget) security delete-keychain "$keychain" ;;
    *)
        echo "usage: $0 universal|keychain|sign|pkg|notarise|forget" >&2
        exit 2
        ;;
esac
