package kinds

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindRoute is the kind of routes.
const KindRoute = "Route"

// RouteID is a prefix in a VRF.
func RouteID(vrf string, prefix netip.Prefix) state.ID {
	return state.ID{Kind: KindRoute, Key: vrf + " " + prefix.String()}
}

type ipRoute struct {
	TableID, StatsIndex uint32
	Prefix              netip.Prefix
	Src                 uint8
	Paths               []fibPath
}

type ipRouteAddDel struct {
	IsAdd, IsMultipath bool
	Route              ipRoute
}

type ipRouteDump struct {
	Src   uint8
	Table ipTable
}

type ipRouteDetails struct{ Route ipRoute }

type ipRouteLookup struct {
	TableID uint32
	Exact   uint8
	Prefix  netip.Prefix
}

type ipRouteLookupReply struct {
	Retval int32
	Route  ipRoute
}

var (
	routeAddDel = vpp.NewMethod[ipRouteAddDel, retval]("ip_route_add_del_v2")
	routeDump   = vpp.NewMethod[ipRouteDump, ipRouteDetails]("ip_route_v2_dump")
	routeLookup = vpp.NewMethod[ipRouteLookup, ipRouteLookupReply]("ip_route_lookup_v2").Raw()
)

// fewRoutes is how many routes written at once are each looked up before they
// are said to be done, to see whether another source has the prefix. Of more
// that is asked when all are written.
const fewRoutes = 16

// route is the kind of prefixes in the tables of VRFs. Ours are those of our
// FIB source.
type route struct {
	source *atomic.Uint32
}

// NewRoute is the kind of routes.
func NewRoute() state.Kind { return route{new(atomic.Uint32)} }

func (route) Name() string { return KindRoute }

// A route outlives what it points at, and then points at whatever comes next.
func (route) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (route) Describe(key string) string {
	vrf, prefix, _ := strings.Cut(key, " ")
	return "route to " + prefix + " in VRF " + vrf
}

func (route) Probe(c vpp.Caller) error {
	return probe("", c, routeAddDel, routeDump, routeLookup, sourceDump, sourceAdd)
}

// Open implements [state.Opener].
func (k route) Open(ctx context.Context, v *state.View) error {
	names, err := sources(ctx, v)
	if err != nil {
		return err
	}
	id, ok := sourceOf(names, SourceName)
	if !ok {
		return &state.WaitError{For: "FIB source " + SourceName}
	}
	k.source.Store(uint32(id))
	return nil
}

func (route) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[*Paths](want), valueOf[*Paths](have)
	if w == nil || h == nil || !w.Equal(h) {
		return state.Difference{Change: state.InPlace, Fields: []string{"paths"}}
	}
	return state.Difference{}
}

// Read reads the routes of our source from all tables. What another source
// has won is not among them; see Explain.
func (k route) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	var tables []ipTable
	for d, err := range tableDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		tables = append(tables, d.Table)
	}
	for _, t := range tables {
		vrf := vrfName(v, t.TableID, t.IsIP6)
		from := newPathReader(v, vrf, t.IsIP6)
		key := append(make([]byte, 0, 128), vrf...)
		key = append(key, ' ')
		var d ipRouteDetails
		q := ipRouteDump{Src: uint8(k.source.Load()), Table: ipTable{TableID: t.TableID, IsIP6: t.IsIP6}}
		for err := range routeDump.Scan(ctx, v.Caller(), &q, &d) {
			if err != nil {
				return err
			}
			paths, needs := from.read(d.Route.Paths)
			// The name of the VRF and then the prefix, as RouteID has it.
			key = d.Route.Prefix.Masked().AppendTo(key[:len(vrf)+1])
			found(state.Found{ID: state.ID{Kind: KindRoute, Key: string(key)}, Value: paths, Ours: true, Needs: needs})
		}
	}
	return nil
}

// Explain implements [state.Explainer]: a prefix that another source has won
// is in no dump of ours. The names of sources are asked for only where one has.
func (k route) Explain(ctx context.Context, v *state.View, missing []state.ID, wants []any, found func(state.Found)) error {
	ids := make([]int, 0, len(missing)) // by number in the batch
	type loss struct {
		i      int // in missing
		source uint8
	}
	var lost []loss
	var failed error
	b, err := routeLookup.Batch(ctx, v.Caller(), func(i int, r *ipRouteLookupReply, err error) {
		if err != nil {
			failed = err
		} else if k.isOverridden(r) {
			lost = append(lost, loss{ids[i], r.Route.Src})
		}
	})
	if err != nil {
		return err
	}
	for i, id := range missing {
		q, ok := lookupOf(v, id)
		if !ok {
			continue
		}
		ids = append(ids, i)
		if addErr := b.Add(&q); addErr != nil {
			_ = b.Wait()
			return addErr
		}
	}
	if err := errors.Join(b.Wait(), failed); err != nil || len(lost) == 0 {
		return err
	}
	names, err := sources(ctx, v)
	if err != nil {
		return err
	}
	for _, l := range lost {
		vrf, prefix := routeOf(missing[l.i])
		paths := valueOf[*Paths](wants[l.i])
		found(state.Found{
			ID: missing[l.i], Value: paths, Ours: true, Overridden: overriddenBy(l.source, names),
			Needs: RouteNeeds(vrf, prefix.Addr().Is6(), paths),
		})
	}
	return nil
}

// Refresh implements [state.Refresher]: who has the prefix now.
func (k route) Refresh(ctx context.Context, v *state.View, id state.ID, have any, found func(state.Found)) error {
	paths := valueOf[*Paths](have)
	q, ok := lookupOf(v, id)
	if !ok {
		return errNotAlone
	}
	r, err := routeLookup.Call(ctx, v.Caller(), &q)
	if err != nil {
		return err
	}
	f := state.Found{ID: id, Value: paths, Ours: true}
	vrf, prefix := routeOf(id)
	switch {
	case paths == nil && (r.Retval != 0 || uint32(r.Route.Src) != k.source.Load()):
		return nil // it was not there, and is not
	case r.Retval != 0:
		return errNotAlone
	case uint32(r.Route.Src) == k.source.Load():
		f.Value, f.Needs = newPathReader(v, vrf, prefix.Addr().Is6()).read(r.Route.Paths)
	default:
		names, err := sources(ctx, v)
		if err != nil {
			return err
		}
		f.Overridden, f.Needs = overriddenBy(r.Route.Src, names), RouteNeeds(vrf, prefix.Addr().Is6(), paths)
	}
	found(f)
	return nil
}

// errNotAlone says that a route cannot be read by itself.
var errNotAlone = errors.New("the route must be looked for in its table")

// isOverridden tells whether another source has the prefix looked up.
func (k route) isOverridden(r *ipRouteLookupReply) bool {
	return r.Retval == 0 && uint32(r.Route.Src) != k.source.Load()
}

// overriddenBy names the source that has a prefix in our place.
func overriddenBy(source uint8, names map[uint8]string) string {
	if name := names[source]; name != "" {
		return "route source " + name
	}
	return "another route source"
}

func lookupOf(v *state.View, id state.ID) (ipRouteLookup, bool) {
	vrf, prefix := routeOf(id)
	table, ok := v.Handle(VRFID(vrf, prefix.Addr().Is6()))
	return ipRouteLookup{TableID: table, Exact: 1, Prefix: prefix}, ok && prefix.IsValid()
}

// routeOf takes the identity of a route apart.
func routeOf(id state.ID) (vrf string, prefix netip.Prefix) {
	vrf, text, _ := strings.Cut(id.Key, " ")
	prefix, _ = netip.ParsePrefix(text)
	return vrf, prefix
}

// Apply writes routes as fast as VPP takes them. A set of paths replaces the
// one before in one call, so no packet meets a gap.
func (k route) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	sent := make([]*state.Op, 0, len(ops)) // by number in the batch
	few := len(ops) <= fewRoutes
	var written []*state.Op
	b, err := routeAddDel.Batch(ctx, v.Caller(), func(i int, _ *retval, err error) {
		if op := sent[i]; few && err == nil && op.Verb != state.Delete {
			written = append(written, op)
		} else {
			op.Done(state.Result{Err: err, Explain: op.Verb != state.Delete})
		}
	})
	if err != nil {
		for _, op := range ops {
			op.Done(state.Result{Err: err})
		}
		return
	}
	to := pathWriter{v: v}
	for _, op := range ops {
		q, err := k.request(v, op, &to)
		if err == nil {
			sent = append(sent, op)
			if err = b.Add(&q); err == nil {
				continue
			}
			sent = sent[:len(sent)-1]
		}
		op.Done(state.Result{Err: err})
	}
	_ = b.Wait() // each was told its own error
	k.prove(ctx, v, written)
}

// request is what an operation says to VPP.
func (k route) request(v *state.View, op *state.Op, to *pathWriter) (ipRouteAddDel, error) {
	vrf, prefix := routeOf(op.ID)
	id := VRFID(vrf, prefix.Addr().Is6())
	table, ok := v.Handle(id)
	if !ok {
		return ipRouteAddDel{}, &state.WaitError{For: id.String()}
	}
	q := ipRouteAddDel{
		IsAdd: op.Verb != state.Delete,
		Route: ipRoute{TableID: table, Prefix: prefix, Src: uint8(k.source.Load())},
	}
	var err error
	if q.IsAdd {
		q.Route.Paths, err = to.write(valueOf[*Paths](op.Want), prefix.Addr().Is6())
	}
	return q, err
}

// prove looks at each of a few routes that were written: a better source may
// have the prefix.
func (k route) prove(ctx context.Context, v *state.View, ops []*state.Op) {
	if len(ops) == 0 {
		return
	}
	names := sync.OnceValue(func() map[uint8]string {
		names, _ := sources(ctx, v)
		return names
	})
	state.Each(ops, func(op *state.Op) state.Result {
		q, ok := lookupOf(v, op.ID)
		if !ok {
			return state.Result{}
		}
		r, err := routeLookup.Call(ctx, v.Caller(), &q)
		if err != nil || !k.isOverridden(r) {
			return state.Result{} // the write itself was answered
		}
		return state.Result{Overridden: overriddenBy(r.Route.Src, names())}
	})
}
