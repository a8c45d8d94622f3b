package vpptest

import "slices"

// abfKind is ACL based forwarding: policies, and where they are attached. VPP
// remembers attachments by the index of their interface and beyond its end, and
// dies where an attachment and its policy do not fit.
func abfKind() kind {
	return kind{
		types: `
struct abf_policy u32 policy_id; u32 acl_index; u8 n_paths; fib_path paths[n_paths]
struct abf_itf_attach u32 policy_id; interface_index sw_if_index; u32 priority; bool is_ipv6
`,
		modules: []moduleRows{{name: "abf", version: 0xf2367b47, semver: "1.0.0", rows: inProgress(join(
			callRows("abf_policy_add_del", 0xc6131197, "bool is_add; abf_policy policy"),
			dumpRows("abf_policy_dump", 0x51077d14, "", "abf_policy_details", 0xb7487fa4, "abf_policy policy"),
			callRows("abf_itf_attach_add_del", 0x25c8621b, "bool is_add; abf_itf_attach attach"),
			dumpRows("abf_itf_attach_dump", 0x51077d14, "", "abf_itf_attach_details", 0x7819523e, "abf_itf_attach attach"),
		))}},
		serve: serveABF,
	}
}

type (
	wirePolicy struct {
		PolicyID uint32
		ACLIndex uint32 `vpp:"acl_index"`
		Paths    []wirePath
	}
	abfPolicyAddDel struct {
		IsAdd  bool
		Policy wirePolicy
	}
	abfPolicyDetails struct{ Policy wirePolicy }
	wireAttach       struct {
		PolicyID, SwIfIndex, Priority uint32
		IsIPv6                        bool `vpp:"is_ipv6"`
	}
	abfAttachAddDel struct {
		IsAdd  bool
		Attach wireAttach
	}
	abfAttachDetails struct{ Attach wireAttach }
)

// abfPolicy is a policy; list is nil when its last path is gone while it is
// attached, of which the next dump dies.
type abfPolicy struct {
	id, acl uint32
	list    *pathList
	// attached is how many attachments it has.
	attached int
}

// abf is all policies and attachments.
type abf struct {
	state    *state
	acls     *acls
	arcs     *featureArcs
	policies pool[abfPolicy]
	attached pool[wireAttach]
}

func (t *abf) find(id uint32) (uint32, *abfPolicy) {
	for i, p := range t.policies.all() {
		if p.id == id {
			return i, p
		}
	}
	return none, nil
}

func (t *abf) decode(m *abfPolicyAddDel) (paths []path, retval int32) {
	for i := range m.Policy.Paths {
		d := pathDecoder{fib: t.state.fib, interfaces: &t.state.interfaces.pool, adding: m.IsAdd}
		if retval := d.decode(&m.Policy.Paths[i]); retval != retOK {
			return nil, retval
		}
		p := d.path()
		p.labels = nil // of which it keeps none
		paths = append(paths, p)
	}
	return paths, retOK
}

func (t *abf) policyAddDel(c *call, m *abfPolicyAddDel) int32 {
	if len(m.Policy.Paths) == 0 {
		return retInvalidValue
	}
	paths, retval := t.decode(m)
	if retval != retOK {
		return retval
	}
	i, p := t.find(m.Policy.PolicyID)
	f := t.state.fib
	switch {
	case p == nil && !m.IsAdd, p != nil && m.IsAdd && p.acl != m.Policy.ACLIndex:
		return retInvalidValue
	case p == nil:
		t.policies.put(&abfPolicy{id: m.Policy.PolicyID, acl: m.Policy.ACLIndex, list: f.listOf(paths)})
		return retOK
	}
	old := p.list
	defer f.drop(old)
	if m.IsAdd {
		for _, add := range paths {
			if slices.ContainsFunc(old.paths, func(o path) bool { return comparePaths(o, add) == 0 }) {
				c.die("an ABF policy was given a path that it has")
				return retOK
			}
		}
		p.list = f.listOf(withPaths(old, paths))
		return retOK
	}
	rest := withoutPaths(old, paths)
	switch {
	case len(rest) > 0:
		p.list = f.listOf(rest)
	case p.attached > 0:
		p.list = nil
	default:
		t.policies.remove(i)
	}
	return retOK
}

func (t *abf) attach(c *call, m *abfAttachAddDel) int32 {
	a := m.Attach
	_, p := t.find(a.PolicyID)
	at, have := none, (*wireAttach)(nil)
	count := 0 // of the family on the interface
	for i, o := range t.attached.all() {
		if o.PolicyID == a.PolicyID && o.SwIfIndex == a.SwIfIndex {
			at, have = i, o
		}
		if o.SwIfIndex == a.SwIfIndex && o.IsIPv6 == a.IsIPv6 {
			count++
		}
	}
	family := [...]string{"ip4", "ip6"}[familyOf(a.IsIPv6)]
	set := func(on bool) {
		if t.state.interfaces.pool.get(a.SwIfIndex) != nil {
			t.arcs.set(a.SwIfIndex, family+"-unicast", "abf-input-"+family, on)
		}
	}
	switch {
	case m.IsAdd && p == nil:
		c.die("an unknown ABF policy was attached")
	case m.IsAdd && have != nil:
		return retEntryAlreadyExists
	case m.IsAdd:
		t.attached.put(&a)
		p.attached++
		t.use(p, 1)
		if count == 0 {
			set(true)
		}
	case have == nil:
		return retNoSuchEntry
	case have.IsIPv6 != a.IsIPv6:
		c.die("an ABF policy was detached for the other family")
	default:
		t.attached.remove(at)
		p.attached--
		t.use(p, -1)
		if count == 1 {
			set(false)
		}
	}
	return retOK
}

// use counts who looks packets up in a policy's list.
func (t *abf) use(p *abfPolicy, n int) {
	if a := t.acls.pool.get(p.acl); a != nil {
		a.lookups += n
	}
}

func serveABF(r *registry) {
	t := &abf{state: r.state, acls: part(r.state, newACLs), arcs: features(r.state)}
	onRetval(r, "abf_policy_add_del", t.policyAddDel)
	onRetval(r, "abf_itf_attach_add_del", t.attach)
	details := sends[abfPolicyDetails](r, "abf_policy_details")
	on(r, "abf_policy_dump", func(c *call, _ *empty) {
		for _, p := range t.policies.all() {
			if p.list == nil {
				c.die("an ABF policy without a path was dumped")
				return
			}
			d := abfPolicyDetails{wirePolicy{PolicyID: p.id, ACLIndex: p.acl, Paths: make([]wirePath, len(p.list.paths))}}
			for i := range p.list.paths {
				p.list.paths[i].encode(&d.Policy.Paths[i])
			}
			details.send(c, &d)
		}
	})
	attach := sends[abfAttachDetails](r, "abf_itf_attach_details")
	on(r, "abf_itf_attach_dump", func(c *call, _ *empty) {
		for _, a := range t.attached.all() {
			attach.send(c, &abfAttachDetails{*a})
		}
	})
}
