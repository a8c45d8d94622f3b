package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// newSimulateCommand serves a simulated VPP until a signal comes.
func newSimulateCommand() *cobra.Command {
	var (
		socket, version string
		without         []string
		devices         []string
		workers         int
		debug           bool
	)
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated VPP on a unix socket, for development without VPP",
		Long: `Serve a simulated VPP that speaks the real binary API on a unix socket.
It holds interfaces of every type that the operator knows, addresses, tables,
routes and neighbours and behaves like VPP 26.06 as far as these go; packets it
does not know. What it holds is gone
when it ends, which it does on SIGINT and SIGTERM.`,
		Example: "  vpp-operator simulate --socket /tmp/vpp.sock --without lldp",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := newLogger(debug)
			if !strings.Contains(version, "-") {
				version += "-release"
			}
			v, err := vpptest.New(vpptest.WithSocket(socket), vpptest.WithRelease(version),
				vpptest.WithoutModule(without...), vpptest.WithDevice(devices...), vpptest.WithWorkers(workers),
				vpptest.WithLogger(log))
			if err != nil {
				return err
			}
			defer v.Stop()
			// A lethal request ends a real VPP; its supervisor starts it again.
			for {
				if err := v.Await(cmd.Context(), func() bool { return v.Crashed() != "" }); err != nil {
					return nil // told to end
				}
				if err := v.Restart(); err != nil {
					return err
				}
			}
		},
	}
	cmd.Flags().StringVar(&socket, "socket", "/run/vpp/api.sock", "path of the API socket to serve")
	cmd.Flags().StringVar(&version, "version", "26.06", "release that show_version reports; the API remains that of 26.06")
	cmd.Flags().StringSliceVar(&without, "without", nil, "modules to leave out, as if their plugins were not loaded")
	cmd.Flags().StringSliceVar(&devices, "device", nil, "physical devices that VPP has from its startup configuration: NAME or NAME=MAC")
	cmd.Flags().IntVar(&workers, "workers", 0, "worker threads beside the main one")
	cmd.Flags().BoolVar(&debug, "debug", false, "log dropped messages too")
	return cmd
}
