package controllers

import (
	"fmt"
	"iter"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func accessListKind() *kind {
	return Kind[v1alpha1.AccessList, v1alpha1.AccessListStatus]{
		Resource: "accesslists", Compile: compileAccessList, Report: reportAccessList,
		Items: []string{kinds.KindAccessList, kinds.KindAccessListInterface},
		Shown: []string{kinds.KindAccessList},
	}.erase(func(o *v1alpha1.AccessList) *v1alpha1.AccessListStatus { return &o.Status })
}

// maxAccessRules is how many rules of VPP an object may become.
const maxAccessRules = 10_000

// compileAccessList makes an item of the list and of each place where it is
// applied.
func compileAccessList(o *v1alpha1.AccessList) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	list := &kinds.AccessList{}
	var errs field.ErrorList
	if len(spec.Rules) == 0 {
		errs = append(errs, field.Required(path.Child("rules"), "a list without rules would deny everything"))
	}
	for i := range spec.Rules {
		at := path.Child("rules").Index(i)
		m, err := accessRule(at, &spec.Rules[i])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(list.Rules)+m.size() > maxAccessRules {
			errs = append(errs, field.Invalid(at, m.size(), fmt.Sprintf(
				"its combinations of prefixes and ranges make more than %d rules of VPP, together with those before it", maxAccessRules)))
			break
		}
		list.Rules = m.appendTo(list.Rules)
	}
	items := []state.Item{{ID: kinds.AccessListID(name), Value: list}}
	seen := map[state.ID]bool{}
	for i, p := range spec.Interfaces {
		item := kinds.AccessListInterfaceItem(string(p.Interface), kinds.Direction(p.Direction), name, uint16(p.Priority))
		if seen[item.ID] {
			errs = append(errs, field.Duplicate(path.Child("interfaces").Index(i), p.Interface))
		}
		seen[item.ID] = true
		items = append(items, item)
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return items, nil
}

// span is a range of ports, types or codes.
type span struct{ first, last uint16 }

// ruleMatrix is what a rule becomes: a rule of VPP for each combination.
type ruleMatrix struct {
	rule     kinds.AccessRule
	prefixes [][2][]netip.Prefix // sources and destinations, by family
	from, to []span
}

func (m *ruleMatrix) size() int {
	n := 0
	for _, p := range m.prefixes {
		n += len(p[0]) * len(p[1]) * len(m.from) * len(m.to)
	}
	return n
}

func (m *ruleMatrix) appendTo(rules []kinds.AccessRule) []kinds.AccessRule {
	r := m.rule
	for _, p := range m.prefixes {
		for _, r.Source = range p[0] {
			for _, r.Destination = range p[1] {
				for _, from := range m.from {
					r.SourceFirst, r.SourceLast = from.first, from.last
					for _, to := range m.to {
						r.DestinationFirst, r.DestinationLast = to.first, to.last
						rules = append(rules, r)
					}
				}
			}
		}
	}
	return rules
}

var accessActions = map[v1alpha1.AccessListAction]kinds.AccessAction{
	v1alpha1.AccessListDeny:          kinds.AccessDeny,
	v1alpha1.AccessListPermit:        kinds.AccessPermit,
	v1alpha1.AccessListPermitReflect: kinds.AccessPermitReflect,
}

// protocolNumbers are IANA's.
var protocolNumbers = map[v1alpha1.IPProtocol]uint8{
	v1alpha1.ProtocolICMP: 1, v1alpha1.ProtocolTCP: 6, v1alpha1.ProtocolUDP: 17, v1alpha1.ProtocolGRE: 47,
	v1alpha1.ProtocolESP: 50, v1alpha1.ProtocolAH: 51, v1alpha1.ProtocolICMPv6: 58, v1alpha1.ProtocolSCTP: 132,
}

// tcpFlagBits are those of the TCP header.
var tcpFlagBits = map[v1alpha1.TCPFlag]uint8{
	"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128,
}

// accessRule reads one rule.
func accessRule(path *field.Path, spec *v1alpha1.AccessListRule) (*ruleMatrix, *field.Error) {
	m := &ruleMatrix{}
	var ok bool
	if m.rule.Action, ok = accessActions[spec.Action]; !ok {
		return nil, field.Invalid(path.Child("action"), spec.Action, "is not known")
	}
	if err := accessProtocol(path, spec, &m.rule); err != nil {
		return nil, err
	}
	var err *field.Error
	if m.prefixes, err = accessPrefixes(path, spec); err != nil {
		return nil, err
	}
	if m.from, m.to, err = accessRanges(path, spec); err != nil {
		return nil, err
	}
	return m, nil
}

func accessProtocol(path *field.Path, spec *v1alpha1.AccessListRule, rule *kinds.AccessRule) *field.Error {
	rule.Protocol = uint8(spec.ProtocolNumber)
	if spec.Protocol != "" {
		number, ok := protocolNumbers[spec.Protocol]
		if !ok || spec.ProtocolNumber != 0 {
			return field.Invalid(path.Child("protocol"), spec.Protocol, "is not known, or stands beside protocolNumber")
		}
		rule.Protocol = number
	}
	if spec.TCPFlags == nil {
		return nil
	}
	if spec.Protocol != v1alpha1.ProtocolTCP {
		return field.Invalid(path.Child("tcpFlags"), spec.Protocol, "needs protocol TCP")
	}
	for _, flag := range spec.TCPFlags.Set {
		rule.TCPFlagsMask |= tcpFlagBits[flag]
		rule.TCPFlagsValue |= tcpFlagBits[flag]
	}
	for _, flag := range spec.TCPFlags.Clear {
		rule.TCPFlagsMask |= tcpFlagBits[flag]
	}
	return nil
}

var (
	anyIPv4 = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	anyIPv6 = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
)

// accessPrefixes are the sources and destinations of a rule, by family: both
// where nothing says which.
func accessPrefixes(path *field.Path, spec *v1alpha1.AccessListRule) ([][2][]netip.Prefix, *field.Error) {
	families := map[v1alpha1.IPFamily]bool{}
	read := func(path *field.Path, list []v1alpha1.Prefix) ([]netip.Prefix, *field.Error) {
		if len(list) == 0 {
			return nil, nil
		}
		prefixes, errs := routePrefixes(path, list)
		if len(errs) > 0 {
			return nil, errs[0]
		}
		families[familyOf(prefixes[0].Addr().Is6())] = true
		return prefixes, nil
	}
	sources, err := read(path.Child("sources"), spec.Sources)
	if err != nil {
		return nil, err
	}
	destinations, err := read(path.Child("destinations"), spec.Destinations)
	if err != nil {
		return nil, err
	}
	switch spec.Protocol {
	case v1alpha1.ProtocolICMP:
		families[v1alpha1.IPv4] = true
	case v1alpha1.ProtocolICMPv6:
		families[v1alpha1.IPv6] = true
	}
	if spec.Family != "" {
		families[spec.Family] = true
	}
	if len(families) > 1 {
		return nil, field.Invalid(path, "", "its family, prefixes and protocol must be of one address family")
	}
	var list [][2][]netip.Prefix
	for _, all := range []netip.Prefix{anyIPv4, anyIPv6} {
		if len(families) > 0 && !families[familyOf(all.Addr().Is6())] {
			continue
		}
		pair := [2][]netip.Prefix{sources, destinations}
		for i := range pair {
			if len(pair[i]) == 0 {
				pair[i] = []netip.Prefix{all}
			}
		}
		list = append(list, pair)
	}
	return list, nil
}

func familyOf(ip6 bool) v1alpha1.IPFamily {
	if ip6 {
		return v1alpha1.IPv6
	}
	return v1alpha1.IPv4
}

// accessRanges are the ports of a rule, or the types and codes.
func accessRanges(path *field.Path, spec *v1alpha1.AccessListRule) (from, to []span, err *field.Error) {
	ports := len(spec.SourcePorts)+len(spec.DestinationPorts) > 0
	if ports && spec.Protocol != v1alpha1.ProtocolTCP && spec.Protocol != v1alpha1.ProtocolUDP {
		return nil, nil, field.Invalid(path, spec.Protocol, "ports need protocol TCP or UDP")
	}
	icmp := len(spec.ICMPTypes)+len(spec.ICMPCodes) > 0
	if icmp && spec.Protocol != v1alpha1.ProtocolICMP && spec.Protocol != v1alpha1.ProtocolICMPv6 {
		return nil, nil, field.Invalid(path, spec.Protocol, "icmpTypes and icmpCodes need protocol ICMP or ICMPv6")
	}
	if icmp {
		if from, err = spans(path.Child("icmpTypes"), spec.ICMPTypes, math.MaxUint8); err == nil {
			to, err = spans(path.Child("icmpCodes"), spec.ICMPCodes, math.MaxUint8)
		}
		return from, to, err
	}
	if from, err = spans(path.Child("sourcePorts"), spec.SourcePorts, math.MaxUint16); err == nil {
		to, err = spans(path.Child("destinationPorts"), spec.DestinationPorts, math.MaxUint16)
	}
	return from, to, err
}

// spans reads ranges of numbers up to largest. None are any.
func spans[R ~string](path *field.Path, list []R, largest uint16) ([]span, *field.Error) {
	if len(list) == 0 {
		return []span{{0, math.MaxUint16}}, nil
	}
	out := make([]span, len(list))
	for i, text := range list {
		first, last, isRange := strings.Cut(string(text), "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 16)
		b, errB := strconv.ParseUint(last, 10, 16)
		if errA != nil || errB != nil || a > b || b > uint64(largest) {
			return nil, field.Invalid(path.Index(i), text, fmt.Sprintf("must be a number up to %d or a range of them", largest))
		}
		out[i] = span{uint16(a), uint16(b)}
	}
	return out, nil
}

// reportAccessList tells what VPP holds of a list, and where it is not applied.
func reportAccessList(status *v1alpha1.AccessListStatus, items iter.Seq[state.ItemReport]) {
	r := reportRuleList[kinds.AccessRule](kinds.KindAccessList, items)
	status.Rules, status.ACLIndex, status.Applied, status.PendingInterfaces = r.rules, r.index, r.applied, r.pending
}

// ruleListReport is what became of a list of rules and of where it is applied.
type ruleListReport struct {
	rules   int32
	index   *int64
	applied int32
	pending []v1alpha1.AppliedInterfaceStatus
}

// reportRuleList tells that of a list whose items are one of kind, which is the
// list, and others with the interface in the key, and the direction where there
// are two.
func reportRuleList[R comparable](kind string, items iter.Seq[state.ItemReport]) (r ruleListReport) {
	for item := range items {
		switch {
		case item.ID.Kind == kind:
			if have, ok := item.Have.(*kinds.RuleList[R]); ok {
				r.rules = int32(len(have.Rules))
			}
			if item.HasHandle {
				index := int64(item.Handle)
				r.index = &index
			}
		case item.Reason.Done():
			r.applied++
		case len(r.pending) < maxListed:
			p := v1alpha1.AppliedInterfaceStatus{Reason: reasonOf(item.Reason), Message: item.Message}
			words := strings.Fields(item.ID.Key)
			if p.Interface = words[0]; len(words) > 2 {
				p.Direction = words[1]
			}
			r.pending = append(r.pending, p)
		}
	}
	return r
}
