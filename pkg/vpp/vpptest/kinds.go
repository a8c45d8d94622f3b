package vpptest

// kind is one sort of thing that VPP can hold: the messages about it, as rows
// of the API table, and what answers them.
type kind struct {
	// types are the types that its messages use beyond commonTypes.
	types string
	// modules are its messages.
	modules []moduleRows
	// serve binds its handlers to a new boot. What it remembers lives in the
	// closures or in the boot's state, and so is forgotten with the boot.
	serve func(*registry)
}

// allKinds lists every kind; a new one adds its line.
func allKinds() []kind {
	return []kind{
		memclntKind(), // the first: its ids are fixed
		systemKind(),
		interfaceKind(),
		interfaceAddressKind(),
		ipTableKind(),
		fibSourceKind(),
		routeKind(),
		pathMTUKind(),
		lldpKind(),
	}
}

// state is what one boot of VPP holds and several kinds share. It is touched
// on the main thread only.
type state struct {
	// streamPage is how many details a modern stream sends before it answers
	// EAGAIN with a cursor. The real one stops when it has taken too long.
	streamPage int

	interfaces *interfaceTable
	fib        *fib

	// interfaceGone runs for every interface that is being deleted, before its
	// index is free.
	interfaceGone []func(*swInterface)
	// clientGone runs for every client that VPP forgets.
	clientGone []func(index uint32)
	// batchDone runs when the messages of one read have been handled.
	batchDone []func()
}

func newState(v *VPP) *state {
	s := &state{streamPage: v.streamPage, fib: newFIB()}
	s.interfaces = newInterfaceTable(s)
	return s
}

// Errors of VPP's API by their number, as far as they are used here.
const (
	retOK                          int32 = 0
	retUnspecified                 int32 = -1
	retInvalidSwIfIndex            int32 = -2
	retNoSuchFIB                   int32 = -3
	retNoSuchEntry                 int32 = -6
	retInvalidValue                int32 = -7
	retUnimplemented               int32 = -9
	retFeatureDisabled             int32 = -30
	retInvalidRegistration         int32 = -31
	retNoPathsInRoute              int32 = -52
	retNoMatchingInterface         int32 = -54
	retAddressLengthMismatch       int32 = -59
	retAddressNotFoundForInterface int32 = -60
	retAddressNotDeletable         int32 = -61
	retNoSuchTable                 int32 = -65
	retAddressInUse                int32 = -105
	retAddressFoundForInterface    int32 = -114
	retUnsupported                 int32 = -126
	retDuplicateIfAddress          int32 = -127
	retEagain                      int32 = -165
	retInvalidPrefixLength         int32 = -171
)

// none is VPP's ~0: no interface, no index, no cursor.
const none = ^uint32(0)
