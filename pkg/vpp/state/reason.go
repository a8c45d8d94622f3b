package state

// Reason is what became of an item.
type Reason uint8

// The reasons, as they are shown to users.
const (
	// Pending: nothing stands in the way, the step is under way or about to be.
	Pending Reason = iota
	// Waiting: something it needs is missing.
	Waiting
	// Disconnected: there is no session with VPP.
	Disconnected
	// Programmed: VPP holds it.
	Programmed
	// Unverified: VPP took it and cannot show all of it.
	Unverified
	// Overridden: VPP holds it, but prefers another's.
	Overridden
	// Drifted: VPP holds something else, and policy is only to report.
	Drifted
	// Rejected: VPP refused it.
	Rejected
	// Conflict: another item or somebody else's has the identity or a claim.
	Conflict
	// Unsupported: this VPP lacks a message.
	Unsupported
	// Quarantined: VPP died of it.
	Quarantined
	// Disruptive: VPP holds something else, and the change is not allowed to
	// interrupt what works.
	Disruptive
	reasons
)

var reasonNames = [reasons]string{
	"Pending", "WaitingForDependency", "VPPDisconnected", "Programmed", "Unverified", "Overridden",
	"Drifted", "RejectedByVPP", "Conflict", "Unsupported", "QuarantinedAfterCrash", "DisruptionNotAllowed",
}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "Unknown"
}

// Done is true where VPP holds what was wished for.
func (r Reason) Done() bool { return r == Programmed || r == Unverified }
