package vpptest

import (
	"bytes"
	"cmp"
	"slices"
)

// routeKind is unicast IP routes.
func routeKind() kind {
	return kind{
		types: `
enum fib_path_nh_proto u32 FIB_API_PATH_NH_PROTO_IP4=0 FIB_API_PATH_NH_PROTO_IP6=1 FIB_API_PATH_NH_PROTO_MPLS=2 FIB_API_PATH_NH_PROTO_ETHERNET=3 FIB_API_PATH_NH_PROTO_BIER=4
enum fib_path_flags u32 FIB_API_PATH_FLAG_NONE=0 FIB_API_PATH_FLAG_RESOLVE_VIA_ATTACHED=1 FIB_API_PATH_FLAG_RESOLVE_VIA_HOST=2 FIB_API_PATH_FLAG_POP_PW_CW=4
enum fib_path_type u32 FIB_API_PATH_TYPE_NORMAL=0 FIB_API_PATH_TYPE_LOCAL=1 FIB_API_PATH_TYPE_DROP=2 FIB_API_PATH_TYPE_UDP_ENCAP=3 FIB_API_PATH_TYPE_BIER_IMP=4 FIB_API_PATH_TYPE_ICMP_UNREACH=5 FIB_API_PATH_TYPE_ICMP_PROHIBIT=6 FIB_API_PATH_TYPE_SOURCE_LOOKUP=7 FIB_API_PATH_TYPE_DVR=8 FIB_API_PATH_TYPE_INTERFACE_RX=9 FIB_API_PATH_TYPE_CLASSIFY=10
struct fib_mpls_label u8 is_uniform; u32 label; u8 ttl; u8 exp
struct fib_path_nh address_union address; u32 via_label; u32 obj_id; u32 classify_table_index
struct fib_path u32 sw_if_index; u32 table_id; u32 rpf_id; u8 weight; u8 preference; fib_path_type type; fib_path_flags flags; fib_path_nh_proto proto; fib_path_nh nh; u8 n_labels; fib_mpls_label label_stack[16]
struct ip_route u32 table_id; u32 stats_index; prefix prefix; u8 n_paths; fib_path paths[n_paths]
struct ip_route_v2 u32 table_id; u32 stats_index; prefix prefix; u8 n_paths; u8 src; fib_path paths[n_paths]
`,
		modules: []moduleRows{{name: "ip", rows: join(
			replyingRows("ip_route_add_del", 0xb8ecfe0d, "bool is_add default=true; bool is_multipath; ip_route route", 0x1992deab, "u32 stats_index"),
			inProgress(replyingRows("ip_route_add_del_v2", 0x521ef330, "bool is_add default=true; bool is_multipath; ip_route_v2 route", 0x1992deab, "u32 stats_index")),
			dumpRows("ip_route_dump", 0xb9d2e09e, "ip_table table", "ip_route_details", 0xbda8f315, "ip_route route"),
			inProgress(dumpRows("ip_route_v2_dump", 0xd16f72e6, "u8 src; ip_table table", "ip_route_v2_details", 0xb09aa6c0, "ip_route_v2 route")),
			replyingRows("ip_route_lookup", 0x710d6471, "u32 table_id; u8 exact; prefix prefix", 0x5d8febcb, "ip_route route"),
			inProgress(replyingRows("ip_route_lookup_v2", 0x710d6471, "u32 table_id; u8 exact; prefix prefix", 0x84cc9e03, "ip_route_v2 route")),
		)}},
		serve: serveRoute,
	}
}

type (
	// wireRoute is both ip_route and ip_route_v2, which knows its source.
	wireRoute struct {
		TableID    uint32
		StatsIndex uint32
		Prefix     wirePrefix
		Src        uint8 `vpp:",optional"`
		Paths      []wirePath
	}
	ipRouteAddDel struct {
		IsAdd       bool
		IsMultipath bool
		Route       wireRoute
	}
	ipRouteAddDelReply struct {
		Retval     int32
		StatsIndex uint32
	}
	ipRouteDump struct {
		Src   uint8 `vpp:",optional"`
		Table wireTable
	}
	ipRouteDetails struct{ Route wireRoute }
	ipRouteLookup  struct {
		TableID uint32
		Exact   bool
		Prefix  wirePrefix
	}
	ipRouteLookupReply struct {
		Retval int32
		Route  wireRoute
	}
)

func serveRoute(r *registry) {
	for _, v := range []struct{ addDel, dump, details, lookup string }{
		{"ip_route_add_del", "ip_route_dump", "ip_route_details", "ip_route_lookup"},
		{"ip_route_add_del_v2", "ip_route_v2_dump", "ip_route_v2_details", "ip_route_lookup_v2"},
	} {
		serveRouteAddDel(r, v.addDel)
		serveRouteDump(r, v.dump, v.details)
		serveRouteLookup(r, v.lookup)
	}
}

func serveRouteAddDel(r *registry, name string) {
	reply := sends[ipRouteAddDelReply](r, name+"_reply")
	update := routeUpdate{fib: r.state.fib, interfaces: &r.state.interfaces.pool}
	on(r, name, func(c *call, m *ipRouteAddDel) {
		stats, retval := update.apply(m)
		if !c.dying() {
			reply.send(c, &ipRouteAddDelReply{retval, stats})
		}
	})
}

// routeUpdate is one ip_route_add_del. Its slices are reused.
type routeUpdate struct {
	fib        *fib
	interfaces *pool[swInterface]
	paths      []path
}

func (u *routeUpdate) apply(m *ipRouteAddDel) (stats uint32, retval int32) {
	f, p := u.fib, m.Route.Prefix.prefix()
	t := f.find(int(p.family), m.Route.TableID)
	if t == nil {
		return none, retNoSuchFIB
	}
	flags, retval := u.decodePaths(m, p)
	source := m.Route.Src
	if source == 0 {
		source = sourceAPI
	}
	switch {
	case retval != retOK:
		return none, retval
	case p.length > p.bits():
		return none, retInvalidPrefixLength
	case len(u.paths) == 0 && (m.IsAdd || m.IsMultipath):
		return none, retNoPathsInRoute
	case f.lethal != "":
		return none, retOK
	case !m.IsAdd && !m.IsMultipath:
		f.remove(t, p, source)
		return none, retOK
	case !m.IsAdd:
		f.removePaths(t, p, source, u.paths)
		return none, retOK
	}
	var e *fibEntry
	switch behaviour := f.behaviour(source); {
	case m.IsMultipath && behaviour != keepsPaths:
		f.lethal = "a path was added for a FIB source that cannot take one"
		return none, retOK
	case m.IsMultipath:
		var had *pathList
		if s := t.exact(p).get(source); s != nil {
			had = s.list
		}
		e = f.set(t, p, source, flags, f.listOf(withPaths(had, u.paths)))
	case behaviour == alwaysDrop:
		e = f.set(t, p, source, 0, f.listOf([]path{dropPath(p.family)}))
	case behaviour == asCover:
		e = f.set(t, p, source, 0, nil)
	default:
		e = f.set(t, p, source, flags, f.listOf(u.paths))
	}
	return e.stats, retOK
}

// removePaths takes single paths from a source's route, and the route with
// the last.
func (f *fib) removePaths(t *table, p prefix, source uint8, paths []path) {
	s := t.exact(p).get(source)
	if s == nil {
		return
	}
	var rest []path
	if s.list != nil {
		rest = withoutPaths(s.list, paths)
	}
	if len(rest) == 0 {
		f.remove(t, p, source)
		return
	}
	f.set(t, p, source, s.flags, f.listOf(rest))
}

// decodePaths reads the request's paths into u.paths.
func (u *routeUpdate) decodePaths(m *ipRouteAddDel, p prefix) (flags entryFlags, retval int32) {
	u.paths = u.paths[:0]
	for i := range m.Route.Paths {
		if w := &m.Route.Paths[i]; w.Type == pathTypeLocal && w.SwIfIndex == none {
			flags |= flagConnected | flagLocal
		}
	}
	attached := len(m.Route.Paths) > 0
	for i := range m.Route.Paths {
		d := pathDecoder{fib: u.fib, interfaces: u.interfaces, adding: m.IsAdd}
		if retval := d.decode(&m.Route.Paths[i]); retval != retOK {
			return 0, retval
		}
		d.fixUp(p, &flags)
		u.paths = append(u.paths, d.path())
		attached = attached && u.paths[i].kind == pathAttached
	}
	if attached && (m.Route.Src == 0 || m.Route.Src == sourceAPI || m.Route.Src == sourceCLI) {
		flags |= flagAttached
	}
	// Paths that are equal later on stay in this order.
	slices.SortStableFunc(u.paths, func(a, b path) int {
		return cmp.Or(bytes.Compare(a.nh[:], b.nh[:]), int(int32(a.sw-b.sw)))
	})
	return flags, retOK
}

// routeView fills in the wire form of routes; a run of routes with one list
// converts it once.
type routeView struct {
	fib  *fib
	last *pathList
}

func (v *routeView) fill(w *wireRoute, t *table, p prefix, e *fibEntry) {
	w.TableID, w.StatsIndex, w.Prefix, w.Src = t.id, e.stats, p.wire(), e.best.source
	if v.last != nil && v.last == e.best.list {
		return
	}
	v.last = e.best.list
	paths := v.fib.pathsOf(t, p, e)
	w.Paths = slices.Grow(w.Paths[:0], len(paths))[:len(paths)]
	for i := range paths {
		paths[i].encode(&w.Paths[i])
	}
}

func serveRouteDump(r *registry, name, detailsName string) {
	f := r.state.fib
	details := sends[ipRouteDetails](r, detailsName)
	on(r, name, func(c *call, m *ipRouteDump) {
		t := f.find(familyOf(m.Table.IsIP6), m.Table.TableID)
		if t == nil {
			return
		}
		view := routeView{fib: f}
		var d ipRouteDetails
		for p, e := range t.all() {
			if m.Src == 0 || m.Src == e.best.source {
				view.fill(&d.Route, t, p, e)
				details.send(c, &d)
			}
		}
	})
}

func serveRouteLookup(r *registry, name string) {
	f := r.state.fib
	reply := sends[ipRouteLookupReply](r, name+"_reply")
	on(r, name, func(c *call, m *ipRouteLookup) {
		p := m.Prefix.prefix()
		p.length = min(p.length, p.bits())
		t := f.find(int(p.family), m.TableID)
		if t == nil {
			reply.send(c, &ipRouteLookupReply{Retval: retNoSuchFIB})
			return
		}
		var e *fibEntry
		if m.Exact {
			if e = t.exact(p); e != nil {
				p.addr = e.addr
			}
		} else {
			p, e = t.longest(p)
		}
		if e == nil {
			reply.send(c, &ipRouteLookupReply{Retval: retNoSuchEntry})
			return
		}
		var out ipRouteLookupReply
		view := routeView{fib: f}
		view.fill(&out.Route, t, p, e)
		reply.send(c, &out)
	})
}
