package vpp

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// l3xcRow is an L3 cross-connect with paths that have packets received anew on
// another interface. From one that is cross-connected itself they may come back,
// and go round without end inside of VPP.
func l3xcRow() lethal {
	return lethal{
		message: "l3xc_update",
		why:     "a path of type INTERFACE_RX to an interface with an L3 cross-connect may lead back here, and the first packet then kills VPP",
		where: func(m *binproto.Message) []int {
			at, own := pathOffsets(m), offsetOf(m.Body(), field{"l3xc.sw_if_index", 4})
			if at == nil || own < 0 {
				return nil
			}
			return append(at, own)
		},
		bad: func(msg []byte, at []int) verdict {
			worst := safe
			for i := 0; ; i++ {
				p, ok := pathAt(msg, at, i)
				switch {
				case !ok:
					return worst
				case p.u32(inType) != pathInterfaceRx:
				case p.u32(inIndex) == u32(msg, at[len(at)-1]):
					return deadly
				default:
					worst = ask
				}
			}
		},
		look: func(ctx context.Context, s *Session, msg []byte, at []int) error {
			for i := 0; ; i++ {
				p, ok := pathAt(msg, at, i)
				if !ok {
					return nil
				}
				if p.u32(inType) != pathInterfaceRx {
					continue
				}
				for _, err := range InvokeStream(ctx, s, "l3xc_dump", map[string]any{"sw_if_index": p.u32(inIndex)}) {
					if err != nil {
						return fmt.Errorf("looking it up: %w", err)
					}
					return fmt.Errorf("interface %d has an L3 cross-connect", p.u32(inIndex))
				}
			}
		},
	}
}
