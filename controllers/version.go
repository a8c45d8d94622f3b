package controllers

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/discovery"
)

// oldestKubernetes is the first whose Pods' tokens name their node, which is
// what confines an agent's writes.
var oldestKubernetes = version.MajorMinor(1, 32)

// serverVersion asks the API server for its version, and is what it returns:
// whether it is new enough, or that it does not answer.
func serverVersion(ctx context.Context, client *discovery.DiscoveryClient) (tooOld, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := client.ServerVersionWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the API server's version: %w", err)
	}
	v, err := version.ParseGeneric(info.GitVersion)
	if err != nil {
		return nil, fmt.Errorf("read the API server's version: %w", err)
	}
	if v.LessThan(oldestKubernetes) {
		return fmt.Errorf("the API server is of Kubernetes %s: vpp-operator needs %s or later", info.GitVersion, oldestKubernetes), nil
	}
	return nil, nil
}

// watchVersion asks until there is an answer, and tells if the API server is
// too old.
func watchVersion(ctx context.Context, client *discovery.DiscoveryClient, tell func(tooOld error)) {
	const pause = 5 * time.Second
	for sleep(ctx, pause) {
		tooOld, err := serverVersion(ctx, client)
		if err != nil {
			continue
		}
		if tooOld != nil {
			tell(tooOld)
		}
		return
	}
}
