// Build-controlplane builds the control plane's programs, where they are not
// built yet, and prints the folder that holds them (make controlplane).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/vpp-operator/vpp-operator/test/e2e/controlplane/binaries"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := binaries.Find(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
	fmt.Println(folder)
}
