package vpptest

// ipTableKind is IP tables (VRFs).
func ipTableKind() kind {
	return kind{
		types: "struct ip_table u32 table_id; bool is_ip6; string name[64]",
		modules: []moduleRows{{name: "ip", version: 0xc55aec44, semver: "3.2.0", rows: join(
			callRows("ip_table_add_del", 0x0ffdaec0, "bool is_add default=true; ip_table table"),
			callRows("ip_table_add_del_v2", 0x14e5081f, "ip_table table; bool create_mfib default=true; bool is_add default=true"),
			replyingRows("ip_table_allocate", 0xb9d2e09e, "ip_table table", 0x1728303a, "ip_table table"),
			dumpRows("ip_table_dump", 0x51077d14, "", "ip_table_details", 0xc79fca0f, "ip_table table"),
		)}},
		serve: serveIPTable,
	}
}

type (
	wireTable struct {
		TableID uint32
		IsIP6   bool
		Name    string
	}
	ipTableAddDel struct {
		IsAdd bool
		Table wireTable
	}
	ipTableAllocate      struct{ Table wireTable }
	ipTableAllocateReply struct {
		Retval int32
		Table  wireTable
	}
	ipTableDetails struct{ Table wireTable }
)

func serveIPTable(r *registry) {
	f := r.state.fib
	addDel := func(_ *call, m *ipTableAddDel) int32 {
		f.addDelTable(m.IsAdd, m.Table)
		return retOK
	}
	onRetval(r, "ip_table_add_del", addDel)
	onRetval(r, "ip_table_add_del_v2", addDel)

	allocated := sends[ipTableAllocateReply](r, "ip_table_allocate_reply")
	seed := uint32(0)
	on(r, "ip_table_allocate", func(c *call, m *ipTableAllocate) {
		t := m.Table
		if t.TableID == none {
			seed = seed*1664525 + 1013904223 // scattered, as VPP's choice is
			t.TableID = seed
			for t.TableID == none || f.find(familyOf(t.IsIP6), t.TableID) != nil {
				t.TableID++
			}
		}
		f.addDelTable(true, t)
		allocated.send(c, &ipTableAllocateReply{Table: t})
	})

	details := sends[ipTableDetails](r, "ip_table_details")
	on(r, "ip_table_dump", func(c *call, _ *empty) {
		for family := range f.tables {
			for _, t := range f.tables[family].all() {
				details.send(c, &ipTableDetails{wireTable{TableID: t.id, IsIP6: family == 1, Name: t.name}})
			}
		}
	})
}

// addDelTable takes or gives back the one lock that all API clients share.
// Table 0 is nobody's; nothing is an error.
func (f *fib) addDelTable(add bool, w wireTable) {
	if w.TableID == 0 {
		return
	}
	family := familyOf(w.IsIP6)
	if add {
		f.lock(f.findOrCreate(family, w.TableID, w.Name), sourceAPI)
	} else if t := f.find(family, w.TableID); t != nil {
		f.unlock(t, sourceAPI)
	}
}
