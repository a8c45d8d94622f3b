package controllers

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// told is what the API server has of an object's status, as far as is known.
// Events of the informer lag behind our own writes and echo them; others write
// too, such as who finds that no agent is there.
type told[O interface {
	comparable
	metav1.Object
}] struct {
	uid     types.UID
	version string // resourceVersion of seen
	// seen is the object whose status the API server is known to have.
	seen O
	// sent is what was written to make it so, zero where that was not us. Where
	// both differ for good, others own fields that we do not know.
	sent O
}

// observe takes notice of what an informer saw; status gives all of an object's
// status. It is true for news.
func (t *told[O]) observe(o O, status func(O) any) bool {
	switch {
	case t.uid != o.GetUID():
		*t = told[O]{uid: o.GetUID()}
	case o.GetResourceVersion() == t.version:
		t.seen = o // the same, but shared with the cache
		return false
	case !newer(o.GetResourceVersion(), t.version):
		return false
	case equality.Semantic.DeepEqual(status(o), status(t.seen)):
		t.version, t.seen = o.GetResourceVersion(), o
		return false
	}
	var none O
	t.version, t.seen, t.sent = o.GetResourceVersion(), o, none
	return true
}

// wrote takes notice of our own write.
func (t *told[O]) wrote(sent, answer O) {
	if newer(t.version, answer.GetResourceVersion()) {
		return // somebody else was faster
	}
	t.version, t.seen, t.sent = answer.GetResourceVersion(), answer, sent
}

// last is the object whose status is to be compared with.
func (t *told[O]) last() O {
	var none O
	if t.sent != none {
		return t.sent
	}
	return t.seen
}

// newer compares resourceVersions. What cannot be compared is newer.
func newer(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err != nil || order > 0
}

type readiness struct {
	ready      bool
	generation int64
}

// readyOf is what an object's status says.
func readyOf(o v1alpha1.Object) readiness {
	if o == nil {
		return readiness{}
	}
	c := meta.FindStatusCondition(o.GetStatus().Conditions, v1alpha1.ConditionReady)
	if c == nil {
		return readiness{}
	}
	return readiness{c.Status == metav1.ConditionTrue, o.GetStatus().ObservedGeneration}
}
