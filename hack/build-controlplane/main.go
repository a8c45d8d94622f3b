// Build-controlplane builds the control plane's programs, where they are not
// built yet, and prints the folder that holds them (make controlplane); with
// -cluster those that make a cluster of it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane/binaries"
)

func main() {
	cluster := flag.Bool("cluster", false, "kubelet, kube-controller-manager and kube-scheduler")
	flag.Parse()
	find := binaries.Find
	if *cluster {
		find = binaries.FindCluster
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := find(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
	fmt.Println(folder)
}
