package e2e

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	macACLDetails struct {
		ACLIndex uint32
		Tag      string
		R        []struct {
			IsPermit           uint8
			SrcMAC, SrcMACMask binproto.MAC
			SrcPrefix          netip.Prefix
		}
	}
	macACLInterfaceDetails struct {
		SwIfIndex uint32
		ACLs      []uint32
	}
)

var (
	macACLs          = vpp.NewMethod[ofACL, macACLDetails]("macip_acl_dump")
	macACLInterfaces = vpp.NewMethod[ofIndex, macACLInterfaceDetails]("macip_acl_interface_list_dump")
)

// macAccessLists reads the rules of MAC access lists, and on which interfaces
// they are.
func (r *reader) macAccessLists() {
	tags := map[uint32]string{}
	each(r, macACLs, ofACL{none}, func(d *macACLDetails) {
		tags[d.ACLIndex] = d.Tag
		for i, rule := range d.R {
			r.add("macaccesslist "+d.Tag, fmt.Sprintf("rule %d", i), "%s %s mask %s from %s",
				aclActions[rule.IsPermit], rule.SrcMAC, rule.SrcMACMask, rule.SrcPrefix)
		}
	})
	each(r, macACLInterfaces, ofIndex{none}, func(d *macACLInterfaceDetails) {
		for _, index := range d.ACLs {
			r.add("macaccesslist "+tags[index], "on "+r.names[d.SwIfIndex], "yes")
		}
	})
}

func (*wanted) macAccessList(o *v1alpha1.MACAccessList, name string) (list []fact) {
	subject, n := "macaccesslist "+mark+name, 0
	const zero, all = "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"
	for _, rule := range o.Spec.Rules {
		mac, mask := cmp.Or(string(rule.SourceMAC), zero), cmp.Or(string(rule.SourceMACMask), all)
		if rule.SourceMAC == "" {
			mask = zero
		}
		sources := append(prefixesOf(rule.Sources, "0.0.0.0/0"), "::/0")
		if rule.Sources != nil {
			sources = sources[:len(sources)-1]
		}
		for _, source := range sources {
			list = append(list, fact{subject, fmt.Sprintf("rule %d", n), fmt.Sprintf("%s %s mask %s from %s",
				rule.Action, strings.ToLower(mac), strings.ToLower(mask), source)})
			n++
		}
	}
	for _, iface := range o.Spec.Interfaces {
		list = append(list, fact{subject, "on " + string(iface), "yes"})
	}
	return list
}
