package kinds

import "slices"

// original is what VPP had in the fields of an interface before we first wrote
// them: that is put back when a field goes from the spec. What is absent was
// not written. That a note of an interface has it at all, be it empty, tells
// that all was noted since the interface was made or taken over; where it does
// not, as after the ledger was lost, nothing is noted and nothing put back:
// what we once wrote would be taken for VPP's own.
type original struct {
	// MAC is zero where the interface was made with another: only one that is
	// made anew is without.
	MAC  *MAC          `json:"mac,omitempty"`
	MTU  *[4]uint32    `json:"mtu,omitempty"`
	Link *originalLink `json:"link,omitempty"`
	// Made are the fields of its type that it was made with, of those that can be
	// left out: see [optional].
	Made []string `json:"made,omitempty"`
	// Of queues, those that were written.
	RxModes     []queueMode   `json:"rxModes,omitempty"`
	RxPlacement []RxPlacement `json:"rxPlacement,omitempty"`
	TxPlacement []TxPlacement `json:"txPlacement,omitempty"`
}

// originalLink is what the link had, and the MTU of packets, which VPP changes
// along with the link's.
type originalLink struct {
	LinkMTU uint16    `json:"linkMTU"`
	MTU     [4]uint32 `json:"mtu"`
}

// optional is a type with fields that VPP fills in where they are left out, and
// that cannot be changed: those that are given.
type optional interface{ optional() []string }

func optionals(t InterfaceType) []string {
	if o, ok := t.(optional); ok {
		return o.optional()
	}
	return nil
}

// leftOut names the fields of its type that an interface was made with and that
// are no longer wished for.
func (o *original) leftOut(want *Interface) []string {
	if o == nil || want.Shown != nil {
		return nil
	}
	given := optionals(want.Type)
	return slices.DeleteFunc(slices.Clone(o.Made), func(field string) bool { return slices.Contains(given, field) })
}

// due names the fields that are noted and no longer wished for. anew tells that
// one of them takes making the interface anew.
func (o *original) due(want, have *Interface) (f fields, anew bool) {
	if o == nil || want.Shown != nil {
		return nil, false
	}
	mac := o.MAC != nil && want.MAC == MAC{} && !have.member
	f.add("macAddress", mac)
	f.add("mtu", o.MTU != nil && want.MTU == 0)
	f.add("linkMTU", o.Link != nil && want.LinkMTU == 0)
	f.add("rxMode", len(o.RxModes) > 0 && want.RxMode == 0)
	f.add("rxPlacement", slices.ContainsFunc(o.RxPlacement, want.leavesRx))
	f.add("txPlacement", slices.ContainsFunc(o.TxPlacement, want.leavesTx))
	return f, mac && *o.MAC == MAC{}
}

// leavesRx tells whether the place of a receive queue is VPP's to choose.
func (i *Interface) leavesRx(p RxPlacement) bool {
	return !slices.ContainsFunc(i.RxPlacement, func(w RxPlacement) bool { return w.Queue == p.Queue })
}

func (i *Interface) leavesTx(p TxPlacement) bool {
	return !slices.ContainsFunc(i.TxPlacement, func(w TxPlacement) bool { return w.Queue == p.Queue })
}

// remember notes what is about to be written for the first time.
func (o *original) remember(want, have *Interface) {
	differs := commonDifferences(want, have)
	is := func(field string) bool { return slices.Contains(differs, field) }
	if is("macAddress") && o.MAC == nil {
		mac := have.MAC
		o.MAC = &mac
	}
	if is("mtu") && o.MTU == nil {
		mtu := have.mtu
		o.MTU = &mtu
	}
	if is("linkMTU") && o.Link == nil {
		o.Link = &originalLink{have.LinkMTU, have.mtu}
		if o.MTU != nil {
			o.Link.MTU = *o.MTU
		}
	}
	for _, m := range have.modes {
		if is("rxMode") && !slices.ContainsFunc(o.RxModes, func(n queueMode) bool { return n.Queue == m.Queue }) {
			o.RxModes = append(o.RxModes, m)
		}
	}
	for _, p := range have.RxPlacement {
		if rxDiffers(want.RxPlacement, []RxPlacement{p}) && !slices.ContainsFunc(o.RxPlacement, sameRxQueue(p)) {
			o.RxPlacement = append(o.RxPlacement, p)
		}
	}
	for _, p := range have.TxPlacement {
		if txDiffers(want.TxPlacement, []TxPlacement{p}) && !slices.ContainsFunc(o.TxPlacement, sameTxQueue(p)) {
			o.TxPlacement = append(o.TxPlacement, p)
		}
	}
}

func sameRxQueue(p RxPlacement) func(RxPlacement) bool {
	return func(other RxPlacement) bool { return other.Queue == p.Queue }
}

func sameTxQueue(p TxPlacement) func(TxPlacement) bool {
	return func(other TxPlacement) bool { return other.Queue == p.Queue }
}

// back adds to a target what is to be put back.
func (o *original) back(t *target, want, have *Interface) {
	due, anew := o.due(want, have)
	is := func(field string) bool { return slices.Contains(due, field) }
	if is("macAddress") && !anew {
		t.MAC = *o.MAC
	}
	if is("linkMTU") {
		t.LinkMTU = o.Link.LinkMTU
		if want.MTU == 0 {
			t.mtu = &o.Link.MTU
		}
	}
	if is("mtu") && t.mtu == nil {
		mtu := *o.MTU
		if link := uint32(t.LinkMTU); link != 0 {
			mtu[0] = min(mtu[0], link)
		}
		t.mtu = &mtu
	}
	if is("rxMode") {
		t.modes = o.RxModes
	}
	for _, p := range o.RxPlacement {
		if want.leavesRx(p) {
			t.RxPlacement = append(slices.Clip(t.RxPlacement), p)
		}
	}
	for _, p := range o.TxPlacement {
		if want.leavesTx(p) {
			t.TxPlacement = append(slices.Clip(t.TxPlacement), p)
		}
	}
}

// forget takes out what has been put back: from now on it is VPP's and anybody's.
func (o *original) forget(want, have *Interface) {
	due, anew := o.due(want, have)
	for _, field := range due {
		switch field {
		case "macAddress":
			if !anew {
				o.MAC = nil
			}
		case "mtu":
			o.MTU = nil
		case "linkMTU":
			if o.MTU != nil {
				*o.MTU = o.Link.MTU // it was noted as the link's MTU had made it
			}
			o.Link = nil
		case "rxMode":
			o.RxModes = nil
		case "rxPlacement":
			o.RxPlacement = slices.DeleteFunc(slices.Clone(o.RxPlacement), want.leavesRx)
		case "txPlacement":
			o.TxPlacement = slices.DeleteFunc(slices.Clone(o.TxPlacement), want.leavesTx)
		}
	}
}
