package vpp

import (
	"context"
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// Numbers of fib_path_type and fib_path_nh_proto.
const (
	pathLocal    = 1
	pathUDPEncap = 3
	pathBIERImp  = 4

	protoMPLS     = 2
	protoEthernet = 3
	protoBIER     = 4
)

const maxLabels = 16

// pathRow checks every path of a route.
func pathRow(message, paths string) lethal {
	return lethal{
		message: message,
		why:     "a path to an object that does not exist, of a protocol that does not fit, or with too many labels kills VPP",
		where:   func(m *binproto.Message) []int { return pathOffsets(m, paths) },
		bad: func(msg []byte, at []int) verdict {
			worst := safe
			for i := range int(msg[at[atCount]]) {
				if p, ok := pathOf(msg, at, i); ok {
					worst = max(worst, p.verdict())
				}
			}
			return worst
		},
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			for i := range int(msg[at[atCount]]) {
				p, ok := pathOf(msg, at, i)
				if !ok {
					continue
				}
				if err := p.look(ctx, s); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// routePath is a path in the bytes of a message.
type routePath struct {
	b  []byte
	at []int
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
)

// pathOffsets finds n_paths, the first path, the size of one and, inside it,
// sw_if_index, type, proto, nh.obj_id and n_labels.
func pathOffsets(m *binproto.Message, path string) []int {
	outer, inner, ok := strings.Cut(path, ".")
	f := m.Field(outer)
	if !ok || f == nil || f.Type.Kind != binproto.KindStruct {
		return nil
	}
	base := 0
	for _, mf := range m.Fields {
		if mf == f {
			break
		}
		n, _ := mf.Type.Size()
		base += n
	}
	fields := f.Type.Fields
	last := fields[len(fields)-1]
	if last.Name != inner || last.Repeat != binproto.Counted || last.Type.Name != "vl_api_fib_path_t" {
		return nil
	}
	count := f.Type.Offset(last.CountField, 1)
	fixed, _ := f.Type.Size() // the paths have none of their own
	size, isFixed := last.Type.Size()
	var nh *binproto.Type
	for _, pf := range last.Type.Fields {
		if pf.Name == "nh" {
			nh = pf.Type
		}
	}
	if nh == nil || !isFixed || count < 0 {
		return nil
	}
	nhSize, _ := nh.Size()
	at := []int{
		base + count, base + fixed, size,
		last.Type.Offset("sw_if_index", 4), last.Type.Offset("type", 4), last.Type.Offset("proto", 4),
		last.Type.Offset("nh", nhSize) + nh.Offset("obj_id", 4), last.Type.Offset("n_labels", 1),
	}
	for _, x := range at {
		if x < 0 {
			return nil
		}
	}
	return at
}

// pathOf is path i of a route, false where the message ends before it.
func pathOf(msg []byte, at []int, i int) (routePath, bool) {
	start := at[atPaths] + i*at[sizePath]
	end := start + at[sizePath]
	if end > len(msg) {
		return routePath{}, false
	}
	return routePath{msg[start:end], at}, true
}

func (p routePath) u32(place int) uint32 { return u32(p.b, p.at[place]) }

func (p routePath) verdict() verdict {
	kind, proto, index := p.u32(inType), p.u32(inProto), p.u32(inIndex)
	switch {
	case p.b[p.at[inLabels]] > maxLabels, proto == protoMPLS, proto == protoBIER, kind == pathBIERImp:
		return deadly
	case kind == pathLocal && index != unset, kind == pathUDPEncap, proto == protoEthernet:
		return ask
	}
	return safe
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
	index := p.u32(inIndex)
	if index == unset {
		return fmt.Errorf("the path names no interface")
	}
	_, err := s.lookUp(ctx, "sw_interface_dump", map[string]any{"sw_if_index": index}, "sw_if_index", index)
	return err
}
