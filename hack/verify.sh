#!/usr/bin/env bash
# Fails, and shows the difference, where `make generate fmt tidy` would change a file.
# It works on a copy, so uncommitted work is checked like any other and stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/is"

# Every file git tracks or would offer to add, less those deleted here.
comm -z -23 \
  <(git ls-files -z --cached --others --exclude-standard | sort -zu) \
  <(git ls-files -z --deleted | sort -zu) |
  tar --create --null --files-from=- |
  tar --extract --directory="$work/is"
cp -r "$work/is" "$work/should-be"

make --no-print-directory -C "$work/should-be" generate fmt tidy

cd "$work"
if ! git --no-pager diff --no-index --exit-code is should-be; then
  echo "verify: the changes above are missing: run 'make generate fmt tidy'" >&2
  exit 1
fi
