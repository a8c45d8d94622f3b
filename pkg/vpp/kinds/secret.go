package kinds

import "github.com/vpp-operator/vpp-operator/pkg/vpp/state"

// KindSecret is the kind of values in Secrets.
const KindSecret = "Secret"

// SecretID is a value in a Secret, which is not in VPP but which items need.
func SecretID(name, key string) state.ID {
	return state.ID{Kind: KindSecret, Key: name + "/" + key}
}
