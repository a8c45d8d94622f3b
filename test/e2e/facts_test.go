package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// fact is one thing that VPP holds or should hold: of a subject, such as
// "interface lo", an attribute and its value.
type fact struct{ subject, attribute, value string }

func (f fact) String() string {
	return strings.TrimRight(strings.Join([]string{f.subject, f.attribute, f.value}, " "), " ")
}

func sortFacts(list []fact) {
	slices.SortFunc(list, func(a, b fact) int { return strings.Compare(a.String(), b.String()) })
}

const (
	mark = "vpp-operator/" // stands before names of ours in tags and names
	ours = "vpp-operator"  // our FIB source
	none = ^uint32(0)
)

type (
	empty   struct{}
	ofIndex struct{ SwIfIndex uint32 }
)

// dump reads a stream whole; of a VPP that lacks the message, nothing.
func dump[Q, R any](ctx context.Context, s *vpp.Session, m *vpp.Method[Q, R], q Q) ([]*R, error) {
	var all []*R
	for r, err := range m.Dump(ctx, s, &q) {
		switch {
		case errors.Is(err, vpp.ErrNoMessage):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", m.Name(), err)
		}
		all = append(all, r)
	}
	return all, nil
}

// factKind is what is known here of a kind of objects: how to read what VPP
// holds of it, and what an object wants VPP to hold, both apart from the code
// that is tested.
type factKind struct {
	read func(*reader)
	want func(*wanted, v1alpha1.Object) []fact
}

// factsOf is a kind whose objects are of type T; want is given what an object is
// called on its node.
func factsOf[T v1alpha1.Object](read func(*reader), want func(w *wanted, o T, name string) []fact) factKind {
	return factKind{read, func(w *wanted, o v1alpha1.Object) []fact {
		if typed, ok := o.(T); ok {
			return want(w, typed, v1alpha1.ResourceName(o))
		}
		return nil
	}}
}

// factKinds list every kind; a new one adds its line. Interfaces are the first,
// because they give their names to the others.
func factKinds() []factKind {
	return []factKind{
		factsOf((*reader).interfaces, (*wanted).iface),
		factsOf((*reader).nat44, (*wanted).nat44),
		factsOf((*reader).nat44Mappings, (*wanted).nat44Mapping),
		factsOf((*reader).neighbors, (*wanted).neighbor),
		factsOf((*reader).tables, (*wanted).vrf),
		factsOf((*reader).routes, (*wanted).route),
		factsOf((*reader).accessLists, (*wanted).accessList),
		factsOf((*reader).macAccessLists, (*wanted).macAccessList),
		factsOf((*reader).reversePathFilters, (*wanted).reversePathFilter),
		factsOf((*reader).mssClamps, (*wanted).mssClamp),
		factsOf((*reader).portMirrors, (*wanted).portMirror),
		factsOf((*reader).bridgeDomains, (*wanted).bridgeDomain),
		factsOf((*reader).crossConnects, (*wanted).crossConnect),
		factsOf((*reader).policers, (*wanted).policer),
		factsOf((*reader).nat64, (*wanted).nat64),
		factsOf((*reader).deterministicNAT, (*wanted).deterministicNAT),
		factsOf((*reader).policyRoutes, (*wanted).policyRoute),
		factsOf((*reader).l3CrossConnects, (*wanted).l3CrossConnect),
	}
}

// reader reads facts from one session. Its first error stops it.
type reader struct {
	ctx   context.Context // lives for one reading
	s     *vpp.Session
	err   error
	facts []fact
	// names of interfaces: their objects' where they are ours, else VPP's.
	names map[uint32]string
}

// readFacts reads what VPP holds as far as the operator's kinds go.
func readFacts(ctx context.Context, s *vpp.Session) ([]fact, error) {
	r := &reader{ctx: ctx, s: s, names: map[uint32]string{none: ""}}
	for _, k := range factKinds() {
		k.read(r)
	}
	sortFacts(r.facts)
	return r.facts, r.err
}

func (r *reader) add(subject, attribute, format string, args ...any) {
	r.facts = append(r.facts, fact{subject, attribute, fmt.Sprintf(format, args...)})
}

// each calls f for all that a request is answered with.
func each[Q, R any](r *reader, m *vpp.Method[Q, R], q Q, f func(*R)) {
	if r.err != nil {
		return
	}
	var all []*R
	if all, r.err = dump(r.ctx, r.s, m, q); r.err == nil {
		for _, d := range all {
			f(d)
		}
	}
}

func family(ip6 bool) string {
	if ip6 {
		return "ip6"
	}
	return "ip4"
}
