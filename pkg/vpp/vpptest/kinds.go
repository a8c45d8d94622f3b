package vpptest

import "reflect"

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
		interfaceSubKind(),
		interfaceAttributeKind(),
		interfaceQueueKind(),
		unnumberedKind(),
		neighborKind(),
		flowHashKind(),
		afPacketKind(),
		memifSocketKind(),
		memifKind(),
		vxlanKind(),
		greKind(),
		ipipKind(),
		bondKind(),
		bondMemberKind(),
		tapKind(),
		vhostUserKind(),
		ipTableKind(),
		fibSourceKind(),
		routeKind(),
		pathMTUKind(),
		nat44Kind(),
		nat44InterfaceKind(),
		nat44PoolKind(),
		nat44MappingKind(),
		lldpKind(),
		urpfKind(),
		aclKind(),
		macACLKind(),
		mssClampKind(),
		spanKind(),
		bridgeKind(),
		bridgeTableKind(),
		crossConnectKind(),
		policerKind(),
		nat64Kind(),
		det44Kind(),
		abfKind(),
		l3xcKind(),
	}
}

// state is what one boot of VPP holds and several kinds share. It is touched
// on the main thread only. What only a few kinds share is one of its parts.
type state struct {
	// streamPage is how many details a modern stream sends before it answers
	// EAGAIN with a cursor. The real one stops when it has taken too long.
	streamPage int

	interfaces *interfaceTable
	fib        *fib
	parts      map[reflect.Type]any

	// interfaceGone runs for every interface that is being deleted, before its
	// index is free.
	interfaceGone []func(*swInterface)
	// interfaceShown runs for every interface that is dumped, to add what kinds of
	// their own know of it.
	interfaceShown []func(*swInterface, *swInterfaceDetails)
	// macChanged runs for every interface that has got another MAC address.
	macChanged []func(i *swInterface, old mac)
	// adminChanged runs for every interface that has gone up or down.
	adminChanged []func(*swInterface)
	// addressAdded runs for every address that an interface has got.
	addressAdded []func(*swInterface, prefix)
	// addressGone runs for every address that an interface has lost.
	addressGone []func(*swInterface, prefix)
	// tableChanged runs for every interface that is in another table now.
	tableChanged []func(i *swInterface, family int, old *table)
	// clientGone runs for every client that VPP forgets.
	clientGone []func(index uint32)
	// batchDone runs when the messages of one read have been handled.
	batchDone []func()
}

func newState(v *VPP) *state {
	s := &state{streamPage: v.streamPage, fib: newFIB(), parts: map[reflect.Type]any{}}
	s.interfaces = newInterfaceTable(s)
	s.interfaces.addDevices(v.devices)
	return s
}

// part is what a boot holds of a type: what a kind remembers and others ask
// for. Whoever asks first makes it, so a new kind shares its memory without a
// word here.
func part[T any](s *state, begin func(*state) T) T {
	key := reflect.TypeFor[T]()
	if _, there := s.parts[key]; !there {
		s.parts[key] = begin(s)
	}
	return s.parts[key].(T)
}

// Errors of VPP's API by their number, as far as they are used here.
const (
	retOK                          int32 = 0
	retUnspecified                 int32 = -1
	retInvalidSwIfIndex            int32 = -2
	retNoSuchFIB                   int32 = -3
	retNoSuchEntry                 int32 = -6
	retInvalidValue                int32 = -7
	retInvalidValue2               int32 = -8
	retUnimplemented               int32 = -9
	retInvalidSwIfIndex2           int32 = -10
	retSyscallError1               int32 = -11
	retSyscallError3               int32 = -13
	retSyscallError4               int32 = -14
	retFeatureDisabled             int32 = -30
	retInvalidRegistration         int32 = -31
	retNoPathsInRoute              int32 = -52
	retNoMatchingInterface         int32 = -54
	retInvalidVLAN                 int32 = -55
	retVLANAlreadyExists           int32 = -56
	retInvalidDstAddress           int32 = -58
	retAddressLengthMismatch       int32 = -59
	retAddressNotFoundForInterface int32 = -60
	retAddressNotDeletable         int32 = -61
	retNoSuchTable                 int32 = -65
	retSubifAlreadyExists          int32 = -68
	retInvalidInterface            int32 = -71
	retInvalidVLANTagCount         int32 = -72
	retInvalidArgument             int32 = -73
	retEntryAlreadyExists          int32 = -116
	retUnexpectedIntfState         int32 = -74
	retTunnelExist                 int32 = -75
	retInvalidDecapNext            int32 = -76
	retIfAlreadyExists             int32 = -79
	retValueExist                  int32 = -81
	retSameSrcDst                  int32 = -82
	retInvalidAddressFamily        int32 = -97
	retInvalidSubSwIfIndex         int32 = -98
	retAddressInUse                int32 = -105
	retAddressFoundForInterface    int32 = -114
	retDomainExists                int32 = -119
	retDomainInUse                 int32 = -120
	retDomainNotModifiable         int32 = -121
	retDomainIDTooLarge            int32 = -122
	retInvalidQueue                int32 = -125
	retUnsupported                 int32 = -126
	retDuplicateIfAddress          int32 = -127
	retInitFailed                  int32 = -144
	retNetlinkError                int32 = -145
	retInstanceInUse               int32 = -147
	retInvalidSessionID            int32 = -148
	retDomainHasBVI                int32 = -152
	retInvalidProtocol             int32 = -153
	retEagain                      int32 = -165
	retBug                         int32 = -168
	retFeatureAlreadyDisabled      int32 = -169
	retFeatureAlreadyEnabled       int32 = -170
	retInvalidPrefixLength         int32 = -171
)

// none is VPP's ~0: no interface, no index, no cursor.
const none = ^uint32(0)
