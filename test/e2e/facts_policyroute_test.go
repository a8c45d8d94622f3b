package e2e

import (
	"fmt"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	policyDetails struct {
		Policy struct {
			PolicyID, ACLIndex uint32
			Paths              []wirePath
		}
	}
	policyAttachDetails struct {
		Attach struct {
			PolicyID, SwIfIndex, Priority uint32
			IsIPv6                        bool
		}
	}
)

var (
	policies      = vpp.NewMethod[empty, policyDetails]("abf_policy_dump")
	policyAttachs = vpp.NewMethod[empty, policyAttachDetails]("abf_itf_attach_dump")
)

// policyRoutes reads policies and where they are attached. Their numbers are the
// agent's to choose: a policy is known by its list, its family and its paths.
func (r *reader) policyRoutes() {
	tags, subjects := map[uint32]string{}, map[uint32]string{}
	each(r, acls, ofACL{none}, func(d *aclDetails) { tags[d.ACLIndex] = d.Tag })
	each(r, policies, empty{}, func(d *policyDetails) {
		p := d.Policy
		ip6 := len(p.Paths) > 0 && p.Paths[0].Proto == 1
		subjects[p.PolicyID] = fmt.Sprintf("policyroute %s %s %s", tags[p.ACLIndex], family(ip6), r.paths(p.Paths, ip6))
		r.add(subjects[p.PolicyID], "", "")
	})
	each(r, policyAttachs, empty{}, func(d *policyAttachDetails) {
		a := d.Attach
		r.add(subjects[a.PolicyID], "on "+r.names[a.SwIfIndex]+" "+family(a.IsIPv6), "%d", a.Priority)
	})
}

func (w *wanted) policyRoute(o *v1alpha1.PolicyRoute, _ string) (list []fact) {
	spec := &o.Spec
	route := &v1alpha1.RouteSpec{Action: v1alpha1.RouteAction(spec.Action), LookupVRF: spec.LookupVRF, Paths: withoutLabels(spec.Paths)}
	ip := family(spec.Family == "IPv6")
	subject := fmt.Sprintf("policyroute %s%s %s %s", mark, spec.AccessList, ip, w.paths(route))
	list = append(list, fact{subject, "", ""})
	for _, i := range spec.Interfaces {
		list = append(list, fact{subject, fmt.Sprintf("on %s %s", i.Interface, ip), fmt.Sprint(i.Priority)})
	}
	return list
}
