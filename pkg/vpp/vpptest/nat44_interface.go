package vpptest

import "slices"

// nat44InterfaceKind is the interfaces that NAT44 translates on.
func nat44InterfaceKind() kind {
	return kind{
		types: natTypes,
		modules: nat44Rows(
			callRows("nat44_interface_add_del_feature", 0xf3699b83, "bool is_add; nat_config_flags flags; interface_index sw_if_index"),
			dumpRows("nat44_interface_dump", 0x51077d14, "", "nat44_interface_details", 0x5d286289,
				"nat_config_flags flags; interface_index sw_if_index"),
			callRows("nat44_ed_add_del_output_interface", 0x47d6e753, "bool is_add; interface_index sw_if_index"),
			streamRows("nat44_ed_output_interface_get", 0xf75ba505, "u32 cursor", 0x53b48f5d,
				"nat44_ed_output_interface_details", 0x0b45011c, "interface_index sw_if_index"),
		),
		serve: serveNAT44Interface,
	}
}

const (
	natTwice    = 1 << 0
	natAddrOnly = 1 << 3
	natOutside  = 1 << 4
	natInside   = 1 << 5
	natOutput   = 1 << 7
)

type natInterface struct {
	sw    uint32
	flags uint8
}

func findNATInterface(list []*natInterface, sw uint32) (*natInterface, int) {
	i := slices.IndexFunc(list, func(i *natInterface) bool { return i.sw == sw })
	if i < 0 {
		return nil, i
	}
	return list[i], i
}

func (n *nat44) addInterface(sw uint32, role uint8) int32 {
	if !n.enabled {
		return retUnsupported
	}
	if i, _ := findNATInterface(n.outputs, sw); i != nil {
		return retValueExist
	}
	i, _ := findNATInterface(n.interfaces, sw)
	if i == nil {
		i = &natInterface{sw: sw}
		n.interfaces = append(n.interfaces, i)
	}
	was := i.flags
	n.setFeatures(i, i.flags|role)
	if role == natOutside && was&natOutside == 0 {
		n.receiveAll(sw, true)
	}
	return retOK
}

// setFeatures gives an interface other roles, and the nodes that go with them.
func (n *nat44) setFeatures(i *natInterface, flags uint8) {
	for on, flags := range map[bool]uint8{false: i.flags, true: flags} {
		for _, f := range natFeatures[flags] {
			features(n.state).set(i.sw, f.arc, f.node, on)
		}
	}
	i.flags = flags
}

// natFeatures are the nodes of roles; natOutput stands for the third.
var natFeatures = map[uint8][]feature{
	natInside:              {{arc: "ip4-unicast", node: "ip4-sv-reassembly-feature"}, {arc: "ip4-unicast", node: "nat-pre-in2out"}},
	natOutside:             {{arc: "ip4-unicast", node: "ip4-sv-reassembly-feature"}, {arc: "ip4-unicast", node: "nat-pre-out2in"}},
	natInside | natOutside: {{arc: "ip4-unicast", node: "ip4-sv-reassembly-feature"}, {arc: "ip4-unicast", node: "nat44-ed-classify"}},
	natOutput: {
		{arc: "ip4-unicast", node: "ip4-sv-reassembly-feature"}, {arc: "ip4-output", node: "ip4-sv-reassembly-output-feature"},
		{arc: "ip4-unicast", node: "nat-pre-out2in"}, {arc: "ip4-output", node: "nat-pre-in2out-output"},
	},
}

// deleteInterface takes a role away; of an interface that has only the other VPP
// forgets the whole.
func (n *nat44) deleteInterface(sw uint32, role uint8) int32 {
	if !n.enabled {
		return retUnsupported
	}
	i, at := findNATInterface(n.interfaces, sw)
	if i == nil {
		return retNoSuchEntry
	}
	if i.flags&^role == 0 || i.flags != natInside|natOutside {
		n.setFeatures(i, 0)
		n.interfaces = slices.Delete(n.interfaces, at, at+1)
	} else {
		n.setFeatures(i, i.flags&^role)
	}
	if role == natOutside {
		n.receiveAll(sw, false)
	}
	return retOK
}

func (n *nat44) setOutput(sw uint32, add bool) int32 {
	if !n.enabled {
		return retUnsupported
	}
	i, at := findNATInterface(n.outputs, sw)
	other, _ := findNATInterface(n.interfaces, sw)
	switch {
	case add && (i != nil || other != nil):
		return retValueExist
	case add:
		i = &natInterface{sw: sw}
		n.setFeatures(i, natOutput)
		n.outputs = append(n.outputs, i)
		n.receiveAll(sw, true)
	case i == nil:
		return retNoSuchEntry
	default:
		n.setFeatures(i, 0)
		n.outputs = slices.Delete(n.outputs, at, at+1)
		n.receiveAll(sw, false)
	}
	return retOK
}

// interfaceGone takes the features off an interface that goes; what is to have
// its address stays.
func (n *nat44) interfaceGone(i *swInterface) {
	gone := func(x *natInterface) bool { return x.sw == i.index }
	if slices.ContainsFunc(n.outputs, gone) || slices.ContainsFunc(n.interfaces, func(x *natInterface) bool { return gone(x) && x.flags&natOutside != 0 }) {
		n.receiveAll(i.index, false)
	}
	n.interfaces = slices.DeleteFunc(n.interfaces, gone)
	n.outputs = slices.DeleteFunc(n.outputs, gone)
}

type (
	nat44InterfaceAddDelFeature struct {
		IsAdd     bool
		Flags     uint8
		SwIfIndex uint32
	}
	nat44InterfaceDetails struct {
		Flags     uint8
		SwIfIndex uint32
	}
	nat44AddDelOutputInterface struct {
		IsAdd     bool
		SwIfIndex uint32
	}
	cursorRequest struct{ Cursor uint32 }
)

func serveNAT44Interface(r *registry) {
	n := nat44Of(r.state)
	onInterface(r, "nat44_interface_add_del_feature", func(m *nat44InterfaceAddDelFeature) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *nat44InterfaceAddDelFeature) int32 {
			role := uint8(natOutside)
			if m.Flags&natInside != 0 {
				role = natInside
			}
			if m.IsAdd {
				return n.addInterface(i.index, role)
			}
			return n.deleteInterface(i.index, role)
		})
	details := sends[nat44InterfaceDetails](r, "nat44_interface_details")
	on(r, "nat44_interface_dump", func(c *call, _ *empty) {
		for _, i := range n.interfaces {
			details.send(c, &nat44InterfaceDetails{i.flags, i.sw})
		}
	})
	onInterface(r, "nat44_ed_add_del_output_interface", func(m *nat44AddDelOutputInterface) uint32 { return m.SwIfIndex },
		func(i *swInterface, m *nat44AddDelOutputInterface) int32 { return n.setOutput(i.index, m.IsAdd) })
	output := sends[swIfIndex](r, "nat44_ed_output_interface_details")
	got := sends[cursorReply](r, "nat44_ed_output_interface_get_reply")
	on(r, "nat44_ed_output_interface_get", func(c *call, m *cursorRequest) {
		switch {
		case len(n.outputs) == 0:
			got.send(c, &cursorReply{})
		case m.Cursor >= uint32(len(n.outputs)):
			got.send(c, &cursorReply{retInvalidValue, none})
		default:
			for _, i := range n.outputs[m.Cursor:] {
				output.send(c, &swIfIndex{i.sw})
			}
			got.send(c, &cursorReply{retOK, none})
		}
	})
}
