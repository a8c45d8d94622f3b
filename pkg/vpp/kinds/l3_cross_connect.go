package kinds

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindL3CrossConnect is the kind of L3 cross-connects.
const KindL3CrossConnect = "L3CrossConnect"

// L3CrossConnectID is the cross-connect of the packets of a family that come in on
// an interface.
func L3CrossConnectID(iface string, ip6 bool) state.ID {
	return state.ID{Kind: KindL3CrossConnect, Key: iface + " " + filterSide{ip6: ip6}.family()}
}

// L3CrossConnect is the value of an L3 cross-connect: where packets go.
type L3CrossConnect struct {
	// Paths are like a route's, without labels: VPP forgets those here.
	Paths *Paths
}

type l3xc struct {
	SwIfIndex uint32
	IsIP6     bool
	Paths     []fibPath
}

type (
	l3xcUpdateRequest struct{ L3xc l3xc }
	l3xcDeleteRequest struct {
		SwIfIndex uint32
		IsIP6     bool
	}
	l3xcDetails struct{ L3xc l3xc }
)

var (
	l3xcUpdate = vpp.NewMethod[l3xcUpdateRequest, retval]("l3xc_update")
	l3xcDelete = vpp.NewMethod[l3xcDeleteRequest, retval]("l3xc_del")
	l3xcDump   = vpp.NewMethod[swIfIndex, l3xcDetails]("l3xc_dump")
)

// retNoCrossConnect is what VPP says where there is none to delete.
const retNoCrossConnect int32 = -7

// l3CrossConnect is the feature: the node l3xc-input-ip4 or -ip6.
type l3CrossConnect struct{}

// NewL3CrossConnect is the kind of L3 cross-connects.
func NewL3CrossConnect() state.Kind { return newBinding(l3CrossConnect{}) }

func (l3CrossConnect) Name() string { return KindL3CrossConnect }
func (l3CrossConnect) ends() int    { return 1 }

func (l3CrossConnect) describe(key string) string {
	name, family, _ := strings.Cut(key, " ")
	return "L3 cross-connect " + family + " of Interface " + name
}

func (l3CrossConnect) Probe(c vpp.Caller) error {
	return probe("l3xc", c, l3xcUpdate, l3xcDelete, l3xcDump)
}

// L3CrossConnectItem is the cross-connect of a family on an interface.
func L3CrossConnectItem(iface string, ip6 bool, value L3CrossConnect) state.Item {
	id := L3CrossConnectID(iface, ip6)
	return state.Item{
		ID: id, Value: value, Needs: l3CrossConnect{}.needs(id.Key, value), Claims: l3CrossConnect{}.claims(id.Key),
	}
}

func (l3CrossConnect) needs(key string, value L3CrossConnect) []state.ID {
	name, family, _ := strings.Cut(key, " ")
	needs := []state.ID{InterfaceID(name)}
	for _, id := range RouteNeeds(DefaultVRF, filterSideOf(family).ip6, value.Paths) {
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	return needs
}

// claims implements [claimer].
func (l3CrossConnect) claims(key string) []string {
	name, family, _ := strings.Cut(key, " ")
	return []string{RoutedClaim(name, filterSideOf(family).ip6)}
}

// shown reads the family from the paths: VPP does not fill it in.
func (l3CrossConnect) shown(ctx context.Context, v *state.View, index uint32, found func(at place, value L3CrossConnect)) error {
	list, err := dump(ctx, v.Caller(), l3xcDump, &swIfIndex{index})
	for _, d := range list {
		ip6 := len(d.L3xc.Paths) > 0 && d.L3xc.Paths[0].Proto == wireProtoIP6
		paths, _ := newPathReader(v, DefaultVRF, ip6).read(d.L3xc.Paths)
		found(on1(d.L3xc.SwIfIndex, filterSide{ip6: ip6}.family()), L3CrossConnect{paths})
	}
	return err
}

// compare says that a change is made by taking it off: where one is there already
// VPP takes the new paths, shows them, and forwards by the old.
func (l3CrossConnect) compare(want, have L3CrossConnect) state.Difference {
	if want.Paths == nil || have.Paths == nil || !want.Paths.Equal(have.Paths) {
		return state.Difference{Change: state.Recreate, Fields: []string{"paths"}}
	}
	return state.Difference{}
}

func (l3CrossConnect) on(ctx context.Context, v *state.View, at place, want L3CrossConnect) error {
	if want.Paths == nil || len(want.Paths.All()) == 0 {
		return errors.New("an L3 cross-connect needs a path")
	}
	side, to := filterSideOf(at.Rest), pathWriter{v: v}
	paths, err := to.write(want.Paths, side.ip6)
	if err != nil {
		return err
	}
	_, err = l3xcUpdate.Call(ctx, v.Caller(), &l3xcUpdateRequest{l3xc{at.Index, side.ip6, paths}})
	return err
}

func (l3CrossConnect) off(ctx context.Context, v *state.View, at place) error {
	_, err := l3xcDelete.Call(ctx, v.Caller(), &l3xcDeleteRequest{at.Index, filterSideOf(at.Rest).ip6})
	if refusedWith(err, retNoCrossConnect) {
		return nil // there is none
	}
	return err
}

func (l3CrossConnect) inForce(ctx context.Context, v *state.View, at place, _ L3CrossConnect) (on, known bool, err error) {
	side := filterSideOf(at.Rest)
	return featureOn(ctx, v, at.Index, side.arc(), "l3xc-input-"+side.family())
}
