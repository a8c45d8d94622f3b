package kinds

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// Numbers of fib_path_type, fib_path_nh_proto, and an index that is none.
const (
	wireNormal     = 0
	wireLocal      = 1
	wireDrop       = 2
	wireUnreach    = 5
	wireProhibit   = 6
	wireLookup     = 7
	wireProtoIP4   = 0
	wireProtoIP6   = 1
	maxStackLabels = 16
)

// fibPath is vl_api_fib_path_t.
type fibPath struct {
	SwIfIndex          uint32
	TableID            uint32
	Weight, Preference uint8
	Type, Proto        uint32
	Nh                 struct {
		Address [16]byte
	}
	NLabels    uint8
	LabelStack [maxStackLabels]fibMPLSLabel
}

type fibMPLSLabel struct {
	Label    uint32
	TTL, Exp uint8
}

var wireTypes = map[PathType]uint32{
	PathForward: wireNormal, PathDrop: wireDrop, PathUnreachable: wireUnreach, PathProhibited: wireProhibit,
	PathLocal: wireLocal, PathLookup: wireNormal,
}

// RouteNeeds is what a route of these paths needs, always in the same order.
func RouteNeeds(vrf string, ip6 bool, paths *Paths) []state.ID {
	needs := []state.ID{VRFID(vrf, ip6)}
	add := func(id state.ID) {
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	for _, p := range paths.All() {
		switch {
		case p.Interface != "":
			add(InterfaceID(p.Interface))
		case p.VRF != "":
			add(VRFID(p.VRF, ip6))
		}
	}
	return needs
}

// pathWriter turns paths into VPP's numbers. Routes of one object share their
// paths, so it remembers the last ones.
type pathWriter struct {
	v    *state.View
	last *Paths
	ip6  bool
	wire []fibPath
}

func (w *pathWriter) write(paths *Paths, ip6 bool) ([]fibPath, error) {
	if paths == w.last && ip6 == w.ip6 {
		return w.wire, nil
	}
	wire := make([]fibPath, 0, len(paths.All()))
	for _, p := range paths.All() {
		q := fibPath{SwIfIndex: noIndex, Type: wireTypes[p.Type], Weight: p.Weight, Preference: p.Preference}
		if ip6 {
			q.Proto = wireProtoIP6
		}
		if p.NextHop.IsValid() {
			copy(q.Nh.Address[:], p.NextHop.AsSlice())
		}
		var need state.ID
		var number *uint32
		switch {
		case p.Interface != "":
			need, number = InterfaceID(p.Interface), &q.SwIfIndex
		case p.VRF != "":
			need, number = VRFID(p.VRF, ip6), &q.TableID
		}
		if number != nil {
			h, ok := w.v.Handle(need)
			if !ok {
				return nil, &state.WaitError{For: need.String()}
			}
			*number = h
		}
		for i, label := range p.Labels[:min(len(p.Labels), maxStackLabels)] {
			q.NLabels++
			q.LabelStack[i].Label = label
		}
		wire = append(wire, q)
	}
	w.last, w.ip6, w.wire = paths, ip6, wire
	return wire, nil
}

// pathReader turns what VPP dumps of one table into canonical paths. Equal
// ones become one value, which saves memory and comparing.
type pathReader struct {
	v     *state.View
	vrf   string
	ip6   bool
	known map[string]pathsRead
	key   []byte
}

type pathsRead struct {
	paths *Paths
	needs []state.ID
}

func newPathReader(v *state.View, vrf string, ip6 bool) *pathReader {
	return &pathReader{v: v, vrf: vrf, ip6: ip6, known: map[string]pathsRead{}}
}

func (r *pathReader) read(wire []fibPath) (*Paths, []state.ID) {
	key := r.key[:0]
	for i := range wire {
		q := &wire[i]
		key = binary.BigEndian.AppendUint32(key, q.SwIfIndex)
		key = binary.BigEndian.AppendUint32(key, q.TableID)
		key = append(key, q.Weight, q.Preference, byte(q.Type), q.NLabels)
		key = append(key, q.Nh.Address[:]...)
		for _, l := range q.LabelStack[:min(int(q.NLabels), maxStackLabels)] {
			key = binary.BigEndian.AppendUint32(key, l.Label)
		}
	}
	r.key = key
	if k, ok := r.known[string(key)]; ok {
		return k.paths, k.needs
	}
	paths := make([]Path, 0, len(wire))
	for i := range wire {
		paths = append(paths, r.path(&wire[i]))
	}
	p := NewPaths(paths...)
	k := pathsRead{p, RouteNeeds(r.vrf, r.ip6, p)}
	r.known[string(key)] = k
	return k.paths, k.needs
}

// path is one path as VPP shows it: a lookup in another table comes back as a
// normal path to no next hop.
func (r *pathReader) path(q *fibPath) Path {
	p := Path{Weight: q.Weight, Preference: q.Preference}
	switch q.Type {
	case wireDrop:
		p.Type = PathDrop
	case wireUnreach:
		p.Type = PathUnreachable
	case wireProhibit:
		p.Type = PathProhibited
	case wireLocal:
		p.Type = PathLocal
	case wireNormal, wireLookup:
		p.Type = PathForward
		r.forward(&p, q)
	default:
		// One that we never write: it equals none of ours.
		p.Type = PathForward
		p.Interface = foreignKey("type " + strconv.FormatUint(uint64(q.Type), 10))
	}
	for _, l := range q.LabelStack[:min(int(q.NLabels), maxStackLabels)] {
		p.Labels = append(p.Labels, l.Label)
	}
	return p
}

func (r *pathReader) forward(p *Path, q *fibPath) {
	var nextHop netip.Addr
	if r.ip6 {
		nextHop = netip.AddrFrom16(q.Nh.Address)
	} else {
		nextHop = netip.AddrFrom4([4]byte(q.Nh.Address[:4]))
	}
	if !nextHop.IsUnspecified() {
		p.NextHop = nextHop
	}
	switch {
	case q.SwIfIndex != noIndex:
		id, ok := r.v.Lookup(KindInterface, q.SwIfIndex)
		if !ok {
			id.Key = foreignKey(strconv.FormatUint(uint64(q.SwIfIndex), 10))
		}
		p.Interface = id.Key
	default:
		if !p.NextHop.IsValid() {
			p.Type = PathLookup
		}
		p.VRF = vrfName(r.v, q.TableID, r.ip6)
	}
}

// vrfName is the name of the VRF that has a table.
func vrfName(v *state.View, table uint32, ip6 bool) string {
	if id, ok := v.Lookup(VRFID("", ip6).Kind, table); ok {
		return id.Key
	}
	return foreignKey(strconv.FormatUint(uint64(table), 10))
}
