package vpptest

// pathMTUKind is the path MTU of next hops; its dump is a modern stream.
func pathMTUKind() kind {
	return kind{
		types: "struct ip_path_mtu u32 client_index; u32 context; u32 table_id; address nh; u16 path_mtu",
		modules: []moduleRows{{name: "ip", rows: join(
			callRows("ip_path_mtu_update", 0x10bbe5cb, "ip_path_mtu pmtu"),
			streamRows("ip_path_mtu_get", 0xf75ba505, "u32 cursor", 0x53b48f5d, "ip_path_mtu_details", 0xac9539a7, "ip_path_mtu pmtu"),
		)}},
		serve: servePathMTU,
	}
}

type (
	wirePathMTU struct {
		TableID uint32
		Nh      wireAddress
		PathMTU uint16
	}
	ipPathMTU struct{ Pmtu wirePathMTU }
	cursor    struct{ Cursor uint32 }
	// cursorReply ends a page of a modern stream.
	cursorReply struct {
		Retval int32
		Cursor uint32
	}
)

func servePathMTU(r *registry) {
	f := r.state.fib
	var mtus pool[wirePathMTU] // by cursor
	byKey := map[wirePathMTU]uint32{}
	onRetval(r, "ip_path_mtu_update", func(_ *call, m *ipPathMTU) int32 {
		host := m.Pmtu.Nh.host()
		t := f.find(int(host.family), m.Pmtu.TableID)
		if t == nil {
			return retNoSuchTable
		}
		key := wirePathMTU{TableID: t.id, Nh: host.wire().Address}
		at, known := byKey[key]
		remove := m.Pmtu.PathMTU == 0 || m.Pmtu.PathMTU == 65535
		switch {
		case remove && known:
			mtus.remove(at)
			delete(byKey, key)
			f.remove(t, host, sourceRR)
			f.unlock(t, sourceRR)
		case remove:
		case known:
			mtus.get(at).PathMTU = m.Pmtu.PathMTU
		default:
			p := key
			p.PathMTU = m.Pmtu.PathMTU
			byKey[key] = mtus.put(&p)
			f.lock(t, sourceRR)
			f.track(t, host, sourceRR)
			if cover := t.cover(host); cover == nil || cover.best.flags&flagAttached == 0 {
				// This one stays when the MTU is deleted, in VPP too.
				f.set(t, host, sourcePathMTU, 0, f.listOf([]path{dropPath(host.family)}))
			}
		}
		return retOK
	})

	details := sends[ipPathMTU](r, "ip_path_mtu_details")
	onStream(r, "ip_path_mtu_get", &mtus, func(c *call, p *wirePathMTU) {
		details.send(c, &ipPathMTU{*p})
	})
}

// onStream binds a modern stream over a pool: a page of details from the
// cursor on, then a reply that tells where to go on, with EAGAIN until the
// end. A cursor behind all entries is refused; an empty pool accepts any.
func onStream[T any](r *registry, name string, p *pool[T], show func(c *call, v *T)) {
	reply := sends[cursorReply](r, name+"_reply")
	page := r.state.streamPage
	on(r, name, func(c *call, m *cursor) {
		if p.used == 0 {
			reply.send(c, &cursorReply{})
			return
		}
		at := m.Cursor
		if p.get(at) == nil {
			if at = p.next(at); at == none {
				reply.send(c, &cursorReply{retInvalidValue, none})
				return
			}
		}
		for n := 0; at != none; n++ {
			if n == page {
				reply.send(c, &cursorReply{retEagain, at})
				return
			}
			show(c, p.get(at))
			at = p.next(at)
		}
		reply.send(c, &cursorReply{retOK, none})
	})
}
