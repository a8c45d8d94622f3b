package kinds

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindBridgePort is the kind of the ports of bridge domains.
const KindBridgePort = "BridgePort"

// BridgePortID is that an interface is a port of a bridge domain.
func BridgePortID(domain, iface string) state.ID {
	return state.ID{Kind: KindBridgePort, Key: domain + " " + iface}
}

// L2PortClaim is that an interface can be switched in one place only: in a
// bridge domain or in a cross-connect.
func L2PortClaim(iface string) string { return "L2 port " + iface }

// RoutedClaim is where the packets of a family go that come in on an interface:
// into an L3 cross-connect, or nowhere else than what is switched.
func RoutedClaim(iface string, ip6 bool) string {
	if ip6 {
		return "IPv6 packets that come in on " + iface
	}
	return "IPv4 packets that come in on " + iface
}

// switchedClaims are those of an interface whose frames are not routed.
func switchedClaims(iface string) []string {
	return []string{L2PortClaim(iface), RoutedClaim(iface, false), RoutedClaim(iface, true)}
}

// BridgePort is the value of a port.
type BridgePort struct {
	Type BridgePortType
	// SplitHorizonGroup is 0 for none.
	SplitHorizonGroup uint8
	TagRewrite        TagRewrite
}

// BridgePortType is what a port is to its bridge domain, with the numbers of
// vl_api_l2_port_type_t.
type BridgePortType uint32

// Types of ports.
const (
	BridgePortNormal BridgePortType = 0
	// BridgePortBVI routes for the bridge domain, BridgePortUnknownUnicast alone
	// takes frames to addresses that were not learned. There is one of each.
	BridgePortBVI            BridgePortType = 1
	BridgePortUnknownUnicast BridgePortType = 2
)

// TagRewrite is a change of VLAN tags on frames that come in: how many are taken
// off, and the VLAN IDs of those put on, the outer first, 0 for none. Dot1ad is
// of the outer one put on.
type TagRewrite struct {
	Pop          uint8
	Outer, Inner uint16
	Dot1ad       bool
}

// NewTagRewrite is the change that takes off pop tags and puts on those of push.
func NewTagRewrite(pop uint8, push []uint16, dot1ad bool) TagRewrite {
	t := TagRewrite{Pop: pop}
	if len(push) > 0 {
		t.Outer, t.Dot1ad = push[0], dot1ad
	}
	if len(push) > 1 {
		t.Inner = push[1]
	}
	return t
}

// rewriteOps are VPP's numbers by tags taken off and tags put on.
var rewriteOps = [3][3]uint32{{0, 1, 2}, {3, 5, 6}, {4, 7, 8}}

func (t TagRewrite) pushed() int {
	switch {
	case t.Inner != 0:
		return 2
	case t.Outer != 0:
		return 1
	}
	return 0
}

type tagRewriteRequest struct {
	SwIfIndex, VtrOp, PushDot1q, Tag1, Tag2 uint32
}

func (t TagRewrite) wire(index uint32) *tagRewriteRequest {
	q := &tagRewriteRequest{SwIfIndex: index, VtrOp: rewriteOps[min(t.Pop, 2)][t.pushed()], Tag1: uint32(t.Outer), Tag2: uint32(t.Inner)}
	if !t.Dot1ad {
		q.PushDot1q = 1
	}
	return q
}

type bridgeRequest struct {
	RxSwIfIndex, BdID, PortType uint32
	Shg                         uint8
	Enable                      bool
}

// portDetails is what an interface has that is switched.
type portDetails struct {
	SwIfIndex, Type                       uint32
	L2Address                             MAC
	Tag                                   string
	VtrOp, VtrPushDot1q, VtrTag1, VtrTag2 uint32
}

// rewrite is the change of tags as VPP shows it.
func (d *portDetails) rewrite() TagRewrite {
	for pop, ops := range rewriteOps {
		for push, op := range ops {
			if op != d.VtrOp {
				continue
			}
			tags := []uint16{uint16(d.VtrTag1), uint16(d.VtrTag2)}
			return NewTagRewrite(uint8(pop), tags[:push], d.VtrPushDot1q == 0)
		}
	}
	return TagRewrite{}
}

// ethernet tells whether frames can come in on it. A sub-interface has no
// address of its own.
func (d *portDetails) ethernet() bool { return d.Type == typeSub || d.L2Address != (MAC{}) }

var (
	bridgeSet  = vpp.NewMethod[bridgeRequest, retval]("sw_interface_set_l2_bridge")
	tagRewrite = vpp.NewMethod[tagRewriteRequest, retval]("l2_interface_vlan_tag_rewrite")
	portDump   = vpp.NewMethod[interfaceDumpRequest, portDetails]("sw_interface_dump")
)

// onePort is the details of an interface, nil where there is none.
func onePort(ctx context.Context, c vpp.Caller, index uint32) (*portDetails, error) {
	all, err := dump(ctx, c, portDump, &interfaceDumpRequest{SwIfIndex: index})
	for _, d := range all {
		if d.SwIfIndex == index {
			return d, nil
		}
	}
	return nil, err
}

type bridgePort struct{ frames *frameFeatures }

// newBridgePort is the kind of the ports of bridge domains. Those of ours are
// ours; of one that was adopted, those in the ledger.
func newBridgePort(frames *frameFeatures) state.Kind { return bridgePort{frames} }

func (bridgePort) Name() string     { return KindBridgePort }
func (bridgePort) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (bridgePort) Describe(key string) string {
	domain, iface, _ := strings.Cut(key, " ")
	return "port " + iface + " of BridgeDomain " + domain
}

func (bridgePort) Probe(c vpp.Caller) error {
	return probe("", c, bridgeDomainDump, bridgeSet, tagRewrite, portDump, crossConnectDump)
}

// BridgePortItem is that an interface is a port of a bridge domain.
func BridgePortItem(domain, iface string, value BridgePort) state.Item {
	return state.Item{
		ID: BridgePortID(domain, iface), Value: value,
		Needs: bridgePortNeeds(domain, iface), Claims: bridgePortClaims(domain, iface, value.Type),
	}
}

func bridgePortNeeds(domain, iface string) []state.ID {
	return []state.ID{BridgeDomainID(domain), InterfaceID(iface)}
}

func bridgePortClaims(domain, iface string, t BridgePortType) []string {
	switch t {
	case BridgePortBVI:
		return []string{L2PortClaim(iface), "BVI of bridge domain " + domain}
	case BridgePortUnknownUnicast:
		return append(switchedClaims(iface), "unknown unicast of bridge domain "+domain)
	}
	return switchedClaims(iface)
}

// ports are what a bridge domain has.
func (d *bridgeDomainDetails) ports() map[uint32]BridgePort {
	ports := make(map[uint32]BridgePort, len(d.SwIfDetails)+1)
	for _, m := range d.SwIfDetails {
		p := BridgePort{SplitHorizonGroup: m.Shg}
		if m.SwIfIndex == d.BviSwIfIndex {
			p.Type = BridgePortBVI
		}
		ports[m.SwIfIndex] = p
	}
	if d.UuFwdSwIfIndex != noIndex {
		ports[d.UuFwdSwIfIndex] = BridgePort{Type: BridgePortUnknownUnicast}
	}
	return ports
}

func (bridgePort) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	domains, err := allBridgeDomains(ctx, v.Caller())
	if err != nil || len(domains) == 0 {
		return err
	}
	details, err := dump(ctx, v.Caller(), portDump, &interfaceDumpRequest{SwIfIndex: noIndex})
	if err != nil {
		return err
	}
	rewrites := make(map[uint32]TagRewrite, len(details))
	for _, d := range details {
		rewrites[d.SwIfIndex] = d.rewrite()
	}
	for _, d := range domains {
		domain, ok := v.Lookup(KindBridgeDomain, d.BdID)
		if !ok {
			continue // it came meanwhile
		}
		for index, port := range d.ports() {
			port.TagRewrite = rewrites[index]
			item := BridgePortItem(domain.Key, interfaceName(v, index), port)
			found(state.Found{
				ID: item.ID, Value: port, Needs: item.Needs, Claims: item.Claims, Ours: inBridgeDomain(v, domain, item.ID),
			})
		}
	}
	return nil
}

// inBridgeDomain tells whether something in a bridge domain is ours.
func inBridgeDomain(v *state.View, domain, id state.ID) bool {
	if sharedBridgeDomain(v, domain.Key) {
		_, noted := v.Ledger().Get(id)
		return noted
	}
	return v.Ours(domain)
}

// noteInBridgeDomain writes down that something in a bridge domain is ours, where
// others put things there too.
func noteInBridgeDomain(v *state.View, domain string, id state.ID) error {
	if !sharedBridgeDomain(v, domain) {
		return nil
	}
	return v.Ledger().Put(id, state.Entry{})
}

// bridgeDomainHandle is VPP's number of a bridge domain that something needs.
func bridgeDomainHandle(v *state.View, name string) (uint32, error) {
	n, ok := v.Handle(BridgeDomainID(name))
	if !ok {
		return 0, &state.WaitError{For: fmt.Sprintf("bridge domain %s in VPP", name)}
	}
	return n, nil
}

func (bridgePort) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[BridgePort](want), valueOf[BridgePort](have)
	if w.Type != h.Type {
		return state.Difference{Change: state.Recreate, Fields: []string{"ports"}}
	}
	var f fields
	f.add("ports.splitHorizonGroup", w.SplitHorizonGroup != h.SplitHorizonGroup)
	f.add("ports.tagRewrite", w.TagRewrite != h.TagRewrite)
	if len(f) == 0 {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: f}
}

// switched is where interfaces are switched.
type switched struct {
	domains  []*bridgeDomainDetails
	connects []*crossConnectDetails
}

// lookOnce looks at all that is switched when it is first asked.
func lookOnce(ctx context.Context, c vpp.Caller) func() (switched, error) {
	return sync.OnceValues(func() (s switched, err error) {
		if s.domains, err = allBridgeDomains(ctx, c); err == nil {
			s.connects, err = dump(ctx, c, crossConnectDump, nil)
		}
		return s, err
	})
}

// domainOf is the bridge domain that an interface is in, nil for none.
func (s *switched) domainOf(index uint32) (*bridgeDomainDetails, BridgePort) {
	for _, d := range s.domains {
		if p, in := d.ports()[index]; in {
			return d, p
		}
	}
	return nil, BridgePort{}
}

// indices are those of all interfaces that are switched.
func (s *switched) indices() map[uint32]bool {
	all := map[uint32]bool{}
	for _, d := range s.domains {
		for index := range d.ports() {
			all[index] = true
		}
	}
	for _, c := range s.connects {
		all[c.RxSwIfIndex] = true
	}
	return all
}

// peerOf is where what comes in on an interface is sent.
func (s *switched) peerOf(index uint32) (peer uint32, connected bool) {
	for _, c := range s.connects {
		if c.RxSwIfIndex == index {
			return c.TxSwIfIndex, true
		}
	}
	return 0, false
}

func (k bridgePort) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	look := lookOnce(ctx, v.Caller())
	state.Each(ops, func(op *state.Op) state.Result {
		domain, iface, _ := strings.Cut(op.ID.Key, " ")
		var r state.Result
		if op.Verb == state.Delete {
			r.Err = k.leave(ctx, v, op, domain, iface)
		} else {
			r = k.set(ctx, v, op, domain, iface, look)
		}
		r.Rereads = l2Mirrors(v, iface)
		return r
	})
}

// set puts an interface into a bridge domain, or changes what it is there. VPP
// would make the bridge domain where it is missing, without a tag, and would take
// the interface out of wherever it is.
func (k bridgePort) set(ctx context.Context, v *state.View, op *state.Op, domain, iface string, look func() (switched, error)) state.Result {
	want := valueOf[BridgePort](op.Want)
	index, err := interfaceHandle(v, iface)
	if err != nil {
		return state.Result{Err: err}
	}
	number, err := bridgeDomainHandle(v, domain)
	if err != nil {
		return state.Result{Err: err}
	}
	there, err := look()
	if err != nil {
		return state.Result{Err: err}
	}
	d, err := stillThere(ctx, v, iface, index)
	if err != nil {
		return state.Result{Err: err}
	}
	if !d.ethernet() {
		return state.Result{Err: errors.New("only an Ethernet interface can be a port of a bridge domain")}
	}
	in, have := there.domainOf(index)
	if err := there.mayJoin(v, index, number, in, want.Type); err != nil {
		r := state.Result{Err: err}
		if _, missing := errors.AsType[*state.WaitError](err); missing {
			r.Disturbs = []state.ID{BridgeDomainID(domain)}
		}
		return r
	}
	if in == nil {
		if err := k.frames.rearm(ctx, v, index); err != nil {
			return state.Result{Err: err}
		}
	}
	if err := noteInBridgeDomain(v, domain, op.ID); err != nil {
		return state.Result{Err: err}
	}
	if in == nil || have.Type != want.Type || have.SplitHorizonGroup != want.SplitHorizonGroup && want.Type == BridgePortNormal {
		_, err := bridgeSet.Call(ctx, v.Caller(), &bridgeRequest{index, number, uint32(want.Type), want.SplitHorizonGroup, true})
		if err != nil {
			if op.Verb == state.Create && !outcomeUnknown(err) {
				err = errors.Join(err, v.Ledger().Delete(op.ID))
			}
			return state.Result{Err: err}
		}
		if _, err := stillThere(ctx, v, iface, index); err != nil {
			if !outcomeUnknown(err) {
				err = errors.Join(err, k.remove(ctx, v.Caller(), index, number))
			}
			return state.Result{Err: err}
		}
	}
	if d.rewrite() == want.TagRewrite {
		return state.Result{}
	}
	if _, err := tagRewrite.Call(ctx, v.Caller(), want.TagRewrite.wire(index)); err != nil {
		if outcomeUnknown(err) {
			return state.Result{Err: err}
		}
		// A refusal leaves half of what was there.
		_, offErr := tagRewrite.Call(ctx, v.Caller(), TagRewrite{}.wire(index))
		want.TagRewrite = TagRewrite{}
		return state.Result{Err: fmt.Errorf("tagRewrite: %w", errors.Join(err, offErr)), Have: want}
	}
	return state.Result{}
}

// mayJoin tells why an interface must not be put into a bridge domain: it is
// missing, somebody else has the interface, or the place is taken, which VPP
// would find out too late.
func (s *switched) mayJoin(v *state.View, index, number uint32, in *bridgeDomainDetails, t BridgePortType) error {
	if peer, connected := s.peerOf(index); connected {
		return &state.ConflictError{With: "a cross-connect with " + interfaceName(v, peer)}
	}
	if in != nil && in.BdID != number {
		return domainConflict(in)
	}
	for _, d := range s.domains {
		if d.BdID != number {
			continue
		}
		for other, p := range d.ports() {
			if t != BridgePortNormal && p.Type == t && other != index {
				return &state.ConflictError{With: interfaceName(v, other)}
			}
		}
		return nil
	}
	return &state.WaitError{For: fmt.Sprintf("bridge domain %d in VPP", number)}
}

// leave takes an interface out of its bridge domain.
func (k bridgePort) leave(ctx context.Context, v *state.View, op *state.Op, domain, iface string) error {
	index, known := v.Handle(InterfaceID(iface))
	number, there := v.Handle(BridgeDomainID(domain))
	if !known || !there {
		return v.Ledger().Delete(op.ID)
	}
	if err := k.remove(ctx, v.Caller(), index, number); err != nil {
		return err
	}
	return v.Ledger().Delete(op.ID)
}

// remove takes what has an index out of a bridge domain, if it is in that: VPP
// would take it out of another too.
func (bridgePort) remove(ctx context.Context, c vpp.Caller, index, number uint32) error {
	d, err := oneBridgeDomain(ctx, c, number)
	if err != nil || d == nil {
		return err
	}
	if _, in := d.ports()[index]; !in {
		return nil
	}
	_, err = bridgeSet.Call(ctx, c, &bridgeRequest{RxSwIfIndex: index, BdID: number})
	if refusedWith(err, retNoSuchIndex) {
		return nil
	}
	return err
}

// stillThere makes sure that an index is still that of an interface of ours:
// VPP uses indices again at once.
func stillThere(ctx context.Context, v *state.View, iface string, index uint32) (*portDetails, error) {
	d, err := onePort(ctx, v.Caller(), index)
	if err == nil && (d == nil || d.Tag != Mark+iface) {
		err = &state.WaitError{For: fmt.Sprintf("interface %s in VPP", iface)}
	}
	return d, err
}
