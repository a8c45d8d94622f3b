package vpp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// Numbers of fib_path_type and fib_path_nh_proto.
const (
	pathNormal       = 0
	pathLocal        = 1
	pathDrop         = 2
	pathUDPEncap     = 3
	pathBIERImp      = 4
	pathICMPUnreach  = 5
	pathICMPProhibit = 6
	pathSourceLookup = 7
	pathDVR          = 8
	pathInterfaceRx  = 9

	protoIP4      = 0
	protoIP6      = 1
	protoMPLS     = 2
	protoEthernet = 3
)

const maxLabels = 16

// pathRow checks every path of every message that has paths: routes, multicast
// and MPLS routes, tunnels, ABF policies, cross-connects, punt redirects. VPP
// decodes them all in one function, which trusts them.
func pathRow() lethal {
	return lethal{
		why:   "a path to an object that does not exist, of a protocol that does not fit, or with too many labels kills VPP",
		where: pathOffsets,
		bad: func(msg []byte, at []int) verdict {
			worst := safe
			for i := 0; ; i++ {
				p, ok := pathAt(msg, at, i)
				if !ok {
					return worst
				}
				worst = max(worst, p.verdict())
			}
		},
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			for i := 0; ; i++ {
				p, ok := pathAt(msg, at, i)
				if !ok {
					return nil
				}
				if err := p.look(ctx, s); err != nil {
					return err
				}
			}
		},
	}
}

// routePath is a path in the bytes of a message.
type routePath struct {
	b  []byte
	at []int
	// removing says that the message takes paths away: those are compared and
	// not resolved.
	removing bool
}

// The places of pathOffsets.
const (
	atCount = iota
	atPaths
	sizePath
	inIndex
	inType
	inProto
	inObject
	inLabels
	atIsAdd // -1 where the message has no such field
	family  // what sort of message it is
	atTable // the route's table and source: unresolvedRow's only
	atSource
)

// Families of messages: in some a protocol or type is at home that kills VPP
// in the others.
const (
	familyIP = iota
	familyMPLS
	familyMulticast
)

// pathOffsets finds the number of paths, the first one, the size of one and,
// inside it, sw_if_index, type, proto, nh.obj_id and n_labels. Paths come last
// in their message, perhaps through structures that come last themselves.
func pathOffsets(m *binproto.Message) []int {
	body := m.Body()
	count, element := pathArray(body)
	if element == nil {
		return nil
	}
	first, _ := body.Size() // without any path
	size, _ := element.Size()
	path, inside := element, 0
	if element.Name == "vl_api_mfib_path_t" {
		path = element.Fields[len(element.Fields)-1].Type
		n, _ := path.Size()
		inside = size - n
	}
	var nh *binproto.Type
	for _, f := range path.Fields {
		if f.Name == "nh" {
			nh = f.Type
		}
	}
	if nh == nil || count < 0 {
		return nil
	}
	nhSize, _ := nh.Size()
	at := []int{
		atCount: count, atPaths: first, sizePath: size,
		inIndex:  path.Offset("sw_if_index", 4),
		inType:   path.Offset("type", 4),
		inProto:  path.Offset("proto", 4),
		inObject: nh.Offset("obj_id", 4),
		inLabels: path.Offset("n_labels", 1),
	}
	for i, offset := range at {
		if offset < 0 {
			return nil
		}
		if i >= inIndex {
			at[i] += inside
		}
	}
	at[inObject] += path.Offset("nh", nhSize)
	return append(at, isAddOffset(m), familyOf(m.Name))
}

// pathArray finds where in the bytes of t the number of its paths is, and what
// one path is; nil where it has none.
func pathArray(t *binproto.Type) (count int, element *binproto.Type) {
	if len(t.Fields) == 0 {
		return -1, nil
	}
	last := t.Fields[len(t.Fields)-1]
	switch {
	case last.Repeat == binproto.Counted && (last.Type.Name == "vl_api_fib_path_t" || last.Type.Name == "vl_api_mfib_path_t"):
		return t.Offset(last.CountField, 1), last.Type
	case last.Repeat == binproto.Once && last.Type.Kind == binproto.KindStruct:
		count, element = pathArray(last.Type)
		outer, _ := t.Size()
		inner, _ := last.Type.Size()
		return outer - inner + count, element
	}
	return -1, nil
}

// isAddOffset finds the field that tells adding from removing; MPLS and BIER
// messages give it a prefix.
func isAddOffset(m *binproto.Message) int {
	for _, f := range m.Fields {
		if f.Name == "is_add" || strings.HasSuffix(f.Name, "_is_add") {
			return m.Offset(f.Name, 1)
		}
	}
	return -1
}

func familyOf(message string) int {
	switch {
	case strings.HasPrefix(message, "mpls_"):
		return familyMPLS
	case strings.HasPrefix(message, "ip_mroute_"):
		return familyMulticast
	}
	return familyIP
}

// pathAt is path i of a message, false where it is not wholly there.
func pathAt(msg []byte, at []int, i int) (routePath, bool) {
	start := at[atPaths] + i*at[sizePath]
	end := start + at[sizePath]
	if i >= int(msg[at[atCount]]) || end > len(msg) {
		return routePath{}, false
	}
	return routePath{msg[start:end], at, at[atIsAdd] >= 0 && msg[at[atIsAdd]] == 0}, true
}

func (p routePath) u32(place int) uint32 { return u32(p.b, p.at[place]) }

// verdict follows what a VPP 26.06 did with each combination.
func (p routePath) verdict() verdict {
	kind, proto := p.u32(inType), p.u32(inProto)
	named := p.u32(inIndex) != unset
	ip := proto == protoIP4 || proto == protoIP6
	switch {
	case p.b[p.at[inLabels]] > maxLabels: // VPP reads, and dumps, past the message
		return deadly
	case p.removing, kind == pathDrop:
		return safe
	}
	switch kind {
	case pathNormal, pathSourceLookup:
		switch proto {
		case protoMPLS:
			return deadlyIf(kind != pathNormal || p.at[family] != familyMPLS)
		case protoEthernet:
			return p.askFor(named)
		}
		return safe // VPP looks for itself
	case pathBIERImp: // no dump tells which there are
		return deadly
	case pathUDPEncap:
		return p.askFor(proto != protoEthernet && p.at[family] != familyMulticast)
	case pathInterfaceRx:
		return p.askFor(named && p.at[family] != familyMulticast)
	case pathDVR:
		return p.askFor(named && ip)
	case pathLocal:
		if ip && named {
			return ask
		}
	}
	return deadlyIf(!ip)
}

// askFor is ask where a value can be right at all.
func (p routePath) askFor(possible bool) verdict {
	if possible {
		return ask
	}
	return deadly
}

// look finds out whether what the path points to exists.
func (p routePath) look(ctx context.Context, s *Session) error {
	if p.verdict() != ask {
		return nil
	}
	if p.u32(inType) == pathUDPEncap {
		_, err := s.lookUp(ctx, "udp_encap_dump", nil, "udp_encap.id", p.u32(inObject))
		return err
	}
	return interfaceExists(ctx, s, p.u32(inIndex))
}

// interfaceExists tells why an index is none of an interface's.
func interfaceExists(ctx context.Context, s *Session, index uint32) error {
	_, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
	if errors.Is(err, errNotFound) {
		return fmt.Errorf("there is no interface %d", index)
	}
	return err
}
