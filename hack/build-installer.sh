#!/usr/bin/env bash
# build-installer.sh FILE IMAGE: writes to FILE all that `kubectl apply -f FILE`
# needs to install the operator with that image.
set -euo pipefail
file=$(realpath -m "$1") image=$2
cd "$(dirname "$0")/.."

mkdir -p "$(dirname "$file")"
new=$(mktemp -d "$file.XXXXXX") # on the same disk; its own, for another may run too
trap 'rm -rf "$new"' EXIT
kubectl=$(go run ./hack/build-controlplane)/kubectl # of a version we pin
"$kubectl" kustomize config/default |
  sed "s|image: ghcr.io/vpp-operator/vpp-operator:.*|image: $image|" >"$new/install.yaml"
mv "$new/install.yaml" "$file"
