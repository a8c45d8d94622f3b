package kinds

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// KindInterfaceAddress is the kind of the addresses of interfaces.
const KindInterfaceAddress = "InterfaceAddress"

// InterfaceAddressID is an address with its length on an interface.
func InterfaceAddressID(name string, address netip.Prefix) state.ID {
	return state.ID{Kind: KindInterfaceAddress, Key: name + " " + address.String()}
}

// InterfaceAddress is the value of an address on an interface.
type InterfaceAddress struct {
	Interface string
	// Address has the host's bits and the length of the subnet.
	Address netip.Prefix
	// VRF is the name of the VRF that it is in, by its interface.
	VRF string
}

type addressRequest struct {
	SwIfIndex uint32
	IsAdd     bool
	Prefix    netip.Prefix
}

type addressDumpRequest struct {
	SwIfIndex uint32
	IsIPv6    bool
}

type addressDetails struct {
	SwIfIndex uint32
	Prefix    netip.Prefix
}

type linkLocalReply struct {
	Retval int32
	IP     netip.Addr
}

type linkLocalRequest struct {
	SwIfIndex uint32
	IP        netip.Addr
}

var (
	addressAddDel = vpp.NewMethod[addressRequest, retval]("sw_interface_add_del_address")
	addressDump   = vpp.NewMethod[addressDumpRequest, addressDetails]("ip_address_dump")
	linkLocalGet  = vpp.NewMethod[swIfIndex, linkLocalReply]("sw_interface_ip6_get_link_local_address")
	linkLocalSet  = vpp.NewMethod[linkLocalRequest, retval]("sw_interface_ip6_set_link_local_address")
)

// interfaceAddress is the kind of addresses of interfaces. A link-local IPv6
// address is one of a kind: VPP always has one where IPv6 is on, does not dump
// it, and takes none away; ours is what the ledger names.
type interfaceAddress struct{}

// NewInterfaceAddress is the kind of interfaces' addresses. Those of our
// interfaces are ours; where others share an interface, those in the ledger.
func NewInterfaceAddress() state.Kind { return interfaceAddress{} }

func (interfaceAddress) Name() string     { return KindInterfaceAddress }
func (interfaceAddress) Loss() state.Loss { return state.Cleaned }

// Describe implements [state.Describer].
func (interfaceAddress) Describe(key string) string {
	name, address, _ := strings.Cut(key, " ")
	return "address " + address + " of Interface " + name
}

func (interfaceAddress) Probe(c vpp.Caller) error { return probe("", c, addressAddDel, addressDump) }

// InterfaceAddressItem is an address of an interface in a VRF.
func InterfaceAddressItem(name, vrf string, address netip.Prefix) state.Item {
	return state.Item{
		ID: InterfaceAddressID(name, address), Value: InterfaceAddress{name, address, vrf},
		Needs: addressNeeds(name, address), Claims: addressClaims(name, vrf, address),
	}
}

func addressNeeds(name string, address netip.Prefix) []state.ID {
	return []state.ID{InterfaceID(name), InterfaceVRFID(name, address.Addr().Is6())}
}

// addressClaims are what no other address may have. VPP deletes an address
// whatever length is named, so one of another length has to go first.
func addressClaims(name, vrf string, address netip.Prefix) []string {
	if linkLocal(address) {
		return []string{"link-local address of " + name}
	}
	return []string{"address " + vrf + " " + address.Addr().String(), state.Shared(ownAddressesClaim(name))}
}

// ownAddressesClaim is shared by the addresses of an interface, while it does not
// borrow those of another: to VPP it has either.
func ownAddressesClaim(name string) string { return "addresses of " + name }

func linkLocal(p netip.Prefix) bool { return p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() }

func (interfaceAddress) Compare(want, have, _ any) state.Difference {
	w, h := valueOf[InterfaceAddress](want), valueOf[InterfaceAddress](have)
	// A link-local address is in no VRF. That of others is the binding's affair,
	// which takes the address off and puts it back.
	if w.Interface == h.Interface && w.Address == h.Address {
		return state.Difference{}
	}
	return state.Difference{Change: state.Recreate, Fields: []string{"addresses"}}
}

// Read asks interface by interface, since VPP has no dump of all addresses,
// with many questions in flight.
func (k interfaceAddress) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	ids, indices, err := ourInterfaces(ctx, v)
	if err != nil {
		return err
	}
	const atOnce = 64
	var (
		work   sync.WaitGroup
		mu     sync.Mutex
		failed error
		places = make(chan struct{}, atOnce)
	)
	for i := range ids {
		places <- struct{}{}
		work.Go(func() {
			defer func() { <-places }()
			list, err := k.read(ctx, v, ids[i].Key, indices[i])
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			for _, f := range list {
				found(f)
			}
		})
	}
	work.Wait()
	return failed
}

// read reads the addresses of one interface. An unnumbered interface shows
// those of its donor, which are not its own.
func (k interfaceAddress) read(ctx context.Context, v *state.View, name string, index uint32) ([]state.Found, error) {
	var list []state.Found
	others := shared(v, name)
	for _, ip6 := range []bool{false, true} {
		prefixes, err := addressesOf(ctx, v.Caller(), index, ip6)
		if err != nil || len(prefixes) == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		t, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{index, ip6})
		if err != nil {
			if refusedWith(err, retNoSuchIndex) {
				return nil, nil
			}
			return nil, err
		}
		for _, p := range prefixes {
			f := k.found(name, tableName(v, t.VrfID, ip6), p)
			_, noted := v.Ledger().Get(f.ID)
			f.Ours = !others || noted
			list = append(list, f)
		}
	}
	p, err := k.linkLocal(ctx, v, name, index)
	if p.IsValid() {
		f := k.found(name, "", p)
		f.Ours = true
		if linkLocalGet.Check(v.Caller()) != nil {
			f.Unverified = []string{"addresses"}
		}
		list = append(list, f)
	}
	return list, err
}

func (interfaceAddress) found(name, vrf string, p netip.Prefix) state.Found {
	item := InterfaceAddressItem(name, vrf, p)
	return state.Found{ID: item.ID, Value: item.Value, Needs: item.Needs, Claims: item.Claims}
}

// linkLocal is the link-local address of an interface, where it is the one in
// the ledger; all others VPP made itself.
func (interfaceAddress) linkLocal(ctx context.Context, v *state.View, name string, index uint32) (netip.Prefix, error) {
	id, noted := v.Ledger().Find(KindInterfaceAddress, linkLocalAlias(name))
	if !noted {
		return netip.Prefix{}, nil
	}
	r, err := linkLocalGet.Call(ctx, v.Caller(), &swIfIndex{index})
	switch {
	case lacks(err): // the ledger is all there is
		_, text, _ := strings.Cut(id.Key, " ")
		return netip.ParsePrefix(text)
	case refusedByVPP(err):
		return netip.Prefix{}, nil // without IPv6 it has none
	case err != nil:
		return netip.Prefix{}, err
	}
	p := netip.PrefixFrom(r.IP, r.IP.BitLen())
	if InterfaceAddressID(name, p) != id {
		return netip.Prefix{}, nil
	}
	return p, nil
}

func linkLocalAlias(name string) string { return "link-local " + name }

// addressesOf are the addresses of an interface of a family, as VPP shows them.
func addressesOf(ctx context.Context, c vpp.Caller, index uint32, ip6 bool) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for d, err := range addressDump.Dump(ctx, c, &addressDumpRequest{index, ip6}) {
		if err != nil {
			return nil, err
		}
		if d.SwIfIndex == index {
			list = append(list, d.Prefix)
		}
	}
	return list, nil
}

func (k interfaceAddress) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		name, text, _ := strings.Cut(op.ID.Key, " ")
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return state.Result{Err: err}
		}
		index, there, err := onInterface(v, op)
		switch {
		case err != nil:
			return state.Result{Err: err}
		case !there:
			return state.Result{Err: v.Ledger().Delete(op.ID)}
		case op.Verb == state.Delete:
			return state.Result{Err: k.remove(ctx, v, op.ID, index, p), Disturbs: disturbed(op.Have, p)}
		}
		return state.Result{Err: k.add(ctx, v, op, name, index, p), Disturbs: disturbed(op.Want, p)}
	})
}

// disturbed are the routes that VPP prefers the address to, or did.
func disturbed(value any, p netip.Prefix) []state.ID {
	vrf := valueOf[InterfaceAddress](value).VRF
	host := netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
	return []state.ID{RouteID(vrf, p.Masked()), RouteID(vrf, host)}
}

// add puts an address on an interface. Where others share that, or VPP will not
// show the address, the ledger says that it is ours.
func (interfaceAddress) add(ctx context.Context, v *state.View, op *state.Op, name string, index uint32, p netip.Prefix) error {
	if err := endBorrowing(ctx, v, index); err != nil {
		return err
	}
	local := linkLocal(p)
	if !local {
		there, err := addressesOf(ctx, v.Caller(), index, p.Addr().Is6())
		if err != nil {
			return err
		}
		if slices.Contains(there, p) {
			if shared(v, name) {
				return v.Ledger().Put(op.ID, state.Entry{})
			}
			return nil
		}
	}
	if local || shared(v, name) {
		e := state.Entry{}
		if local {
			e.Alias = linkLocalAlias(name)
		}
		if err := v.Ledger().Put(op.ID, e); err != nil {
			return err
		}
	}
	_, err := addressAddDel.Call(ctx, v.Caller(), &addressRequest{SwIfIndex: index, IsAdd: true, Prefix: p})
	if refusedWith(err, retAddressInUse, retAddressTwice) {
		err = addHidden(ctx, v, index, p, err)
	}
	if err == nil || outcomeUnknown(err) {
		return err
	}
	if e := v.Ledger().Delete(op.ID); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// endBorrowing has an interface use its own addresses, which ours have been told
// to before: it is somebody else who had it borrow. VPP would add an address to the
// lender's, and where the lender is gone would never come to the end of those.
func endBorrowing(ctx context.Context, v *state.View, index uint32) error {
	for d, err := range unnumberedDump.Dump(ctx, v.Caller(), &swIfIndex{index}) {
		if err != nil {
			return err
		}
		if d.SwIfIndex == index {
			return giveBack(ctx, v, index)
		}
	}
	return nil
}

// addHidden adds an address that VPP has refused. It may be the interface's
// without being shown there: it was when somebody had the interface, or one that
// had its index, borrow the addresses of another, or was added meanwhile. Then
// VPP lets it be taken away, and of this interface only.
func addHidden(ctx context.Context, v *state.View, index uint32, p netip.Prefix, refusal error) error {
	if _, err := addressAddDel.Call(ctx, v.Caller(), &addressRequest{SwIfIndex: index, Prefix: p}); err != nil {
		if refusedByVPP(err) {
			return addressHolder(ctx, v, index, p, refusal)
		}
		return err
	}
	_, err := addressAddDel.Call(ctx, v.Caller(), &addressRequest{SwIfIndex: index, IsAdd: true, Prefix: p})
	return err
}

// addressHolder finds the interface that has an address, or one inside the
// same subnet, which VPP refuses likewise.
func addressHolder(ctx context.Context, v *state.View, index uint32, p netip.Prefix, refusal error) error {
	ip6 := p.Addr().Is6()
	table, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{index, ip6})
	if err != nil {
		return refusal
	}
	details, err := allInterfaces(ctx, v.Caller())
	if err != nil {
		return refusal
	}
	for _, d := range details {
		t, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{d.SwIfIndex, ip6})
		if err != nil || t.VrfID != table.VrfID {
			continue
		}
		there, err := addressesOf(ctx, v.Caller(), d.SwIfIndex, ip6)
		if err != nil {
			continue
		}
		for _, h := range there {
			if h.Overlaps(p) {
				return fmt.Errorf("%w (%w)", &state.ConflictError{
					With: fmt.Sprintf("interface %s with address %s", d.InterfaceName, h),
				}, refusal)
			}
		}
	}
	return refusal
}

// remove takes an address off. VPP ignores the length, and with a wrong one
// takes away another address by halves: so it is looked for first. One that is
// not shown may be there all the same, where the interface was made to borrow
// meanwhile. A link-local one cannot be taken off: VPP's own takes its place.
func (interfaceAddress) remove(ctx context.Context, v *state.View, id state.ID, index uint32, p netip.Prefix) error {
	if linkLocal(p) {
		return restoreLinkLocal(ctx, v, id, index, p)
	}
	there, err := addressesOf(ctx, v.Caller(), index, p.Addr().Is6())
	if err != nil {
		return err
	}
	otherLength := func(a netip.Prefix) bool { return a != p && a.Addr() == p.Addr() }
	if !slices.ContainsFunc(there, otherLength) {
		_, err := addressAddDel.Call(ctx, v.Caller(), &addressRequest{SwIfIndex: index, Prefix: p})
		if err != nil && !refusedWith(err, retNoSuchIndex, retNoSuchAddress, retNoSuchEntry) {
			return err
		}
	}
	return v.Ledger().Delete(id)
}

func restoreLinkLocal(ctx context.Context, v *state.View, id state.ID, index uint32, p netip.Prefix) error {
	r, err := linkLocalGet.Call(ctx, v.Caller(), &swIfIndex{index})
	if err == nil && r.IP == p.Addr() {
		var d *interfaceDetails
		if d, err = oneInterface(ctx, v.Caller(), index); err == nil && d != nil {
			_, err = linkLocalSet.Call(ctx, v.Caller(), &linkLocalRequest{index, linkLocalOf(d.L2Address)})
		}
	}
	if err != nil && !lacks(err) && !refusedByVPP(err) {
		return err
	}
	return v.Ledger().Delete(id)
}

// linkLocalOf is the link-local address of a MAC address (RFC 4291, appendix A).
func linkLocalOf(m MAC) netip.Addr {
	return netip.AddrFrom16([16]byte{
		0: 0xfe, 1: 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5],
	})
}
