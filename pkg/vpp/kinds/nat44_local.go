package kinds

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// VPP receives NAT44's outside addresses by a route to each in the table of every
// outside interface. It counts them by interface, but a table has one route for
// all: with an interface that is outside no more it takes away what the others
// need as well. So one of these is told again that it is outside.

// sourceNAT44 is the FIB source of these routes.
const sourceNAT44 = "nat-low"

// outsides are the places of outside interfaces by the number of their table:
// ours first, and of these the ones that are told again with less disturbance.
func (k nat44Interface) outsides(ctx context.Context, v *state.View) (map[uint32][]place, error) {
	var all []place
	err := k.roles(ctx, v, noIndex, func(at place) {
		if NAT44Role(at.Rest) != NAT44Inside {
			all = append(all, at)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b place) int { // roles tells of outputs last
		return cmp.Compare(theirs(v, a), theirs(v, b))
	})
	tables := map[uint32][]place{}
	for _, at := range all {
		t, err := interfaceGetTable.Call(ctx, v.Caller(), &getTableRequest{SwIfIndex: at.Index})
		switch {
		case refusedByVPP(err): // it has gone
		case err != nil:
			return nil, err
		default:
			tables[t.VrfID] = append(tables[t.VrfID], at)
		}
	}
	return tables, nil
}

// besides are the other outside interfaces in the table of one, as outsides has
// them.
func (k nat44Interface) besides(ctx context.Context, v *state.View, at place) (others []place, err error) {
	tables, err := k.outsides(ctx, v)
	for _, places := range tables {
		if slices.Contains(places, at) {
			others = slices.DeleteFunc(places, func(other place) bool { return other == at })
		}
	}
	return others, err
}

// theirs is 1 for what the ledger does not say to be ours.
func theirs(v *state.View, at place) int {
	if _, ours := v.Ledger().Find(KindNAT44Interface, at.String()); ours {
		return 0
	}
	return 1
}

// lost finds the tables in which an outside address is not received, and for each
// a place that is to be told again.
func (k nat44Interface) lost(ctx context.Context, v *state.View) (map[place]bool, error) {
	tables, err := k.outsides(ctx, v)
	if err != nil || len(tables) == 0 {
		return nil, err
	}
	addresses, err := outsideAddresses(ctx, v)
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	names, err := sources(ctx, v)
	if err != nil {
		return nil, err
	}
	source, known := sourceOf(names, sourceNAT44)
	if !known {
		return nil, nil
	}
	lost := map[place]bool{}
	for table, places := range tables {
		received := map[netip.Addr]bool{}
		for d, err := range routeDump.Dump(ctx, v.Caller(), &ipRouteDump{Src: source, Table: ipTable{TableID: table}}) {
			if err != nil {
				return nil, err
			}
			received[d.Route.Prefix.Addr()] = true
		}
		for _, a := range addresses {
			if received[a] {
				continue
			}
			// A route by a better source, such as that of an interface's own address,
			// hides it.
			prefix := netip.PrefixFrom(a, 32)
			r, err := routeLookup.Call(ctx, v.Caller(), &ipRouteLookup{TableID: table, Exact: 1, Prefix: prefix})
			if err != nil {
				return nil, err
			}
			if r.Retval != 0 || r.Route.Prefix != prefix {
				lost[places[0]] = true
				break
			}
		}
	}
	return lost, nil
}

// outsideAddresses are those that VPP receives: of the pool and of the mappings.
// What is load-balanced has its address from the pool.
func outsideAddresses(ctx context.Context, v *state.View) (list []netip.Addr, err error) {
	for d, err := range nat44Addresses.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		if d.Flags&natTwiceNAT == 0 {
			list = append(list, d.IPAddress)
		}
	}
	for d, err := range nat44Statics.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		if d.ExternalSwIfIndex == noIndex {
			list = append(list, d.ExternalIPAddress)
		}
	}
	for d, err := range nat44Identities.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		if d.SwIfIndex == noIndex {
			list = append(list, d.IPAddress)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list), nil
}

// again tells VPP again that an interface is outside. VPP ends the sessions of a
// table when the last interface in it leaves NAT44, so one that is not inside too
// is that meanwhile. A holder, noIndex for none, is another in the same table,
// which is that for an output interface, where VPP allows no second role.
func (k nat44Interface) again(ctx context.Context, v *state.View, at place, holder uint32) error {
	hold := on1(at.Index, string(NAT44Inside))
	if NAT44Role(at.Rest) == NAT44Output {
		hold.Index = holder
	}
	held := hold.Index == noIndex
	err := k.roles(ctx, v, hold.Index, func(found place) {
		held = held || found == hold || found.Index == hold.Index && NAT44Role(found.Rest) == NAT44Output
	})
	if err != nil {
		return err
	}
	if !held {
		if err := k.set(ctx, v, hold, true); err != nil {
			return err
		}
	}
	if err := k.set(ctx, v, at, false); err != nil && !refusedWith(err, retNoSuchEntry) {
		return err
	}
	if err := k.set(ctx, v, at, true); err != nil || held {
		return err
	}
	return k.set(ctx, v, hold, false)
}
