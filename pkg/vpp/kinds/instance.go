package kinds

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Instance is what a running VPP tells about itself.
type Instance struct {
	Version, BuildDate, BuildDirectory string
	// PID is its process id, in its own PID namespace.
	PID uint32
	// Plugins are the names of those loaded, without "_plugin.so", in alphabetical
	// order, which VPP's is not in every release; nil where it does not tell.
	Plugins []string
	// Messages is the number of messages of its API.
	Messages int
}

type showVersionReply struct {
	Retval                             int32
	Version, BuildDate, BuildDirectory string
}

type cliInband struct{ Cmd string }

type cliInbandReply struct {
	Retval int32
	Reply  string
}

var (
	showVersion = vpp.NewMethod[nothing, showVersionReply]("show_version")
	cli         = vpp.NewMethod[cliInband, cliInbandReply]("cli_inband")
)

// ReadInstance asks a VPP what it is. No message lists its plugins, so its
// command line is asked for them; one that refuses has none to show.
func ReadInstance(ctx context.Context, s *vpp.Session) (Instance, error) {
	version, err := showVersion.Call(ctx, s, nil)
	if err != nil {
		return Instance{}, err
	}
	ping, err := controlPing.Call(ctx, s, nil)
	if err != nil {
		return Instance{}, err
	}
	messages, err := s.MessageTable()
	if err != nil {
		return Instance{}, err
	}
	i := Instance{
		Version: version.Version, BuildDate: version.BuildDate, BuildDirectory: version.BuildDirectory,
		PID: ping.VpePID, Messages: len(messages),
	}
	plugins, err := cli.Call(ctx, s, &cliInband{Cmd: "show plugins"})
	switch {
	case err == nil:
		i.Plugins = pluginNames(plugins.Reply)
	case !errors.Is(err, vpp.ErrRefused):
		return Instance{}, err
	}
	return i, nil
}

// pluginNames reads lines such as
//
//  3. acl_plugin.so    26.06-release    Access Control Lists (ACL)
func pluginNames(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasSuffix(fields[0], ".") {
			continue
		}
		if name, ok := strings.CutSuffix(fields[1], ".so"); ok {
			names = append(names, strings.TrimSuffix(name, "_plugin"))
		}
	}
	slices.Sort(names)
	return names
}
