package kinds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindBridgeFIBEntry is the kind of MAC addresses that are written down in a
// bridge domain.
const KindBridgeFIBEntry = "BridgeFIBEntry"

// BridgeFIBEntryID is the entry of a MAC address in a bridge domain.
func BridgeFIBEntryID(domain string, mac MAC) state.ID {
	return state.ID{Kind: KindBridgeFIBEntry, Key: domain + " " + mac.String()}
}

// BridgeFIBEntry is the value of such an entry: the port that frames to the
// address go to, or Filter, which drops them.
type BridgeFIBEntry struct {
	Interface string
	Filter    bool
}

type fibEntryRequest struct {
	MAC                         MAC
	BdID, SwIfIndex             uint32
	IsAdd, StaticMAC, FilterMAC bool
}

type fibEntryDumpRequest struct{ BdID uint32 }

type fibEntryDetails struct {
	BdID                         uint32
	MAC                          MAC
	SwIfIndex                    uint32
	StaticMAC, FilterMAC, BviMAC bool
}

var (
	fibEntrySet  = vpp.NewMethod[fibEntryRequest, retval]("l2fib_add_del")
	fibEntryDump = vpp.NewMethod[fibEntryDumpRequest, fibEntryDetails]("l2_fib_table_dump")
)

// anyPort has VPP delete an entry whatever it points at.
const anyPort = 0

type bridgeFIBEntry struct{}

// NewBridgeFIBEntry is the kind of MAC addresses that are written down in bridge
// domains. Those in ours are ours; in one that was adopted, those in the ledger.
// What VPP has learned and the address of the BVI are nobody's.
func NewBridgeFIBEntry() state.Kind { return bridgeFIBEntry{} }

func (bridgeFIBEntry) Name() string { return KindBridgeFIBEntry }

// Loss implements [state.Kind]: an entry stays when its port goes, and sends to
// whatever gets the index next.
func (bridgeFIBEntry) Loss() state.Loss { return state.Stale }

// Describe implements [state.Describer].
func (bridgeFIBEntry) Describe(key string) string {
	domain, mac, _ := strings.Cut(key, " ")
	return "FIB entry " + mac + " of BridgeDomain " + domain
}

func (bridgeFIBEntry) Probe(c vpp.Caller) error { return probe("", c, fibEntrySet, fibEntryDump) }

// BridgeFIBEntryItem is the entry of a MAC address in a bridge domain.
func BridgeFIBEntryItem(domain string, mac MAC, value BridgeFIBEntry) state.Item {
	return state.Item{ID: BridgeFIBEntryID(domain, mac), Value: value, Needs: fibEntryNeeds(domain, value)}
}

func fibEntryNeeds(domain string, value BridgeFIBEntry) []state.ID {
	needs := []state.ID{BridgeDomainID(domain)}
	if !value.Filter {
		needs = append(needs, BridgePortID(domain, value.Interface))
	}
	return needs
}

func (bridgeFIBEntry) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	domains, err := allBridgeDomains(ctx, v.Caller())
	if err != nil || len(domains) == 0 {
		return err
	}
	ports := map[uint32]map[uint32]BridgePort{}
	for _, d := range domains {
		ports[d.BdID] = d.ports()
	}
	for d, err := range fibEntryDump.Dump(ctx, v.Caller(), &fibEntryDumpRequest{noIndex}) {
		if err != nil {
			return err
		}
		domain, ok := v.Lookup(KindBridgeDomain, d.BdID)
		if !ok || !d.StaticMAC || d.BviMAC {
			continue
		}
		value := BridgeFIBEntry{Filter: d.FilterMAC}
		if !value.Filter {
			value.Interface = interfaceName(v, d.SwIfIndex)
		}
		item := BridgeFIBEntryItem(domain.Key, d.MAC, value)
		if _, in := ports[d.BdID][d.SwIfIndex]; !in {
			item.Needs = item.Needs[:1] // it was left behind by its port
		}
		found(state.Found{ID: item.ID, Value: value, Needs: item.Needs, Ours: inBridgeDomain(v, domain, item.ID)})
	}
	return nil
}

func (bridgeFIBEntry) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"fibEntries"}}
}

func (k bridgeFIBEntry) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	look := lookOnce(ctx, v.Caller())
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.set(ctx, v, op, look)} })
}

func (bridgeFIBEntry) set(ctx context.Context, v *state.View, op *state.Op, look func() (switched, error)) error {
	domain, text, _ := strings.Cut(op.ID.Key, " ")
	address, err := net.ParseMAC(text)
	if err != nil {
		return err
	}
	mac := MAC(address)
	number, err := bridgeDomainHandle(v, domain)
	if op.Verb == state.Delete {
		if err == nil {
			_, err = fibEntrySet.Call(ctx, v.Caller(), &fibEntryRequest{MAC: mac, BdID: number, SwIfIndex: anyPort})
			if err != nil && !refusedWith(err, retNoSuchEntry) {
				return err
			}
		}
		return v.Ledger().Delete(op.ID)
	}
	if err != nil {
		return err
	}
	want := valueOf[BridgeFIBEntry](op.Want)
	q := fibEntryRequest{MAC: mac, BdID: number, SwIfIndex: noIndex, IsAdd: true, StaticMAC: true, FilterMAC: want.Filter}
	if !want.Filter {
		if q.SwIfIndex, err = interfaceHandle(v, want.Interface); err != nil {
			return err
		}
	}
	there, err := look()
	if err != nil {
		return err
	}
	if err := there.mayWriteDown(ctx, v, number, mac); err != nil {
		return err
	}
	if err := noteInBridgeDomain(v, domain, op.ID); err != nil {
		return err
	}
	_, err = fibEntrySet.Call(ctx, v.Caller(), &q)
	if err != nil && !outcomeUnknown(err) && op.Verb == state.Create {
		err = errors.Join(err, v.Ledger().Delete(op.ID))
	}
	return err
}

// mayWriteDown refuses the address of the BVI, whose own entry would be lost.
func (s *switched) mayWriteDown(ctx context.Context, v *state.View, number uint32, mac MAC) error {
	for _, d := range s.domains {
		if d.BdID != number || d.BviSwIfIndex == noIndex {
			continue
		}
		bvi, err := onePort(ctx, v.Caller(), d.BviSwIfIndex)
		if err != nil {
			return err
		}
		if bvi != nil && bvi.L2Address == mac {
			return &state.ConflictError{With: fmt.Sprintf("the BVI %s", interfaceName(v, d.BviSwIfIndex))}
		}
	}
	return nil
}

// clearLeftFIBEntries deletes what was written down in a bridge domain that is
// gone and shows in the new one.
func clearLeftFIBEntries(ctx context.Context, c vpp.Caller, number uint32) error {
	left, err := dump(ctx, c, fibEntryDump, &fibEntryDumpRequest{number})
	if err != nil {
		return err
	}
	for _, d := range left {
		_, err := fibEntrySet.Call(ctx, c, &fibEntryRequest{MAC: d.MAC, BdID: number, SwIfIndex: anyPort})
		if err != nil && !refusedWith(err, retNoSuchEntry) {
			return err
		}
	}
	return nil
}
