#!/usr/bin/env bash
# Writes go.mod and go.sum anew for another Kubernetes, with the etcd it was
# released with:
#
#   hack/controlplane/pin.sh v1.36.4
#
# Kubernetes' own go.mod takes its staging modules from its source tree, where
# the module proxy has none: each is replaced by its published version.
set -euo pipefail
cd "$(dirname "$0")"

kubernetes=${1:?usage: hack/controlplane/pin.sh v1.MINOR.PATCH}
go mod download "k8s.io/kubernetes@$kubernetes"
theirs=$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/$kubernetes.mod

cat >go.mod <<EOF
// The control plane that tests and the demo run, built from source; apart from
// the main module so that its dependencies stay out of it. Written by pin.sh.
module github.com/vpp-operator/vpp-operator/hack/controlplane

$(grep '^go ' "$theirs")

tool (
	go.etcd.io/etcd/server/v3
	k8s.io/kubernetes/cmd/kube-apiserver
	k8s.io/kubernetes/cmd/kube-controller-manager
	k8s.io/kubernetes/cmd/kube-scheduler
	k8s.io/kubernetes/cmd/kubectl
	k8s.io/kubernetes/cmd/kubelet
)

require (
	$(awk '$1 == "go.etcd.io/etcd/server/v3" {print $1, $2}' "$theirs")
	k8s.io/kubernetes $kubernetes
)

replace (
$(awk -v version="v0.${kubernetes#v1.}" \
  '$3 ~ "^./staging/" {printf "\t%s => %s %s\n", $1, $1, version}' "$theirs")
)
EOF
rm -f go.sum
go mod tidy
