package kinds

import (
	"context"
	"fmt"
	"strings"
	"sync"

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
	b := policerBinding{output: output}
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
type policerBinding struct {
	output bool
	// idling is held while there is a policer that is made for taking off.
	idling *sync.Mutex
}

// NewPolicerBinding is the kind of policers' bindings to interfaces, for a
// direction. VPP shows none: the ledger knows them.
func NewPolicerBinding(output bool) state.Kind {
	return newBinding[string](policerBinding{output, new(sync.Mutex)})
}

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
	if on, _ := listsFeature(features, p.frameArc(), "POLICER"); on {
		return true, nil
	}
	_, err := cli.Call(ctx, v.Caller(), &cliInband{Cmd: "show node l2-" + p.node()})
	if refusedByVPP(err) {
		return true, nil
	}
	return false, err
}

func (p policerBinding) frameArc() string {
	if p.output {
		return arcFrameOutput
	}
	return arcFrameInput
}

// stale implements [unseen]. VPP takes its nodes off an interface that is deleted,
// and leaves the part for frames at the index: it polices what comes next as soon as
// that is switched.
func (p policerBinding) stale(ctx context.Context, v *state.View, at place) (bool, error) {
	text, known, err := featuresOf(ctx, v, at.Index)
	if err != nil || !known {
		return false, err
	}
	n, known := countFeature(text, p.node())
	on, _ := listsFeature(text, p.frameArc(), "POLICER")
	return known && n == 0 && on, nil
}

func (p policerBinding) on(ctx context.Context, v *state.View, at place, policer string) error {
	_, err := p.method().Call(ctx, v.Caller(), &policerBindRequest{policerName(PolicerID(policer)), at.Index, true})
	return err
}

// off takes whatever policer there is off: VPP wants the name of some policer
// and does not look at which. Where none is applied it must not be asked to; what is
// left for frames of another interface goes with one that is applied for it.
func (p policerBinding) off(ctx context.Context, v *state.View, at place) error {
	n, known, err := featureCount(ctx, v, at.Index, p.node())
	if err != nil {
		return err
	}
	left := false
	if known && n == 0 {
		if left, err = p.stale(ctx, v, at); err != nil || !left {
			return err
		}
	}
	if !left {
		name, err := somePolicer(ctx, v)
		switch {
		case err != nil:
			return err
		case name != "":
			return p.apply(ctx, v, name, at, false)
		}
	}
	return p.withIdle(ctx, v, func(name string) error {
		if left {
			if err := p.apply(ctx, v, name, at, true); err != nil {
				return err
			}
		}
		return p.apply(ctx, v, name, at, false)
	})
}

func (p policerBinding) apply(ctx context.Context, v *state.View, policer string, at place, on bool) error {
	_, err := p.method().Call(ctx, v.Caller(), &policerBindRequest{policer, at.Index, on})
	return err
}

// somePolicer is the name of a policer that stays, "" where there is none.
func somePolicer(ctx context.Context, v *state.View) (name string, err error) {
	for d, err := range policerDump.Dump(ctx, v.Caller(), &policerDumpRequest{}) {
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(d.Name, idlePolicer) {
			name = d.Name
		}
	}
	return name, nil
}

// idlePolicer begins the names of policers that are made for taking others off.
var idlePolicer = policerName(PolicerID(foreignKey("none-")))

// withIdle has a policer that lets everything pass while f runs. It is one of each
// direction, and one at a time: it must not go while it is applied.
func (p policerBinding) withIdle(ctx context.Context, v *state.View, f func(name string) error) error {
	p.idling.Lock()
	defer p.idling.Unlock()
	name := idlePolicer + p.node()
	pass := PolicerAction{Type: PolicerTransmit}
	_, err := policerAdd.Call(ctx, v.Caller(), &policerAddRequest{
		name, policerConfig{CIR: 1, CB: 1, ConformAction: pass, ExceedAction: pass, ViolateAction: pass},
	})
	there := refusedWith(err, retValueExists) // and may be applied since the agent ended
	if err != nil && !there {
		return fmt.Errorf("a policer to take one off by: %w", err)
	}
	if err := f(name); err != nil || there {
		return err
	}
	return deletePolicer(ctx, v, name)
}
