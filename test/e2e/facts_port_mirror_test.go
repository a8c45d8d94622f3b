package e2e

import (
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	mirrorRequest struct{ IsL2 bool }
	mirrorDetails struct {
		SwIfIndexFrom, SwIfIndexTo uint32
		State                      uint32
		IsL2                       bool
	}
)

var mirrorDump = vpp.NewMethod[mirrorRequest, mirrorDetails]("sw_interface_span_dump")

// portMirrors names an index that no interface has by its number.
func (r *reader) portMirrors() {
	name := func(index uint32) string {
		if n, there := r.names[index]; there {
			return n
		}
		return fmt.Sprintf("index-%d", index)
	}
	for _, l2 := range []bool{false, true} {
		each(r, mirrorDump, mirrorRequest{l2}, func(d *mirrorDetails) {
			r.add("mirror "+name(d.SwIfIndexFrom), name(d.SwIfIndexTo)+" "+map[bool]string{false: "device", true: "l2"}[l2],
				"%s", [...]string{"", "rx", "tx", "both"}[d.State&3])
		})
	}
}

func (*wanted) portMirror(o *v1alpha1.PortMirror, _ string) []fact {
	s := &o.Spec
	return []fact{{
		"mirror " + string(s.Source), string(s.Destination) + " " + strings.ToLower(string(s.Level)), strings.ToLower(string(s.Direction)),
	}}
}
