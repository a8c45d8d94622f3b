package kinds

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// SourceName is the name of our FIB source. Its priority lets our routes win
// over those of other API clients (128) and of the command line (129).
const (
	SourceName     = "vpp-operator"
	sourcePriority = 127
)

type fibSource struct {
	Priority uint8
	ID       uint8
	Name     string
}

type fibSourceDetails struct{ Src fibSource }

type fibSourceAdd struct{ Src fibSource }

type fibSourceAddReply struct {
	Retval int32
	ID     uint8
}

type pingReply struct {
	Retval int32
	VpePID uint32
}

var (
	sourceDump  = vpp.NewMethod[nothing, fibSourceDetails]("fib_source_dump")
	sourceAdd   = vpp.NewMethod[fibSourceAdd, fibSourceAddReply]("fib_source_add")
	controlPing = vpp.NewMethod[nothing, pingReply]("control_ping")
)

// Boot tells whether VPP has started since we last spoke to it: then our FIB
// source is missing. The source is added when the ledger has begun the new
// boot, so that a crash in between is a new boot once more.
func Boot(ctx context.Context, v *state.View) (fresh bool, err error) {
	sources, err := sources(ctx, v)
	if err != nil {
		return false, err
	}
	known, _ := v.Ledger().Boot()
	_, there := sourceOf(sources, SourceName)
	if there && known != "" {
		return false, nil
	}
	ping, err := controlPing.Call(ctx, v.Caller(), nil)
	if err != nil {
		return false, err
	}
	if err := v.Ledger().NewBoot(fmt.Sprintf("%d-%d", ping.VpePID, time.Now().UnixNano())); err != nil {
		return false, err
	}
	if there {
		return false, nil // the ledger was lost, not VPP's memory
	}
	r, err := sourceAdd.Call(ctx, v.Caller(), &fibSourceAdd{Src: fibSource{Priority: sourcePriority, Name: SourceName}})
	if err != nil {
		return false, err
	}
	if r.ID == 0 || r.ID == 255 {
		return false, fmt.Errorf("VPP has no room for another FIB source")
	}
	return true, nil
}

// sources are the names of all FIB sources by their id.
func sources(ctx context.Context, v *state.View) (map[uint8]string, error) {
	names := map[uint8]string{}
	for d, err := range sourceDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		names[d.Src.ID] = strings.TrimRight(d.Src.Name, "\x00")
	}
	return names, nil
}

func sourceOf(names map[uint8]string, name string) (uint8, bool) {
	for id, n := range names {
		if n == name {
			return id, true
		}
	}
	return 0, false
}
