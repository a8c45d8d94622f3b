package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The kinds of policers' bindings to interfaces, by direction.
const (
	KindPolicerInput  = "PolicerInput"
	KindPolicerOutput = "PolicerOutput"
)

// PolicerBindingItem is that an interface's packets of a direction are policed:
// an interface has one policer in each.
func PolicerBindingItem(iface, policer string, output bool) state.Item {
	b := policerBinding{output}
	return state.Item{ID: state.ID{Kind: b.Name(), Key: iface}, Value: policer, Needs: b.needs(iface, policer)}
}

type policerBindRequest struct {
	Name      string
	SwIfIndex uint32
	Apply     bool
}

// The newer messages, by index, are answered with the replies to these.
var (
	policerInput  = vpp.NewMethod[policerBindRequest, retval]("policer_input")
	policerOutput = vpp.NewMethod[policerBindRequest, retval]("policer_output")
)

// policerBinding is the feature that polices an interface. Its values are names
// of policers.
type policerBinding struct{ output bool }

// NewPolicerBinding is the kind of policers' bindings to interfaces, for a
// direction. VPP shows none: the ledger knows them.
func NewPolicerBinding(output bool) state.Kind { return newBinding[string](policerBinding{output}) }

func (p policerBinding) Name() string {
	if p.output {
		return KindPolicerOutput
	}
	return KindPolicerInput
}

func (p policerBinding) method() *vpp.Method[policerBindRequest, retval] {
	if p.output {
		return policerOutput
	}
	return policerInput
}

func (p policerBinding) Probe(c vpp.Caller) error {
	return probe(pluginPolicer, c, p.method(), policerDump, cli)
}

func (policerBinding) ends() int { return 1 }

func (policerBinding) needs(iface, policer string) []state.ID {
	return []state.ID{InterfaceID(iface), PolicerID(policer)}
}

func (p policerBinding) describe(iface string) string {
	if p.output {
		return "policer of what leaves by Interface " + iface
	}
	return "policer of what comes in by Interface " + iface
}

func (p policerBinding) hidden() []string {
	if p.output {
		return []string{"outputInterfaces"}
	}
	return []string{"inputInterfaces"}
}

// taken implements [unseen]: an interface that is shared with others may have
// theirs.
func (p policerBinding) taken(ctx context.Context, v *state.View, at place) (bool, error) {
	n, _, err := featureCount(ctx, v, at.Index, p.node())
	return n > 0, err
}

func (policerBinding) shown(context.Context, *state.View, uint32, func(place, string)) error {
	return nil
}

func (policerBinding) compare(want, have string) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"policer"}}
}

func (p policerBinding) node() string {
	if p.output {
		return "policer-output"
	}
	return "policer-input"
}

// inForce looks at the nodes that packets pass: which arc they are on differs
// between releases. What is switched has to be policed as such.
func (p policerBinding) inForce(ctx context.Context, v *state.View, at place, policer string) (on, known bool, err error) {
	text, known, err := featuresOf(ctx, v, at.Index)
	if err != nil || !known {
		return false, false, err
	}
	n, known := countFeature(text, p.node())
	if n == 0 || !known || !framesPass(text) {
		return n > 0, known, nil
	}
	on, err = p.armed(ctx, v, text, at, policer)
	return on, true, err
}

// onFrames implements [frameBinding].
func (policerBinding) onFrames(place) bool { return true }

// armed implements [frameBinding]. Older releases have no node that polices
// frames.
func (p policerBinding) armed(ctx context.Context, v *state.View, features string, _ place, _ string) (bool, error) {
	arc := arcFrameInput
	if p.output {
		arc = arcFrameOutput
	}
	if on, _ := listsFeature(features, arc, "POLICER"); on {
		return true, nil
	}
	_, err := cli.Call(ctx, v.Caller(), &cliInband{Cmd: "show node l2-" + p.node()})
	if refusedByVPP(err) {
		return true, nil
	}
	return false, err
}

func (p policerBinding) on(ctx context.Context, v *state.View, at place, policer string) error {
	_, err := p.method().Call(ctx, v.Caller(), &policerBindRequest{policerName(PolicerID(policer)), at.Index, true})
	return err
}

// off takes whatever policer there is off: VPP wants the name of some policer
// and does not look at which. Where none is applied it must not be asked to.
func (p policerBinding) off(ctx context.Context, v *state.View, at place) error {
	n, known, err := featureCount(ctx, v, at.Index, p.node())
	if err != nil || known && n == 0 {
		return err
	}
	name, done, err := somePolicer(ctx, v)
	if err != nil {
		return err
	}
	_, err = p.method().Call(ctx, v.Caller(), &policerBindRequest{name, at.Index, false})
	if err == nil {
		err = done()
	}
	return err
}

// somePolicer is the name of a policer, of one made for it where there is none.
func somePolicer(ctx context.Context, v *state.View) (name string, done func() error, err error) {
	for d, err := range policerDump.Dump(ctx, v.Caller(), &policerDumpRequest{}) {
		if err != nil {
			return "", nil, err
		}
		name = d.Name
	}
	if name != "" {
		return name, func() error { return nil }, nil
	}
	id := PolicerID(foreignKey("none"))
	_, err = policerAdd.Call(ctx, v.Caller(), &policerAddRequest{policerName(id), policerConfig{CIR: 1, CB: 1}})
	if err != nil {
		return "", nil, fmt.Errorf("a policer to take one off by: %w", err)
	}
	return policerName(id), func() error { return deletePolicer(ctx, v, policerName(id)) }, nil
}
