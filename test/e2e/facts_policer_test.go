package e2e

import (
	"fmt"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	policerAction  struct{ Type, DSCP uint8 }
	policerDetails struct {
		Name                                       string
		CIR, EIR                                   uint32
		CB, EB                                     uint64
		RateType, RoundType, Type                  uint8
		ConformAction, ExceedAction, ViolateAction policerAction
		ColorAware                                 bool
	}
	swIfIndexRequest struct{ SwIfIndex uint32 }
	interfaceName    struct {
		SwIfIndex     uint32
		InterfaceName string
	}
	cliRequest struct{ Cmd string }
	cliReply   struct {
		Retval int32
		Reply  string
	}
)

var (
	policers       = vpp.NewMethod[empty, policerDetails]("policer_dump")
	interfaceNames = vpp.NewMethod[swIfIndexRequest, interfaceName]("sw_interface_dump")
	commandLine    = vpp.NewMethod[cliRequest, cliReply]("cli_inband")
)

// policers reads policers, and where they are applied as far as VPP shows it:
// that something polices an interface, and not what.
func (r *reader) policers() {
	if r.err != nil || policers.Check(r.s) != nil {
		return
	}
	some := false
	each(r, policers, empty{}, func(d *policerDetails) {
		some = true
		r.add("policer", d.Name, "type %d rate %d round %d cir %d cbs %d eir %d ebs %d aware %t %v %v %v", d.Type, d.RateType, d.RoundType,
			d.CIR, d.CB, d.EIR, d.EB, d.ColorAware, d.ConformAction, d.ExceedAction, d.ViolateAction)
	})
	if !some {
		return
	}
	each(r, interfaceNames, swIfIndexRequest{none}, func(d *interfaceName) {
		features, err := commandLine.Call(r.ctx, r.s, &cliRequest{"show interface " + d.InterfaceName + " features"})
		if err != nil {
			return // it has been deleted meanwhile
		}
		for _, direction := range []string{"input", "output"} {
			if strings.Contains(features.Reply, "  policer-"+direction+"\n") {
				r.add("policed "+r.names[d.SwIfIndex], direction, "")
			}
		}
	})
}

func (*wanted) policer(o *v1alpha1.Policer, name string) (list []fact) {
	s := &o.Spec
	index := func(list string, value any) int {
		for i, word := range strings.Fields(list) {
			if word == fmt.Sprint(value) {
				return i
			}
		}
		return -1
	}
	action := func(a *v1alpha1.PolicerAction, standard uint8) policerAction {
		switch {
		case a == nil:
			return policerAction{Type: standard}
		case a.DSCP != nil:
			return policerAction{2, uint8(*a.DSCP)}
		}
		return policerAction{Type: uint8(index("Drop Transmit", a.Type))}
	}
	list = append(list, fact{"policer", mark + name, fmt.Sprintf("type %d rate %d round %d cir %d cbs %d eir %d ebs %d aware %t %v %v %v",
		index("OneRateTwoColor RFC2697 RFC2698 RFC4115", s.Type), index("Kbps PacketsPerSecond", s.RateUnit), index("Closest Up Down", s.Rounding),
		s.CIR, s.CBS, s.EIR, s.EBS, s.ColorAware, action(s.ConformAction, 1), action(s.ExceedAction, 0), action(s.ViolateAction, 0))})
	for _, i := range s.InputInterfaces {
		list = append(list, fact{"policed " + string(i), "input", ""})
	}
	for _, i := range s.OutputInterfaces {
		list = append(list, fact{"policed " + string(i), "output", ""})
	}
	return list
}
