package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	ofACL      struct{ ACLIndex uint32 }
	aclDetails struct {
		ACLIndex uint32
		Tag      string
		R        []struct {
			IsPermit                    uint8
			SrcPrefix, DstPrefix        netip.Prefix
			Proto                       uint8
			SFirst                      uint16 `vpp:"srcport_or_icmptype_first"`
			SLast                       uint16 `vpp:"srcport_or_icmptype_last"`
			DFirst                      uint16 `vpp:"dstport_or_icmpcode_first"`
			DLast                       uint16 `vpp:"dstport_or_icmpcode_last"`
			TCPFlagsValue, TCPFlagsMask uint8
		}
	}
	aclInterfaceDetails struct {
		SwIfIndex uint32
		NInput    uint8
		ACLs      []uint32
	}
)

var (
	acls          = vpp.NewMethod[ofACL, aclDetails]("acl_dump")
	aclInterfaces = vpp.NewMethod[ofIndex, aclInterfaceDetails]("acl_interface_list_dump")
)

var aclActions = [...]string{"Deny", "Permit", "PermitReflect"}

// accessLists reads the rules of lists, and on which interfaces they are: of
// ours, also the how manyth of ours each is there.
func (r *reader) accessLists() {
	tags := map[uint32]string{}
	each(r, acls, ofACL{none}, func(d *aclDetails) {
		tags[d.ACLIndex] = d.Tag
		for i, rule := range d.R {
			r.add("accesslist "+d.Tag, fmt.Sprintf("rule %d", i), "%s %s %s proto %d from %d-%d to %d-%d flags %d/%d",
				aclActions[rule.IsPermit], rule.SrcPrefix, rule.DstPrefix, rule.Proto, rule.SFirst, rule.SLast, rule.DFirst, rule.DLast,
				rule.TCPFlagsValue, rule.TCPFlagsMask)
		}
	})
	each(r, aclInterfaces, ofIndex{none}, func(d *aclInterfaceDetails) {
		place := map[string]int{}
		for i, index := range d.ACLs {
			direction := "Output"
			if i < int(d.NInput) {
				direction = "Input"
			}
			number := 0 // of somebody else's
			if strings.HasPrefix(tags[index], mark) {
				place[direction]++
				number = place[direction]
			}
			r.add("accesslist "+tags[index], "on "+r.names[d.SwIfIndex]+" "+direction, "%d", number)
		}
	})
}

func (w *wanted) accessList(o *v1alpha1.AccessList, name string) (list []fact) {
	subject, n := "accesslist "+mark+name, 0
	for i := range o.Spec.Rules {
		for _, text := range ruleTexts(&o.Spec.Rules[i]) {
			list = append(list, fact{subject, fmt.Sprintf("rule %d", n), text})
			n++
		}
	}
	for _, p := range o.Spec.Interfaces {
		list = append(list, fact{subject, fmt.Sprintf("on %s %s", p.Interface, p.Direction), fmt.Sprint(w.place(p, name))})
	}
	return list
}

// place is the how manyth a list is on an interface.
func (w *wanted) place(p v1alpha1.AccessListInterface, name string) int {
	type rank struct {
		priority int32
		name     string
	}
	var there []rank
	for _, o := range w.objects {
		list, ok := o.(*v1alpha1.AccessList)
		if !ok {
			continue
		}
		for _, q := range list.Spec.Interfaces {
			if q.Interface == p.Interface && q.Direction == p.Direction {
				there = append(there, rank{q.Priority, v1alpha1.ResourceName(list)})
			}
		}
	}
	slices.SortFunc(there, func(a, b rank) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), strings.Compare(a.name, b.name))
	})
	return 1 + slices.Index(there, rank{p.Priority, name})
}

var (
	protocolsOf = map[v1alpha1.IPProtocol]int32{"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPv6": 58, "SCTP": 132, "GRE": 47, "ESP": 50, "AH": 51}
	flagsInACL  = []v1alpha1.TCPFlag{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}
)

// ruleTexts is what a rule becomes in VPP.
func ruleTexts(r *v1alpha1.AccessListRule) (texts []string) {
	value, mask := 0, 0
	if r.TCPFlags != nil {
		for i, flag := range flagsInACL {
			if slices.Contains(r.TCPFlags.Set, flag) {
				value |= 1 << i
				mask |= 1 << i
			}
			if slices.Contains(r.TCPFlags.Clear, flag) {
				mask |= 1 << i
			}
		}
	}
	protocol := r.ProtocolNumber + protocolsOf[r.Protocol] // one of them is 0
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		sources, destinations := prefixesOf(r.Sources, all), prefixesOf(r.Destinations, all)
		six := all == "::/0"
		if r.Family == "IPv4" && six || r.Family == "IPv6" && !six || r.Protocol == "ICMP" && six || r.Protocol == "ICMPv6" && !six ||
			strings.Contains(sources[0], ":") != six || strings.Contains(destinations[0], ":") != six {
			continue
		}
		for _, source := range sources {
			for _, destination := range destinations {
				for _, from := range ranges(r.SourcePorts, r.ICMPTypes) {
					for _, to := range ranges(r.DestinationPorts, r.ICMPCodes) {
						texts = append(texts, fmt.Sprintf("%s %s %s proto %d from %s to %s flags %d/%d",
							r.Action, source, destination, protocol, from, to, value, mask))
					}
				}
			}
		}
	}
	return texts
}

func prefixesOf(list []v1alpha1.Prefix, all string) (texts []string) {
	for _, p := range list {
		texts = append(texts, netip.MustParsePrefix(string(p)).String())
	}
	if texts == nil {
		return []string{all}
	}
	return texts
}

func ranges(ports []v1alpha1.PortRange, numbers []v1alpha1.ICMPRange) (texts []string) {
	for _, p := range ports {
		texts = append(texts, string(p))
	}
	for _, n := range numbers {
		texts = append(texts, string(n))
	}
	for i, text := range texts {
		if !strings.Contains(text, "-") {
			texts[i] = text + "-" + text
		}
	}
	if texts == nil {
		return []string{"0-65535"}
	}
	return texts
}
