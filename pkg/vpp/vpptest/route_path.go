package vpptest

// Path types and next-hop protocols of the API.
const (
	pathTypeNormal       = 0
	pathTypeLocal        = 1
	pathTypeDrop         = 2
	pathTypeUDPEncap     = 3
	pathTypeBIERImp      = 4
	pathTypeUnreach      = 5
	pathTypeProhibit     = 6
	pathTypeSourceLookup = 7
	pathTypeDVR          = 8
	pathTypeInterfaceRx  = 9
	pathTypeClassify     = 10

	protoIP6      = 1
	protoMPLS     = 2
	protoEthernet = 3
	protoBIER     = 4
)

type (
	mplsLabel struct {
		IsUniform uint8
		Label     uint32
		TTL, Exp  uint8
	}
	wireNextHop struct {
		Address                             address
		ViaLabel, ObjID, ClassifyTableIndex uint32
	}
	wirePath struct {
		SwIfIndex, TableID, RpfID uint32
		Weight, Preference        uint8
		Type, Flags, Proto        uint32
		Nh                        wireNextHop
		NLabels                   uint8
		LabelStack                [16]mplsLabel
	}
)

// pathDecoder follows a path through VPP: what the API reads of it, what the
// FIB makes of it for this route, and which kind of path that is.
type pathDecoder struct {
	fib        *fib
	interfaces *pool[swInterface]
	adding     bool

	w     *wirePath
	nh    address
	sw    uint32
	table *table
	rpfID uint32

	local, drop, deag, rpf bool
}

func (d *pathDecoder) lethal(adding bool, reason string) {
	if adding && d.fib.lethal == "" {
		d.fib.lethal = reason
	}
}

func (d *pathDecoder) decode(w *wirePath) int32 {
	d.w, d.sw, d.rpfID = w, none, none
	if w.Proto > protoBIER {
		return retUnspecified
	}
	switch w.Type {
	case pathTypeDVR, pathTypeInterfaceRx:
		d.sw = w.SwIfIndex
	case pathTypeLocal:
		d.sw, d.local = w.SwIfIndex, true
		if d.sw != none && d.interfaces.get(d.sw) == nil {
			d.lethal(d.adding, "route path LOCAL with an unknown interface")
		}
	case pathTypeDrop:
		d.drop = true
	case pathTypeUnreach, pathTypeProhibit:
	case pathTypeClassify:
		return retNoSuchTable // there are no classify tables here
	case pathTypeUDPEncap:
		d.lethal(d.adding, "route path of UDP encap with an unknown object")
	case pathTypeBIERImp:
		d.lethal(d.adding, "route path of BIER with an unknown object")
	case pathTypeNormal, pathTypeSourceLookup:
		return d.decodeNormal()
	default:
		d.sw = 0 // no case reads it
	}
	return retOK
}

func (d *pathDecoder) decodeNormal() int32 {
	w := d.w
	d.sw = w.SwIfIndex
	switch w.Proto {
	case protoMPLS:
		d.lethal(d.adding, "next hop of protocol MPLS in an IP route")
		return retOK
	case protoBIER:
		return retNoSuchFIB
	case protoEthernet:
		if d.interfaces.get(d.sw) == nil {
			d.lethal(d.adding, "next hop of protocol Ethernet with an unknown interface")
		}
		return retOK
	}
	d.nh = prefix{addr: w.Nh.Address, family: uint8(w.Proto)}.clean().addr
	if w.RpfID != 0 && w.RpfID != none {
		d.rpf, d.rpfID = true, w.RpfID
	}
	if d.sw == none {
		// A recursion or a lookup: the table is looked at only here.
		if d.table = d.fib.find(int(w.Proto), w.TableID); d.table == nil {
			return retNoSuchFIB
		}
		d.deag = d.nh == address{}
	} else if d.interfaces.get(d.sw) == nil {
		return retNoMatchingInterface
	}
	return retOK
}

// fixUp fits the path to its route. What one path says of the route's nature
// holds for those behind it.
func (d *pathDecoder) fixUp(p prefix, flags *entryFlags) {
	if d.nh != (address{}) && d.sw == none && uint32(p.family) == d.w.Proto && d.nh == p.addr {
		d.drop = true // it recurses through itself
	}
	if !d.local && p.isHost() && d.nh == (address{}) && d.sw != none && d.w.Proto != protoEthernet {
		d.nh = p.addr // an attached host: straight to its adjacency
	}
	if *flags&flagLocal != 0 {
		d.local = true
	}
	if d.local {
		*flags |= flagLocal
		if d.sw != none {
			*flags |= flagConnected
		}
	}
}

// path decides the kind, in VPP's order of precedence.
func (d *pathDecoder) path() path {
	w := d.w
	p := path{proto: uint8(w.Proto), weight: max(w.Weight, 1), preference: w.Preference, sw: none}
	if n := min(int(w.NLabels), len(w.LabelStack)); n > 0 {
		p.labels = append(p.labels, w.LabelStack[:n]...)
	}
	switch {
	case d.local:
		p.kind, p.sw, p.nh = pathReceive, d.sw, d.nh
	case w.Type == pathTypeInterfaceRx:
		p.kind, p.sw = pathInterfaceRx, d.sw
	case d.rpf || d.deag:
		p.kind, p.table, p.rpfID = pathDeag, d.table, d.rpfID
		if p.table == nil {
			p.table = d.fib.find(int(w.Proto), 0)
		}
	case w.Type == pathTypeDVR:
		p.kind, p.sw = pathDVR, d.sw
	case w.Type == pathTypeUnreach || w.Type == pathTypeProhibit:
		p.kind, p.action = pathSpecial, uint8(w.Type)
	case d.drop:
		p.kind, p.action = pathSpecial, pathTypeDrop
	case d.sw != none && d.nh == address{}:
		p.kind, p.sw = pathAttached, d.sw
	case d.sw != none:
		p.kind, p.sw, p.nh = pathAttachedNextHop, d.sw, d.nh
	default:
		p.kind, p.nh, p.table = pathRecursive, d.nh, d.table
	}
	return p
}

// encode is what a dump shows of a path: flags and rpf_id are lost.
func (p *path) encode(w *wirePath) {
	*w = wirePath{SwIfIndex: p.sw, Weight: p.weight, Preference: p.preference, Proto: uint32(p.proto)}
	if p.proto <= protoIP6 {
		w.Nh.Address = p.nh
		if p.table != nil {
			w.TableID = p.table.id
		}
	}
	switch p.kind {
	case pathReceive:
		w.Type = pathTypeLocal
	case pathDVR:
		w.Type = pathTypeDVR
	case pathInterfaceRx:
		w.Type = pathTypeInterfaceRx
	case pathSpecial:
		w.Type = uint32(p.action)
	}
	w.NLabels = uint8(len(p.labels))
	for i, l := range p.labels {
		w.LabelStack[i] = mplsLabel{Label: l.Label, TTL: l.TTL, Exp: l.Exp}
	}
}
