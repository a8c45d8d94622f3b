package kinds

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindBridgeARPEntry is the kind of entries in the ARP tables of bridge domains.
const KindBridgeARPEntry = "BridgeARPEntry"

// BridgeARPEntryID is the entry of an address in a bridge domain.
func BridgeARPEntryID(domain string, address netip.Addr) state.ID {
	return state.ID{Kind: KindBridgeARPEntry, Key: domain + " " + address.String()}
}

// bridgeIPMAC is vl_api_bd_ip_mac_t.
type bridgeIPMAC struct {
	BdID uint32
	IP   netip.Addr
	MAC  MAC
}

type arpEntryRequest struct {
	IsAdd bool
	Entry bridgeIPMAC
}

type arpEntryDumpRequest struct{ BdID uint32 }

type arpEntryDetails struct{ Entry bridgeIPMAC }

var (
	arpEntrySet  = vpp.NewMethod[arpEntryRequest, retval]("bd_ip_mac_add_del")
	arpEntryDump = vpp.NewMethod[arpEntryDumpRequest, arpEntryDetails]("bd_ip_mac_dump")
)

// bridgeARPEntry is the kind of entries in the ARP tables of bridge domains. Its
// values are MAC addresses.
type bridgeARPEntry struct{}

// NewBridgeARPEntry is the kind of entries in the ARP tables of bridge domains.
// Those in ours are ours; in one that was adopted, those in the ledger.
func NewBridgeARPEntry() state.Kind { return bridgeARPEntry{} }

func (bridgeARPEntry) Name() string     { return KindBridgeARPEntry }
func (bridgeARPEntry) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (bridgeARPEntry) Describe(key string) string {
	domain, address, _ := strings.Cut(key, " ")
	return "ARP entry " + address + " of BridgeDomain " + domain
}

func (bridgeARPEntry) Probe(c vpp.Caller) error { return probe("", c, arpEntrySet, arpEntryDump) }

// BridgeARPEntryItem is the entry of an address in a bridge domain.
func BridgeARPEntryItem(domain string, address netip.Addr, mac MAC) state.Item {
	return state.Item{ID: BridgeARPEntryID(domain, address), Value: mac, Needs: []state.ID{BridgeDomainID(domain)}}
}

func (bridgeARPEntry) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range arpEntryDump.Dump(ctx, v.Caller(), &arpEntryDumpRequest{noIndex}) {
		if err != nil {
			return err
		}
		domain, ok := v.Lookup(KindBridgeDomain, d.Entry.BdID)
		if !ok {
			continue
		}
		item := BridgeARPEntryItem(domain.Key, d.Entry.IP, d.Entry.MAC)
		found(state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs, Ours: inBridgeDomain(v, domain, item.ID)})
	}
	return nil
}

func (bridgeARPEntry) Compare(want, have, _ any) state.Difference {
	if want == have {
		return state.Difference{}
	}
	return state.Difference{Change: state.InPlace, Fields: []string{"arpEntries"}}
}

func (k bridgeARPEntry) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result { return state.Result{Err: k.set(ctx, v, op)} })
}

func (k bridgeARPEntry) set(ctx context.Context, v *state.View, op *state.Op) error {
	domain, text, _ := strings.Cut(op.ID.Key, " ")
	address, err := netip.ParseAddr(text)
	if err != nil {
		return err
	}
	number, err := bridgeDomainHandle(v, domain)
	if op.Verb == state.Delete {
		if err == nil {
			if err := k.remove(ctx, v, bridgeIPMAC{number, address, valueOf[MAC](op.Have)}); err != nil {
				return err
			}
		}
		return v.Ledger().Delete(op.ID)
	}
	if err != nil {
		return err
	}
	if err := noteInBridgeDomain(v, domain, op.ID); err != nil {
		return err
	}
	_, err = arpEntrySet.Call(ctx, v.Caller(), &arpEntryRequest{true, bridgeIPMAC{number, address, valueOf[MAC](op.Want)}})
	if err != nil && !outcomeUnknown(err) && op.Verb == state.Create {
		err = errors.Join(err, v.Ledger().Delete(op.ID))
	}
	return err
}

// remove deletes an entry. VPP refuses that with another MAC address than it has.
func (bridgeARPEntry) remove(ctx context.Context, v *state.View, entry bridgeIPMAC) error {
	_, err := arpEntrySet.Call(ctx, v.Caller(), &arpEntryRequest{Entry: entry})
	if !refusedWith(err, retUnspecified) {
		if refusedWith(err, retNoSuchEntry) {
			return nil // the bridge domain is gone
		}
		return err
	}
	there, readErr := dump(ctx, v.Caller(), arpEntryDump, &arpEntryDumpRequest{entry.BdID})
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	for _, d := range there {
		if d.Entry.IP == entry.IP {
			_, err := arpEntrySet.Call(ctx, v.Caller(), &arpEntryRequest{Entry: d.Entry})
			return err
		}
	}
	return nil
}
