package vpptest

// urpfKind is reverse path filters, which VPP remembers by the index of their
// interface and beyond its end.
func urpfKind() kind {
	return kind{
		types: "enum urpf_mode u8 URPF_API_MODE_OFF=0 URPF_API_MODE_LOOSE=1 URPF_API_MODE_STRICT=2",
		modules: []moduleRows{{name: "urpf", version: 0x88759016, semver: "1.0.0", rows: join(
			callRows("urpf_update", 0xcc274cd1, "bool is_input default=true; urpf_mode mode; address_family af; interface_index sw_if_index"),
			callRows("urpf_update_v2", 0xb873d028,
				"bool is_input default=true; urpf_mode mode; address_family af; interface_index sw_if_index; u32 table_id default=4294967295"),
			dumpRows("urpf_interface_dump", 0xf9e6675e, "interface_index sw_if_index default=4294967295",
				"urpf_interface_details", 0xf94b5374, "interface_index sw_if_index; bool is_input; urpf_mode mode; address_family af; u32 table_id"),
		)}},
		serve: serveURPF,
	}
}

// Numbers of urpf_mode.
const (
	urpfOff uint8 = iota
	urpfLoose
	urpfStrict
)

// urpfSide is the packets of an interface that a filter looks at.
type urpfSide struct {
	sw     uint32
	family int
	tx     bool
}

func (s urpfSide) set(f *featureArcs, mode uint8, on bool) {
	family := [...]string{"ip4", "ip6"}[s.family]
	arc, node := family+"-unicast", family+"-rx-urpf-"
	if s.tx {
		arc, node = family+"-output", family+"-tx-urpf-"
	}
	f.set(s.sw, arc, node+map[uint8]string{urpfLoose: "loose", urpfStrict: "strict"}[mode], on)
}

type urpf struct {
	mode  uint8
	table uint32
	// custom says that the table is not just the interface's.
	custom bool
}

type (
	urpfUpdate struct {
		IsInput   bool
		Mode      uint8
		Af        uint8
		SwIfIndex uint32
	}
	urpfUpdateV2 struct {
		IsInput   bool
		Mode      uint8
		Af        uint8
		SwIfIndex uint32
		TableID   uint32
	}
	urpfDetails struct {
		SwIfIndex uint32
		IsInput   bool
		Mode      uint8
		Af        uint8
		TableID   uint32
	}
)

func serveURPF(r *registry) {
	filters := map[urpfSide]urpf{}
	interfaces, arcs := r.state.interfaces, features(r.state)
	update := func(i *swInterface, m *urpfUpdateV2) int32 {
		switch {
		case m.Mode > urpfStrict:
			return retInvalidValue
		case m.Af > 1:
			return retInvalidAddressFamily
		}
		side := urpfSide{i.index, int(m.Af), !m.IsInput}
		next := urpf{m.Mode, i.table[m.Af].id, m.TableID != none}
		if next.custom {
			if next.table = m.TableID; r.state.fib.find(side.family, m.TableID) == nil {
				return retInvalidValue
			}
		}
		last := filters[side]
		filters[side] = next
		if next.mode != last.mode || next.table != last.table {
			if last.mode != urpfOff {
				side.set(arcs, last.mode, false)
			}
			if next.mode != urpfOff {
				side.set(arcs, next.mode, true)
			}
		}
		return retOK
	}
	onInterface(r, "urpf_update", func(m *urpfUpdate) uint32 { return m.SwIfIndex }, func(i *swInterface, m *urpfUpdate) int32 {
		return update(i, &urpfUpdateV2{m.IsInput, m.Mode, m.Af, m.SwIfIndex, 0})
	})
	onInterface(r, "urpf_update_v2", func(m *urpfUpdateV2) uint32 { return m.SwIfIndex }, update)

	details := sends[urpfDetails](r, "urpf_interface_details")
	on(r, "urpf_interface_dump", func(c *call, m *swIfIndex) {
		for _, i := range interfaces.pool.all() {
			if m.SwIfIndex != none && m.SwIfIndex != i.index {
				continue
			}
			for family := range 2 {
				for _, tx := range []bool{false, true} {
					f := filters[urpfSide{i.index, family, tx}]
					if f.mode != urpfOff || f.custom {
						details.send(c, &urpfDetails{i.index, !tx, f.mode, uint8(family), f.table})
					}
				}
			}
		}
	})
	r.state.tableChanged = append(r.state.tableChanged, func(i *swInterface, family int, _ *table) {
		for _, tx := range []bool{false, true} {
			side := urpfSide{i.index, family, tx}
			if f, ok := filters[side]; ok && !f.custom {
				f.table = i.table[family].id
				filters[side] = f
			}
		}
	})
}
