package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindMSSClamp is the kind of clamps of the TCP maximum segment size.
const KindMSSClamp = "MSSClamp"

// MSSClampID is the clamp on an interface.
func MSSClampID(iface string) state.ID { return state.ID{Kind: KindMSSClamp, Key: iface} }

// MSSClamp is the value of a clamp: VPP has both families in one.
type MSSClamp struct{ IPv4, IPv6 FamilyMSSClamp }

// FamilyMSSClamp is the clamp of one family; the zero value is none.
type FamilyMSSClamp struct {
	// MSS is the largest segment size, in bytes, that a SYN may announce.
	MSS       uint16
	Direction Directions
}

// Directions is a set of directions at an interface, with the bits of
// vl_api_mss_clamp_dir_t and of vl_api_span_state_t.
type Directions uint8

// Directions: received and sent.
const (
	DirectionRx Directions = 1 << iota
	DirectionTx
	DirectionBoth = DirectionRx | DirectionTx
)

type mssClampRequest struct {
	SwIfIndex                    uint32
	IPv4MSS, IPv6MSS             uint16
	IPv4Direction, IPv6Direction Directions
}

var (
	mssClampSet  = vpp.NewMethod[mssClampRequest, retval]("mss_clamp_enable_disable")
	mssClampDump = vpp.NewMethod[swIfIndex, mssClampRequest]("mss_clamp_get")
)

// mssClamp is the feature.
type mssClamp struct{}

// NewMSSClamp is the kind of clamps of the TCP maximum segment size.
func NewMSSClamp() state.Kind { return newBinding(mssClamp{}) }

func (mssClamp) Name() string { return KindMSSClamp }
func (mssClamp) ends() int    { return 1 }

func (mssClamp) describe(key string) string { return "MSS clamp of Interface " + key }

func (mssClamp) Probe(c vpp.Caller) error { return probe("mss_clamp", c, mssClampSet, mssClampDump) }

// MSSClampItem is the clamp on an interface.
func MSSClampItem(iface string, value MSSClamp) state.Item {
	return state.Item{ID: MSSClampID(iface), Value: value, Needs: mssClamp{}.needs(iface, value)}
}

func (mssClamp) needs(key string, _ MSSClamp) []state.ID { return []state.ID{InterfaceID(key)} }

func (mssClamp) shown(ctx context.Context, v *state.View, index uint32, found func(at place, value MSSClamp)) error {
	list, err := dump(ctx, v.Caller(), mssClampDump, &swIfIndex{index})
	if refusedWith(err, retNoSuchIndex) {
		return nil
	}
	for _, d := range list {
		// Of a family that is not clamped VPP shows any number.
		var value MSSClamp
		if d.IPv4Direction != 0 {
			value.IPv4 = FamilyMSSClamp{d.IPv4MSS, d.IPv4Direction}
		}
		if d.IPv6Direction != 0 {
			value.IPv6 = FamilyMSSClamp{d.IPv6MSS, d.IPv6Direction}
		}
		found(on1(d.SwIfIndex, ""), value)
	}
	return err
}

func (mssClamp) compare(want, have MSSClamp) state.Difference {
	var f fields
	f.add("ipv4", want.IPv4 != have.IPv4)
	f.add("ipv6", want.IPv6 != have.IPv6)
	if len(f) > 0 {
		return state.Difference{Change: state.InPlace, Fields: f}
	}
	return state.Difference{}
}

func (mssClamp) on(ctx context.Context, v *state.View, at place, want MSSClamp) error {
	_, err := mssClampSet.Call(ctx, v.Caller(), &mssClampRequest{
		SwIfIndex: at.Index, IPv4MSS: want.IPv4.MSS, IPv6MSS: want.IPv6.MSS,
		IPv4Direction: want.IPv4.Direction, IPv6Direction: want.IPv6.Direction,
	})
	return err
}

func (k mssClamp) off(ctx context.Context, v *state.View, at place) error {
	return k.on(ctx, v, at, MSSClamp{})
}

// inForce asks for one of the nodes: all that VPP shows are on, or none is.
func (mssClamp) inForce(ctx context.Context, v *state.View, at place, shown MSSClamp) (on, known bool, err error) {
	family, direction := "ip4", shown.IPv4.Direction
	if direction == 0 {
		family, direction = "ip6", shown.IPv6.Direction
	}
	if direction&DirectionRx != 0 {
		return featureOn(ctx, v, at.Index, family+"-unicast", "tcp-mss-clamping-"+family+"-in")
	}
	return featureOn(ctx, v, at.Index, family+"-output", "tcp-mss-clamping-"+family+"-out")
}
