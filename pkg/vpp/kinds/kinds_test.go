package kinds_test

import (
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
)

// A kind that is listed twice would be read twice and counted twice.
func TestKindsAreListedOnce(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, k := range kinds.All() {
		if listed[k.Name()] {
			t.Errorf("kind %s is listed twice", k.Name())
		}
		listed[k.Name()] = true
	}
}
