package kinds

import (
	"context"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindReversePathFilter is the kind of reverse path filters.
const KindReversePathFilter = "ReversePathFilter"

// ReversePathFilterID is the filter of a family on an interface, of received
// packets or, with output, of those that are sent.
func ReversePathFilterID(iface string, ip6, output bool) state.ID {
	return state.ID{Kind: KindReversePathFilter, Key: iface + " " + filterSide{ip6, output}.String()}
}

// ReversePathFilter is the value of a filter.
type ReversePathFilter struct {
	Mode ReversePathMode
	// VRF is the one whose table tells where a source is reached, "" for that of
	// the interface.
	VRF string
	// own tells, of what was read, that this is the interface's table, and that
	// nobody knows whether it was named or will change when that does.
	own bool
}

// ReversePathMode is what a filter asks of a packet's source, with the numbers
// of vl_api_urpf_mode_t.
type ReversePathMode uint8

// The modes.
const (
	// ReversePathLoose lets pass what comes from an address that is reached at all.
	ReversePathLoose ReversePathMode = 1
	// ReversePathStrict lets pass what comes from an address that is reached through
	// the same interface.
	ReversePathStrict ReversePathMode = 2
)

type urpfUpdate struct {
	IsInput   bool
	Mode      ReversePathMode
	AF        uint8
	SwIfIndex uint32
	TableID   uint32
}

type urpfDetails struct {
	SwIfIndex uint32
	IsInput   bool
	Mode      ReversePathMode
	AF        uint8
	TableID   uint32
}

var (
	urpfSet  = vpp.NewMethod[urpfUpdate, retval]("urpf_update_v2")
	urpfDump = vpp.NewMethod[swIfIndex, urpfDetails]("urpf_interface_dump")
)

// filterSide is which packets of an interface a filter looks at.
type filterSide struct{ ip6, output bool }

func filterSideOf(text string) filterSide {
	family, direction, _ := strings.Cut(text, " ")
	return filterSide{family == "ip6", direction == "tx"}
}

func (s filterSide) family() string {
	if s.ip6 {
		return "ip6"
	}
	return "ip4"
}

func (s filterSide) direction() string {
	if s.output {
		return "tx"
	}
	return "rx"
}

// String is as VPP's command line has it: "ip4 rx".
func (s filterSide) String() string { return s.family() + " " + s.direction() }

// arc is the feature arc that a filter is on.
func (s filterSide) arc() string {
	if s.output {
		return s.family() + "-output"
	}
	return s.family() + "-unicast"
}

// node is the graph node of a filter.
func (s filterSide) node(mode string) string {
	return s.family() + "-" + s.direction() + "-urpf-" + mode
}

// reversePathFilter is the feature: unicast reverse path forwarding, uRPF.
type reversePathFilter struct{}

// NewReversePathFilter is the kind of reverse path filters.
func NewReversePathFilter() state.Kind { return newBinding(reversePathFilter{}) }

func (reversePathFilter) Name() string { return KindReversePathFilter }
func (reversePathFilter) ends() int    { return 1 }

func (reversePathFilter) describe(key string) string {
	name, side, _ := strings.Cut(key, " ")
	return "reverse path filter " + side + " of Interface " + name
}

func (reversePathFilter) Probe(c vpp.Caller) error { return probe("urpf", c, urpfSet, urpfDump) }

// ReversePathFilterItem is a filter on an interface.
func ReversePathFilterItem(iface string, ip6, output bool, value ReversePathFilter) state.Item {
	id := ReversePathFilterID(iface, ip6, output)
	return state.Item{ID: id, Value: value, Needs: reversePathFilter{}.needs(id.Key, value)}
}

func (reversePathFilter) needs(key string, value ReversePathFilter) []state.ID {
	name, side, _ := strings.Cut(key, " ")
	needs := []state.ID{InterfaceID(name)}
	if !value.own && value.VRF != "" && value.VRF != DefaultVRF {
		needs = append(needs, VRFID(value.VRF, filterSideOf(side).ip6))
	}
	return needs
}

// shown leaves out filters that are off: VPP shows those too where they have a
// table of their own.
func (reversePathFilter) shown(ctx context.Context, v *state.View, index uint32, found func(at place, value ReversePathFilter)) error {
	list, err := dump(ctx, v.Caller(), urpfDump, &swIfIndex{index})
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.Mode == 0 {
			continue
		}
		side := filterSide{ip6: d.AF == 1, output: !d.IsInput}
		t, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{d.SwIfIndex, side.ip6})
		if refusedWith(err, retNoSuchIndex) {
			continue
		}
		if err != nil {
			return err
		}
		found(on1(d.SwIfIndex, side.String()), ReversePathFilter{
			Mode: d.Mode, VRF: tableName(v, d.TableID, side.ip6), own: t.VrfID == d.TableID,
		})
	}
	return nil
}

func (reversePathFilter) compare(want, have ReversePathFilter) state.Difference {
	var f fields
	f.add("mode", want.Mode != have.Mode)
	f.add("vrf", want.VRF != have.VRF && (want.VRF != "" || !have.own))
	if len(f) > 0 {
		return state.Difference{Change: state.InPlace, Fields: f}
	}
	return state.Difference{}
}

// whole implements [half]: VPP does not show whether the interface's own table is
// the filter's because it was named, or changes with the interface's.
func (reversePathFilter) whole(shown, put ReversePathFilter) ReversePathFilter {
	if shown.own {
		shown.own = false
		if put.VRF == "" {
			shown.VRF = ""
		}
	}
	return shown
}

func (reversePathFilter) on(ctx context.Context, v *state.View, at place, want ReversePathFilter) error {
	side := filterSideOf(at.Rest)
	table := noIndex
	if want.VRF != "" {
		n, err := tableNumber(v, want.VRF, side.ip6)
		if err != nil {
			return err
		}
		table = n
	}
	return side.set(ctx, v, at.Index, want.Mode, table)
}

func (reversePathFilter) off(ctx context.Context, v *state.View, at place) error {
	return filterSideOf(at.Rest).set(ctx, v, at.Index, 0, noIndex)
}

func (s filterSide) set(ctx context.Context, v *state.View, index uint32, mode ReversePathMode, table uint32) error {
	q := urpfUpdate{IsInput: !s.output, Mode: mode, SwIfIndex: index, TableID: table}
	if s.ip6 {
		q.AF = 1
	}
	_, err := urpfSet.Call(ctx, v.Caller(), &q)
	return err
}

func (reversePathFilter) inForce(ctx context.Context, v *state.View, at place, shown ReversePathFilter) (on, known bool, err error) {
	side, mode := filterSideOf(at.Rest), "loose"
	if shown.Mode == ReversePathStrict {
		mode = "strict"
	}
	return featureOn(ctx, v, at.Index, side.arc(), side.node(mode))
}
