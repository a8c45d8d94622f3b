package state

import "time"

// ID identifies something that VPP can hold.
type ID struct {
	// Kind is the name of a [Kind], as a user would say it: "Interface".
	Kind string
	// Key tells things of a kind apart, in names of the objects that users
	// write, not in numbers of VPP: those are found when a step runs.
	Key string
}

// String is the identity as messages to users name it: "Interface wan".
func (id ID) String() string { return id.Kind + " " + id.Key }

// Item is one thing that VPP should hold.
type Item struct {
	ID ID
	// Value is what it should be, in the canonical form of its kind. It is
	// shared and must not be changed any more.
	Value any
	// Needs must all be in VPP before this one, and stay until it is gone.
	// Items may share the slice, which saves memory where there are many.
	Needs []ID
	// Claims are what no two items may have at once, such as an address in a
	// VRF; what [Shared] makes, several may, while none has it alone. As with
	// identities the older owner wins.
	Claims []string
	// Fallback is what it comes to while nobody wants something else, nil where
	// it is the same always.
	Fallback *Fallback
	// Adopt allows taking over what somebody else made under this identity.
	Adopt bool
}

// Owner is what items come from: an object that a user wrote.
type Owner struct {
	// Kind and Object are the kind and the name of the object.
	Kind, Object string
}

// String is the owner as messages to users name it: "Interface node1-wan".
func (o Owner) String() string { return o.Kind + " " + o.Object }

// Spec is what an owner wants.
type Spec struct {
	// Name is what the object is called on this node. Of several owners of a
	// kind with one name only the oldest has a say.
	Name string
	// Since is when the owner came to be: the older wins, then the smaller
	// name of the object.
	Since time.Time
	// Generation is given back by [Engine.Walk].
	Generation int64
	Items      []Item
}
