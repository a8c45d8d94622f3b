package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	rxQueueDetails struct{ SwIfIndex, QueueID, WorkerID, Mode uint32 }
	txQueueDetails struct {
		SwIfIndex, QueueID uint32
		Threads            []uint32
	}
	linkDetails struct {
		SwIfIndex  uint32
		LinkMTU    uint16
		Type       uint32
		SubIfFlags uint32
	}
	greKeyDetails struct {
		Tunnel struct{ SwIfIndex, Key uint32 }
	}
	greDetailDetails struct {
		Tunnel struct {
			SwIfIndex   uint32
			Type, Flags uint8
			SessionID   uint16
		}
	}
	ipipDetailDetails struct {
		Tunnel struct {
			SwIfIndex   uint32
			Flags, DSCP uint8
		}
	}
	vxlanGroupDetails struct{ SwIfIndex, McastSwIfIndex uint32 }
	bondBalance       struct{ SwIfIndex, Mode, LB uint32 }
	memberDetail      struct {
		SwIfIndex                uint32
		IsPassive, IsLongTimeout bool
		Weight                   uint32
	}
	tapHostDetails struct {
		SwIfIndex, ID      uint32
		TxRingSz, RxRingSz uint16
		HostMTUSize        uint32
		HostMACAddr        binproto.MAC
		HostIP4Prefix      netip.Prefix
		HostIP6Prefix      netip.Prefix
		TapFlags           uint32
		HostNamespace      string
		HostBridge         string
	}
)

var (
	rxQueues     = vpp.NewMethod[ofIndex, rxQueueDetails]("sw_interface_rx_placement_dump")
	txQueues     = vpp.NewMethod[ofIndex, txQueueDetails]("sw_interface_tx_placement_get")
	links        = vpp.NewMethod[interfaceRequest, linkDetails]("sw_interface_dump")
	greKeys      = vpp.NewMethod[ofIndex, greKeyDetails]("gre_tunnel_v2_dump")
	greMore      = vpp.NewMethod[ofIndex, greDetailDetails]("gre_tunnel_dump")
	ipipMore     = vpp.NewMethod[ofIndex, ipipDetailDetails]("ipip_tunnel_dump")
	vxlanGroups  = vpp.NewMethod[ofIndex, vxlanGroupDetails]("vxlan_tunnel_v2_dump")
	bondBalances = vpp.NewMethod[ofIndex, bondBalance]("sw_bond_interface_dump")
	memberMore   = vpp.NewMethod[ofIndex, memberDetail]("sw_member_interface_dump")
	tapHosts     = vpp.NewMethod[ofIndex, tapHostDetails]("sw_interface_tap_v2_dump")
)

// Numbers of VPP.
const (
	typeSub         = 1
	subDot1ad       = 8
	subExactMatch   = 16
	bondActiveBack  = 2
	bondXOR         = 3
	bondLACP        = 5
	tapGSO, tapCsum = 1, 2
	tapTun          = 16
)

var (
	// tunnelFlagNames are those of the bits, the lowest first.
	tunnelFlagNames = []string{"EncapCopyDF", "EncapSetDF", "EncapCopyDSCP", "EncapCopyECN", "DecapCopyECN", "EncapInnerHash", "EncapCopyHopLimit", "EncapCopyFlowLabel"}
	balanceNames    = map[uint32]string{0: "L2", 1: "L34", 2: "L23"}
	greTypeNames    = []string{"L3", "TEB", "ERSPAN"}
	rxModeNames     = []string{"Unknown", "Polling", "Interrupt", "Adaptive", "Default"}
)

// interfaceDetails reads what interfaces have beyond their names and places.
func (r *reader) interfaceDetails() {
	of := func(index uint32, kind, format string, args ...any) {
		if name := r.names[index]; name != "" { // local0 has none
			r.add("interface "+name, kind, format, args...)
		}
	}
	each(r, links, interfaceRequest{none}, func(d *linkDetails) {
		of(d.SwIfIndex, "linkmtu", "%d", d.LinkMTU)
		if d.Type == typeSub {
			of(d.SwIfIndex, "tags", "dot1ad %t exact %t", d.SubIfFlags&subDot1ad != 0, d.SubIfFlags&subExactMatch != 0)
		}
	})
	each(r, rxQueues, ofIndex{none}, func(d *rxQueueDetails) {
		of(d.SwIfIndex, "rxmode", "%s", rxModeNames[d.Mode%5]) // a fact for each that queues have
		of(d.SwIfIndex, fmt.Sprintf("rxqueue %d", d.QueueID), "thread %d", d.WorkerID)
	})
	r.txQueues(of)
	each(r, greMore, ofIndex{none}, func(d *greDetailDetails) {
		t := d.Tunnel
		of(t.SwIfIndex, "gre type", "%s session %d", greTypeNames[t.Type%3], t.SessionID)
		of(t.SwIfIndex, "gre flags", "%s", tunnelFlags(t.Flags))
	})
	each(r, greKeys, ofIndex{none}, func(d *greKeyDetails) {
		if d.Tunnel.Key != 0 {
			of(d.Tunnel.SwIfIndex, "gre key", "%d", d.Tunnel.Key)
		}
	})
	each(r, ipipMore, ofIndex{none}, func(d *ipipDetailDetails) {
		of(d.Tunnel.SwIfIndex, "ipip dscp", "%d", d.Tunnel.DSCP)
		of(d.Tunnel.SwIfIndex, "ipip flags", "%s", tunnelFlags(d.Tunnel.Flags))
	})
	each(r, vxlanGroups, ofIndex{none}, func(d *vxlanGroupDetails) {
		of(d.SwIfIndex, "vxlan through", "%s", r.names[d.McastSwIfIndex])
	})
	each(r, bondBalances, ofIndex{none}, func(d *bondBalance) {
		if d.Mode == bondXOR || d.Mode == bondLACP {
			of(d.SwIfIndex, "bond balance", "%s", balanceNames[d.LB])
		}
		each(r, memberMore, ofIndex{d.SwIfIndex}, func(m *memberDetail) {
			switch attribute := "bond member " + r.names[m.SwIfIndex]; d.Mode {
			case bondActiveBack:
				of(d.SwIfIndex, attribute, "weight %d", m.Weight)
			case bondLACP:
				of(d.SwIfIndex, attribute, "passive %t long %t", m.IsPassive, m.IsLongTimeout)
			}
		})
	})
	each(r, tapHosts, ofIndex{none}, func(d *tapHostDetails) {
		of(d.SwIfIndex, "tap id", "%d", d.ID)
		of(d.SwIfIndex, "tap rings", "rx %d tx %d", d.RxRingSz, d.TxRingSz)
		of(d.SwIfIndex, "tap flags", "gso %t checksum %t tun %t", d.TapFlags&tapGSO != 0, d.TapFlags&tapCsum != 0, d.TapFlags&tapTun != 0)
		of(d.SwIfIndex, "tap mac", "%s", d.HostMACAddr)
		of(d.SwIfIndex, "tap place", "namespace %q bridge %q", d.HostNamespace, d.HostBridge)
		of(d.SwIfIndex, "tap mtu", "%d", d.HostMTUSize)
		for _, p := range []netip.Prefix{d.HostIP4Prefix, d.HostIP6Prefix} {
			if !p.Addr().IsUnspecified() {
				of(d.SwIfIndex, "tap address", "%s", p)
			}
		}
	})
}

// txQueues reads the transmit queues, which a VPP without any refuses.
func (r *reader) txQueues(of func(index uint32, kind, format string, args ...any)) {
	for d, err := range txQueues.Dump(r.ctx, r.s, &ofIndex{none}) {
		switch {
		case r.err != nil, errors.Is(err, vpp.ErrNoMessage), errors.Is(err, vpp.ErrRefused):
			return
		case err != nil:
			r.err = fmt.Errorf("%s: %w", txQueues.Name(), err)
			return
		}
		slices.Sort(d.Threads)
		of(d.SwIfIndex, fmt.Sprintf("txqueue %d", d.QueueID), "threads %v", d.Threads)
	}
}

func tunnelFlags(bits uint8) string {
	var names []string
	for i, name := range tunnelFlagNames {
		if bits>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// interfaceDetails are what a spec says of these.
func (*wanted) interfaceDetails(spec *v1alpha1.InterfaceSpec, add func(attribute, format string, args ...any), open func(...string)) {
	if spec.LinkMTU != 0 {
		add("linkmtu", "%d", spec.LinkMTU)
	} else {
		open("linkmtu")
	}
	queued := spec.Tap != nil || spec.HostInterface != nil || spec.Physical != nil
	if queued && spec.RxMode != "" {
		add("rxmode", "%s", spec.RxMode)
	} else {
		open("rxmode") // those of others come with their peers
	}
	rx, tx := map[v1alpha1.Queue]string{}, map[v1alpha1.Queue]string{}
	for _, p := range spec.RxPlacement {
		rx[p.Queue] = fmt.Sprintf("thread %d", p.Thread)
	}
	for _, p := range spec.TxPlacement {
		tx[p.Queue] = fmt.Sprintf("threads %v", slices.Sorted(slices.Values(p.Threads)))
	}
	for name, placement := range map[string]map[v1alpha1.Queue]string{"rxqueue": rx, "txqueue": tx} {
		for q := range v1alpha1.Queue(16) {
			open(fmt.Sprintf("%s %d", name, q))
		}
		for _, q := range slices.Sorted(maps.Keys(placement)) {
			if queued {
				add(fmt.Sprintf("%s %d", name, q), "%s", placement[q])
			}
		}
	}
	switch {
	case spec.SubInterface != nil:
		exact := spec.SubInterface.ExactMatch == nil || *spec.SubInterface.ExactMatch
		add("tags", "dot1ad %t exact %t", spec.SubInterface.Dot1ad, exact)
	case spec.VXLAN != nil:
		add("vxlan through", "%s", spec.VXLAN.MulticastInterface)
	case spec.GRE != nil:
		g := spec.GRE
		add("gre type", "%s session %d", cmp.Or(g.Type, v1alpha1.GRETypeL3), g.SessionID)
		add("gre flags", "%s", flagNames(g.Flags))
		if g.Key != 0 {
			add("gre key", "%d", g.Key)
		}
	case spec.IPIP != nil:
		add("ipip dscp", "%d", spec.IPIP.DSCP)
		add("ipip flags", "%s", flagNames(spec.IPIP.Flags))
	case spec.Bond != nil:
		b := spec.Bond
		if b.Mode == v1alpha1.BondModeXOR || b.Mode == v1alpha1.BondModeLACP {
			add("bond balance", "%s", cmp.Or(b.LoadBalance, v1alpha1.BondLoadBalanceL2))
		}
		for _, m := range b.Members {
			switch attribute := "bond member " + string(m.Interface); b.Mode {
			case v1alpha1.BondModeActiveBackup:
				add(attribute, "weight %d", m.Weight)
			case v1alpha1.BondModeLACP:
				add(attribute, "passive %t long %t", m.LACPMode == v1alpha1.LACPModePassive, m.LACPTimeout == v1alpha1.LACPTimeoutLong)
			}
		}
	case spec.Tap != nil:
		tapHost(spec.Tap, add, open)
	}
}

func tapHost(t *v1alpha1.TapInterface, add func(attribute, format string, args ...any), open func(...string)) {
	add("tap rings", "rx %d tx %d", cmp.Or(t.RxRingSize, 256), cmp.Or(t.TxRingSize, 256))
	add("tap flags", "gso %t checksum %t tun %t", t.GSO, t.ChecksumOffload, t.Tun)
	add("tap place", "namespace %q bridge %q", t.Host.Namespace, t.Host.Bridge)
	if t.ID != nil {
		add("tap id", "%d", *t.ID)
	} else {
		open("tap id")
	}
	if t.Host.MACAddress != "" {
		add("tap mac", "%s", strings.ToLower(string(t.Host.MACAddress)))
	} else {
		open("tap mac")
	}
	if t.Host.MTU != 0 {
		add("tap mtu", "%d", t.Host.MTU)
	} else {
		open("tap mtu")
	}
	for _, a := range t.Host.Addresses {
		add("tap address", "%s", netip.MustParsePrefix(string(a)))
	}
}

// flagNames are flags in the order of their bits.
func flagNames(flags []v1alpha1.TunnelFlag) string {
	var names []string
	for _, name := range tunnelFlagNames {
		if slices.Contains(flags, v1alpha1.TunnelFlag(name)) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
