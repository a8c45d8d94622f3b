package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vpp-operator/vpp-operator/cmd/internal/version"
	"github.com/vpp-operator/vpp-operator/controllers"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// environmentPrefix stands before a flag's name, in capitals and with _ for -,
// where it is given by the environment.
const environmentPrefix = "VPP_OPERATOR_"

// newAgentCommand looks after the VPP of one node until a signal comes.
func newAgentCommand() *cobra.Command {
	var (
		opts       controllers.Options
		kubeconfig string
		logLevel   string
		apiDirs    []string
		secure     bool
	)
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Keep the VPP of this node as its objects say",
		Long: `Keep the VPP of one node as the objects say that name it.
Every flag can be given by the environment too: --node-name is
` + environmentPrefix + `NODE_NAME. A flag given wins.

The agent needs Kubernetes 1.32 or later. It dials VPP for ever; where the API
server is out of reach too, it goes by the objects it knew last.`,
		Example: "  vpp-operator agent --node-name n1 --kubeconfig ~/.kube/config --ledger /tmp/ledger",
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.NodeName == "" {
				return fmt.Errorf("--node-name or %s is needed", environmentName("node-name"))
			}
			debug, err := isDebug(logLevel)
			if err != nil {
				return err
			}
			opts.Log = newLogger(debug)
			logLibraries(opts.Log)
			if opts.Config, err = apiServer(kubeconfig); err != nil {
				return err
			}
			if !cmd.Flags().Changed("offline-file") {
				opts.Offline = filepath.Join(filepath.Dir(opts.Ledger), "offline")
			}
			opts.APIDirs, opts.MetricsInsecure = apiDirs, !secure
			opts.Identity, opts.Machine = identity(opts.NodeName), machine()
			saveMemory()
			opts.Log.Info("Starting the agent", "version", version.String(), "node", opts.NodeName, "socket", opts.Socket)
			return controllers.Run(cmd.Context(), opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.NodeName, "node-name", "", "node whose objects are looked after")
	f.StringVar(&opts.Namespace, "namespace", "vpp-system", "namespace of the Secrets that objects refer to, and of the nodes' Leases")
	f.StringVar(&opts.Socket, "vpp-socket", vpp.DefaultSocket, "VPP's API socket")
	f.StringSliceVar(&apiDirs, "vpp-api-dir", nil, "folders with VPP's API files, for a VPP that cannot be asked for its API (before 24.06)")
	f.StringVar(&opts.Ledger, "ledger", "/var/lib/vpp-operator/ledger", "file in which the node remembers what of VPP is ours")
	f.StringVar(&opts.Offline, "offline-file", "", "file in which the node remembers what was last desired (default: offline, beside the ledger)")
	f.StringVar(&opts.MetricsAddress, "metrics-bind-address", ":9482", "address of the metrics, 0 for none")
	f.BoolVar(&secure, "metrics-secure", true, "serve metrics by HTTPS and only to who may get /metrics")
	f.StringVar(&opts.HealthAddress, "health-probe-bind-address", "127.0.0.1:9483", "address of /healthz and /readyz, 0 for none")
	f.StringVar(&kubeconfig, "kubeconfig", "", "file that tells how to reach the API server (default: as Pods do, else as kubectl does)")
	f.StringVar(&logLevel, "log-level", "info", "info or debug")
	return cmd
}

// fromEnvironment sets flags that were not given.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(environmentName(f.Name))
		if !ok || f.Changed || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = fmt.Errorf("%s: %w", environmentName(f.Name), err)
		}
	})
	return failed
}

func environmentName(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func isDebug(level string) (bool, error) {
	switch level {
	case "info", "debug":
		return level == "debug", nil
	}
	return false, fmt.Errorf("--log-level is %q, not info or debug", level)
}

// apiServer finds the API server as kubectl does, or, without any kubeconfig, as
// Pods do.
func apiServer(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		if config, err := rest.InClusterConfig(); err == nil {
			return config, nil
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the API server: %w", err)
	}
	return config, nil
}

// identity tells this agent from another one of the same node: Pods have their
// name as host name, unless they use the node's network.
func identity(node string) string {
	host, err := os.Hostname()
	if err != nil || host == node {
		host = ""
	}
	return strings.TrimSuffix(node+"_"+host, "_")
}

// machine tells this machine, as long as it is up, from every other one, also
// from a copy of its disk; "" where the kernel does not say.
func machine() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// saveMemory has garbage collected once it is half of what is in use, and not as
// much again: an agent mostly waits, and shares its node with the
// workload. GOGC, if set, says otherwise.
func saveMemory() {
	const percent = 50
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// logLibraries has Kubernetes' libraries log as we do.
func logLibraries(log logr.Logger) {
	klog.SetLogger(log)
	ctrllog.SetLogger(log)
}
