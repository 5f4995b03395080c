#!/usr/bin/env bash
# Installs the program of a release, for this step and those that follow.
set -euo pipefail

fail() {
  echo "::error::mxlogin: $1"
  exit 1
}

case $RUNNER_OS in
  Linux) os=linux archive=tar.gz program=mxlogin ;;
  macOS) os=darwin archive=tar.gz program=mxlogin ;;
  Windows) os=windows archive=zip program=mxlogin.exe ;;
  *) fail "there is no release for $RUNNER_OS" ;;
esac
case $RUNNER_ARCH in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) fail "there is no release for $RUNNER_OS on $RUNNER_ARCH" ;;
esac
[[ $INPUT_VERSION =~ ^[0-9][-+.0-9A-Za-z]*$ ]] || fail "the input version is not a version, such as 0.1.0"

name=mxlogin_${INPUT_VERSION}_${os}_${arch}
archive=$name.$archive
dir=$RUNNER_TEMP/mxlogin
mkdir -p "$dir/bin"
cd "$dir"
trap 'rm -f "$archive" SHA256SUMS' EXIT

download() {
  curl --proto '=https,file' --proto-redir '=https' --location --fail --silent --show-error --globoff --retry 3 \
    --output "$1" --url "$INPUT_RELEASES/v$INPUT_VERSION/$1" || fail "$1 cannot be downloaded"
}
sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } # macOS has shasum

download "$archive"
want=$INPUT_SHA256
if [ -z "$want" ]; then
  download SHA256SUMS
  want=$(awk -v file="$archive" '$2 == file { print $1; exit }' SHA256SUMS)
fi
got=$(sha256 <"$archive" | awk '{ print $1 }')
[ "$got" = "$want" ] || fail "$archive has the SHA-256 $got, not ${want:-one that SHA256SUMS names}"

case $archive in
  *.zip) unzip -qjo "$archive" "$name/$program" -d bin ;;
  *) tar -xzf "$archive" -C bin --strip-components=1 "$name/$program" ;;
esac
echo "$dir/bin" >>"$GITHUB_PATH"
