package state

// Found is something that VPP holds.
type Found struct {
	ID ID
	// Value is what it is, in canonical form.
	Value any
	// Handle is VPP's number for it, where it has one that others need, such as
	// a sw_if_index. HasHandle tells.
	Handle    uint32
	HasHandle bool
	// Ours is true where VPP's mark, the ledger or what it hangs on says so.
	Ours bool
	// Builtin is true of what every VPP has: it does not count as somebody
	// else's.
	Builtin bool
	// Needs and Claims are as in [Item].
	Needs  []ID
	Claims []string
	// Overridden names whose is preferred to ours, "" where ours is in force.
	Overridden string
	// Unverified are the fields that VPP cannot show.
	Unverified []string
}
