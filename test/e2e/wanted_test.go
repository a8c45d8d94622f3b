package e2e

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// wanted is what VPP should hold by the specs of a node's objects, worked out
// from the specs alone.
type wanted struct {
	exact map[fact]bool
	// free are what specs leave open: attributes of subjects, or, where attribute
	// is "", all of a subject.
	free map[fact]bool
	// devices are the names in VPP, or the MAC addresses, of devices that objects
	// configure.
	devices []string

	vrfs map[string]*v1alpha1.VRF
	// objects are all of the node.
	objects []v1alpha1.Object
}

// wantedOf works out what objects want. Those that are not Ready may have what
// they want, or not.
func wantedOf(objects []v1alpha1.Object) *wanted {
	w := &wanted{exact: map[fact]bool{}, free: map[fact]bool{}, vrfs: map[string]*v1alpha1.VRF{}, objects: objects}
	for _, o := range objects {
		if v, ok := o.(*v1alpha1.VRF); ok && isReady(o) {
			w.vrfs[v1alpha1.ResourceName(o)] = v
		}
	}
	for _, o := range objects {
		var list []fact
		for _, k := range factKinds() {
			list = append(list, k.want(w, o)...)
		}
		for _, f := range list {
			if isReady(o) {
				w.exact[f] = true
			} else {
				w.free[f] = true
			}
		}
	}
	return w
}

func isReady(o v1alpha1.Object) bool {
	return meta.IsStatusConditionTrue(o.GetStatus().Conditions, v1alpha1.ConditionReady)
}

// check compares what VPP holds with what it should hold, foreign included. It
// returns what is wrong, a line each.
func (w *wanted) check(have, foreign []fact) (wrong []string) {
	there := map[fact]bool{}
	for _, f := range have {
		there[f] = true
		switch {
		case w.exact[f], w.free[f], slices.Contains(foreign, f), w.isFree(f), strings.HasPrefix(f.subject, learned):
		default:
			wrong = append(wrong, "unexpected: "+f.String())
		}
	}
	for f := range w.exact {
		if !there[f] {
			wrong = append(wrong, "missing: "+f.String())
		}
	}
	for _, f := range foreign {
		if !there[f] && !w.isDevice(f, foreign) {
			wrong = append(wrong, "somebody else's is gone or changed: "+f.String())
		}
	}
	slices.Sort(wrong)
	return wrong
}

// isFree tells whether the specs leave a fact open, and do not say otherwise.
func (w *wanted) isFree(f fact) bool {
	if w.free[fact{f.subject, "", ""}] {
		return true
	}
	if !w.free[fact{f.subject, f.attribute, ""}] {
		return false
	}
	for e := range w.exact {
		if e.subject == f.subject && e.attribute == f.attribute {
			return false
		}
	}
	return true
}
