package kinds

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// mappingSteps carries out the operations of one Apply.
type mappingSteps struct {
	ctx  context.Context
	view *state.View
	// look reads all mappings, once for all steps that have to know what is there.
	look func() (map[state.ID]*state.Found, error)
}

// Apply deletes by what was last read or written: VPP deletes anyone's mapping of
// an address and port, whatever the tag, what it deletes must be named exactly, or
// parts of it stay, and it shows all mappings or none. So only where more than one
// is at stake all of them are read before.
func (nat44Mapping) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	s := mappingSteps{ctx: ctx, view: v, look: sync.OnceValues(func() (map[state.ID]*state.Found, error) { return mappingsByID(ctx, v) })}
	state.Verbs{
		Create: func(_ context.Context, _ *state.View, op *state.Op) state.Result { return s.create(op) },
		Update: func(_ context.Context, _ *state.View, op *state.Op) state.Result { return s.update(op) },
		Delete: func(_ context.Context, _ *state.View, op *state.Op) error { return s.delete(op) },
	}.Apply(ctx, v, ops)
}

func mappingsByID(ctx context.Context, v *state.View) (map[state.ID]*state.Found, error) {
	all, err := readMappings(ctx, v)
	if err != nil {
		return nil, err
	}
	byID := make(map[state.ID]*state.Found, len(all))
	for i := range all {
		if byID[all[i].ID] == nil {
			byID[all[i].ID] = &all[i]
		}
	}
	return byID, nil
}

// create makes a mapping. An identity VPP would add to somebody else's in another
// VRF, and what it notes of the inside of those and of load-balanced ones takes
// the place of another's: for these it is looked first.
func (s mappingSteps) create(op *state.Op) state.Result {
	want := valueOf[*NAT44Mapping](op.Want)
	if want.Type != NAT44Static {
		there, err := s.look()
		if err != nil {
			return state.Result{Err: err}
		}
		if r, done := s.settle(op, want, there); done {
			return r
		}
	}
	return s.make(op, want)
}

// settle deals with what is there of a mapping that is to be made; done is false
// where nothing stands in its way.
func (s mappingSteps) settle(op *state.Op, want *NAT44Mapping, there map[state.ID]*state.Found) (r state.Result, done bool) {
	f := there[op.ID]
	switch {
	case f != nil && f.Ours && (nat44Mapping{}).Compare(want, f.Value, nil).Change == state.Same:
		return state.Result{Have: f.Value, Unverified: want.unverified()}, true
	case f != nil && op.Adopt:
		if err := s.remove(f); err != nil {
			return state.Result{Err: err}, true
		}
		return s.make(op, want), true
	case f != nil:
		return state.Result{Err: &state.ConflictError{With: s.owner(f)}}, true
	}
	for _, f := range there {
		for _, c := range want.claims() {
			if slices.Contains(f.Claims, c) {
				return state.Result{Err: &state.ConflictError{With: s.owner(f)}}, true
			}
		}
	}
	return state.Result{}, false
}

// owner names what is in the way: by whose it is now, which the tag does not tell
// once a mapping has moved from object to object.
func (s mappingSteps) owner(f *state.Found) string {
	what := "mapping of " + f.ID.Key
	if !f.Ours {
		return "the " + what + ", made by somebody else,"
	}
	if o, wanted := s.view.Owner(f.ID); wanted {
		return "the " + what + " of " + o.String()
	}
	return "the " + what + " of NAT44Mapping " + valueOf[*NAT44Mapping](f.Value).Object
}

// make sends what makes a mapping. What VPP will not show is noted before.
func (s mappingSteps) make(op *state.Op, want *NAT44Mapping) state.Result {
	table, err := tableNumber(s.view, want.VRF, false)
	if err != nil {
		return state.Result{Err: err}
	}
	index := noIndex
	if want.Interface != "" {
		if index, err = interfaceHandle(s.view, want.Interface); err != nil {
			return state.Result{Err: err}
		}
	}
	if want.hidden() != "" {
		err = s.view.Ledger().Put(op.ID, state.Entry{Digest: want.hidden()})
	} else {
		err = s.view.Ledger().Delete(op.ID)
	}
	if err != nil {
		return state.Result{Err: err}
	}
	made := *want
	made.shown = &shownMapping{tag: Mark + want.Object, vrf: table, index: index, hidden: want.hidden()}
	switch err = s.send(&made, true); {
	case err == nil:
		return state.Result{Have: &made, Unverified: want.unverified()}
	case outcomeUnknown(err):
		return state.Result{Err: err}
	case refusedWith(err, retNoSuchEntry) && want.Type == NAT44LoadBalanced:
		err = &state.WaitError{For: "address " + want.External.String() + " in NAT44's pool"}
	case refusedWith(err, retValueExists):
		there, readErr := mappingsByID(s.ctx, s.view)
		if readErr != nil {
			return state.Result{Err: readErr}
		}
		if r, done := s.settleRefused(op, want, there); done && r.Err == nil {
			return r
		} else if done {
			err = r.Err
		}
	}
	return state.Result{Err: errors.Join(err, s.view.Ledger().Delete(op.ID))}
}

// settleRefused is settle for what VPP has refused: a mapping that is to be
// adopted is in the way no longer the second time.
func (s mappingSteps) settleRefused(op *state.Op, want *NAT44Mapping, there map[state.ID]*state.Found) (state.Result, bool) {
	if f := there[op.ID]; f != nil && f.Ours && op.Adopt {
		once := *op
		once.Adopt = false
		return s.settle(&once, want, there)
	}
	if r, done := s.settle(op, want, there); done {
		return r, true
	}
	// An interface's address has no identity of its own until it is resolved.
	for _, f := range there {
		m := valueOf[*NAT44Mapping](f.Value)
		if m.ExternalPort == want.ExternalPort && m.Protocol == want.Protocol && (m.Interface != "" || want.Interface != "") {
			return state.Result{Err: &state.ConflictError{With: s.owner(f)}}, true
		}
	}
	return state.Result{}, false
}

// send makes or deletes a mapping as its shown part says.
func (s mappingSteps) send(m *NAT44Mapping, add bool) error {
	c, at := s.view.Caller(), m.shown
	tag := ""
	if add {
		tag = at.tag
	}
	var err error
	switch m.Type {
	case NAT44Static:
		_, err = nat44SetStatic.Call(s.ctx, c, &nat44Static{
			IsAdd: add, MatchPool: m.Pool.IsValid(), Flags: m.flags(), PoolIPAddress: m.Pool, LocalIPAddress: m.Local, ExternalIPAddress: m.External,
			Protocol: m.Protocol, LocalPort: m.LocalPort, ExternalPort: m.ExternalPort, ExternalSwIfIndex: at.index, VrfID: at.vrf, Tag: tag,
		})
	case NAT44Identity:
		_, err = nat44SetIdentity.Call(s.ctx, c, &nat44Identity{
			IsAdd: add, Flags: m.flags(), IPAddress: m.External, Protocol: m.Protocol, Port: m.ExternalPort, SwIfIndex: at.index, VrfID: at.vrf, Tag: tag,
		})
	case NAT44LoadBalanced:
		q := nat44LB{
			IsAdd: add, Flags: m.flags(), ExternalAddr: m.External, ExternalPort: m.ExternalPort, Protocol: m.Protocol, Affinity: m.Affinity, Tag: tag,
		}
		for _, b := range m.Backends {
			q.Locals = append(q.Locals, nat44Local{b.Address, b.Port, b.Probability, at.vrf})
		}
		_, err = nat44SetLB.Call(s.ctx, c, &q)
	}
	return err
}

// update changes backends, or takes a mapping of somebody else over: that is
// made anew, since the tag is set when it is made.
func (s mappingSteps) update(op *state.Op) state.Result {
	want, have := valueOf[*NAT44Mapping](op.Want), valueOf[*NAT44Mapping](op.Have)
	steps, ok := backendSteps(have.Backends, want.Backends)
	if !ok || !strings.HasPrefix(have.shown.tag, Mark) {
		there, err := s.look()
		if err != nil {
			return state.Result{Err: err}
		}
		if r, done := s.settle(op, want, there); done {
			return r
		}
		return s.make(op, want)
	}
	now := *have
	now.Backends = slices.Clone(have.Backends)
	for _, step := range steps {
		b := step.backend
		_, err := nat44SetLBLocal.Call(s.ctx, s.view.Caller(), &nat44LBLocal{
			IsAdd: step.add, ExternalAddr: want.External, ExternalPort: want.ExternalPort, Protocol: want.Protocol,
			Local: nat44Local{b.Address, b.Port, b.Probability, have.shown.vrf},
		})
		if err != nil && !refusedWith(err, retValueExists, retNoSuchEntry) {
			return state.Result{Err: err, Have: &now}
		}
		if step.add {
			now.Backends = append(now.Backends, b)
		} else {
			now.Backends = slices.DeleteFunc(now.Backends, func(have NAT44Backend) bool { return have == b })
		}
		SortNAT44Backends(now.Backends)
	}
	return state.Result{Have: &now, Unverified: want.unverified()}
}

// delete looks for those of interfaces, of which VPP has two rows, the second by an
// address that may be another by now.
func (s mappingSteps) delete(op *state.Op) error {
	have := valueOf[*NAT44Mapping](op.Have)
	if have != nil && have.Interface == "" {
		if strings.HasPrefix(have.shown.tag, Mark) {
			if err := s.send(have, false); err != nil && !refusedWith(err, retNoSuchEntry) {
				return err
			}
		}
		return s.view.Ledger().Delete(op.ID)
	}
	there, err := s.look()
	if err != nil {
		return err
	}
	f := there[op.ID]
	if f == nil && have != nil {
		f = leftMapping(there, have)
	}
	if f != nil && f.Ours {
		if err := s.remove(f); err != nil {
			return err
		}
	}
	return s.view.Ledger().Delete(op.ID)
}

// leftMapping finds a mapping of an interface that has its name no more.
func leftMapping(there map[state.ID]*state.Found, have *NAT44Mapping) *state.Found {
	for _, f := range there {
		m := valueOf[*NAT44Mapping](f.Value)
		if m.Interface != "" && m.shown.index == have.shown.index && m.shown.tag == have.shown.tag &&
			m.Type == have.Type && m.ExternalPort == have.ExternalPort && m.Protocol == have.Protocol {
			return f
		}
	}
	return nil
}

// remove deletes a mapping as it was found. VPP takes the row of an interface's
// first address away with it, which is another by now maybe.
func (s mappingSteps) remove(f *state.Found) error {
	m := valueOf[*NAT44Mapping](f.Value)
	err := s.send(m, false)
	if err != nil && !refusedWith(err, retNoSuchEntry) {
		return err
	}
	if !m.shown.resolved.IsValid() {
		return nil
	}
	there, err := mappingsByID(s.ctx, s.view)
	if err != nil {
		return err
	}
	byAddress := *m
	at := *m.shown
	byAddress.Interface, byAddress.External, byAddress.shown = "", at.resolved, &at
	at.index = noIndex
	left := there[byAddress.ID()]
	if left == nil || valueOf[*NAT44Mapping](left.Value).shown.tag != at.tag || valueOf[*NAT44Mapping](left.Value).Local != m.Local {
		return nil
	}
	err = s.send(&byAddress, false)
	if refusedWith(err, retNoSuchEntry) {
		return nil
	}
	return err
}
