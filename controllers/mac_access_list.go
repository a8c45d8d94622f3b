package controllers

import (
	"fmt"
	"iter"
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

func macAccessListKind() *kind {
	return Kind[v1alpha1.MACAccessList, v1alpha1.MACAccessListStatus]{
		Resource: "macaccesslists", Compile: compileMACAccessList, Report: reportMACAccessList,
		Items: []string{kinds.KindMACAccessList, kinds.KindMACAccessListInterface},
		Shown: []string{kinds.KindMACAccessList},
	}.erase(func(o *v1alpha1.MACAccessList) *v1alpha1.MACAccessListStatus { return &o.Status })
}

const (
	// maxMACRules is how many rules of VPP an object may become. Some 3000 in the
	// table of one mask exhaust the table's memory, which ends VPP.
	maxMACRules = 1000
	// maxMACMasks is how many masks they may have.
	maxMACMasks = 16
)

// compileMACAccessList makes an item of the list and of each interface where it
// is applied.
func compileMACAccessList(o *v1alpha1.MACAccessList) ([]state.Item, error) {
	spec, path := &o.Spec, field.NewPath("spec")
	name := v1alpha1.ResourceName(o)
	list := &kinds.MACAccessList{}
	var errs field.ErrorList
	if len(spec.Rules) == 0 {
		errs = append(errs, field.Required(path.Child("rules"), "at least one"))
	}
	var from []int // which rule of the spec each of VPP's is of
	for i := range spec.Rules {
		rules, err := macAccessRules(path.Child("rules").Index(i), &spec.Rules[i])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, r := range rules {
			list.Rules, from = append(list.Rules, r), append(from, i)
		}
	}
	if len(errs) == 0 {
		if err := macRulesInVPP(path.Child("rules"), list.Rules, from); err != nil {
			errs = append(errs, err)
		}
	}
	items := []state.Item{{ID: kinds.MACAccessListID(name), Value: list}}
	seen := map[v1alpha1.ObjectName]bool{}
	for i, iface := range spec.Interfaces {
		if seen[iface] {
			errs = append(errs, field.Duplicate(path.Child("interfaces").Index(i), iface))
		}
		seen[iface] = true
		item := kinds.MACAccessListInterfaceItem(string(iface), name)
		item.Adopt = spec.Adopt
		items = append(items, item)
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return items, nil
}

// macAccessRules is what one rule becomes: a rule of VPP for each source.
func macAccessRules(path *field.Path, spec *v1alpha1.MACAccessListRule) ([]kinds.MACAccessRule, *field.Error) {
	rule := kinds.MACAccessRule{Action: kinds.AccessPermit}
	switch spec.Action {
	case v1alpha1.MACAccessListPermit:
	case v1alpha1.MACAccessListDeny:
		rule.Action = kinds.AccessDeny
	default:
		return nil, field.Invalid(path.Child("action"), spec.Action, "is not known")
	}
	if err := sourceMAC(path, spec, &rule); err != nil {
		return nil, err
	}
	sources := []netip.Prefix{anyIPv4, anyIPv6}
	if len(spec.Sources) > 0 {
		sources = sources[:0]
		for i, text := range spec.Sources {
			p, err := netip.ParsePrefix(string(text))
			if err != nil || p != p.Masked() || p.Addr().Is4In6() {
				return nil, field.Invalid(path.Child("sources").Index(i), text, "must be a prefix without host bits")
			}
			sources = append(sources, p)
		}
	}
	rules := make([]kinds.MACAccessRule, len(sources))
	for i := range rules {
		rules[i] = rule
		rules[i].Source = sources[i]
	}
	return rules, nil
}

// sourceMAC reads the MAC address of a rule and which bits of it count.
func sourceMAC(path *field.Path, spec *v1alpha1.MACAccessListRule, rule *kinds.MACAccessRule) *field.Error {
	if spec.SourceMAC == "" {
		if spec.SourceMACMask != "" {
			return field.Invalid(path.Child("sourceMACMask"), spec.SourceMACMask, "needs sourceMAC")
		}
		return nil
	}
	mac, ok := sixBytes(string(spec.SourceMAC))
	if !ok {
		return field.Invalid(path.Child("sourceMAC"), spec.SourceMAC, "must be a MAC address such as 02:fe:12:34:56:78")
	}
	mask := kinds.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if spec.SourceMACMask != "" {
		if mask, ok = sixBytes(string(spec.SourceMACMask)); !ok || mask == (kinds.MAC{}) {
			return field.Invalid(path.Child("sourceMACMask"), spec.SourceMACMask, "must be a mask such as ff:ff:ff:00:00:00")
		}
	}
	rule.MAC, rule.MACMask = mac, mask
	for i, b := range rule.MAC {
		if b&^rule.MACMask[i] != 0 {
			return field.Invalid(path.Child("sourceMAC"), spec.SourceMAC, "has bits that sourceMACMask leaves out")
		}
	}
	return nil
}

// macRulesInVPP tells why VPP would not do with rules what their order says: from
// has the number that each has in the spec.
func macRulesInVPP(path *field.Path, rules []kinds.MACAccessRule, from []int) *field.Error {
	if len(rules) > maxMACRules {
		return field.Invalid(path.Index(from[maxMACRules]), "", fmt.Sprintf(
			"its sources make more than %d rules of VPP, together with those before it", maxMACRules))
	}
	precedence := kinds.MACRulePrecedence(rules)
	if len(precedence) > maxMACMasks {
		return field.Invalid(path, "", fmt.Sprintf(
			"VPP has tables for each combination of sourceMACMask, family and prefix length: there may be at most %d", maxMACMasks))
	}
	type key struct {
		mask kinds.MACRuleMask
		mac  kinds.MAC
		from netip.Prefix
	}
	first := map[key]int{}
	for j := range rules {
		later := &rules[j]
		k := key{later.Mask(), later.MAC, later.Source}
		if i, again := first[k]; again {
			return field.Invalid(path.Index(from[j]), later.Source.String(), fmt.Sprintf("is of the same sources as rules[%d]", from[i]))
		}
		first[k] = j
		for i := range rules[:j] {
			earlier := &rules[i]
			if earlier.Action != later.Action && precedence[earlier.Mask()] <= precedence[later.Mask()] && earlier.Overlaps(later) {
				return field.Invalid(path.Index(from[j]), later.Source.String(), fmt.Sprintf(
					"VPP would look it up before rules[%d], or in an order that nobody knows, and it decides otherwise: "+
						"VPP prefers the combination of sourceMACMask, family and prefix length that more rules have, then the longer one", from[i]))
			}
		}
	}
	return nil
}

// reportMACAccessList tells what VPP holds of a list, and where it is not
// applied.
func reportMACAccessList(status *v1alpha1.MACAccessListStatus, items iter.Seq[state.ItemReport]) {
	r := reportRuleList[kinds.MACAccessRule](kinds.KindMACAccessList, items)
	status.Rules, status.ACLIndex, status.Applied, status.PendingInterfaces = r.rules, r.index, r.applied, r.pending
}
