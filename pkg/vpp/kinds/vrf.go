package kinds

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// The kinds of tables, by family.
const (
	KindVRF4 = "VRF4"
	KindVRF6 = "VRF6"
)

// DefaultVRF is the name of the VRF that always exists: table 0.
const DefaultVRF = "default"

// VRFID is the table of a family of a VRF. Its handle is the table's number.
func VRFID(name string, ip6 bool) state.ID {
	if ip6 {
		return state.ID{Kind: KindVRF6, Key: name}
	}
	return state.ID{Kind: KindVRF4, Key: name}
}

// VRF is the value of one family's table of a VRF.
type VRF struct {
	// TableID is VPP's number for the table, never 0.
	TableID uint32
	// FlowHash is what of a packet chooses among paths, 0 for VPP's default. VPP
	// cannot show it.
	FlowHash FlowHash
	// Adopt takes over a table of that number that has another name.
	Adopt bool
	// Shown is the name that VPP has for it; nothing that can be wished for.
	Shown string
	// noted says that FlowHash is what the ledger remembers.
	noted bool
	// released says that VPP only holds it still because something of somebody
	// else's is in it: we have let go of it, and it goes with that.
	released bool
}

// released is the data of a table's entry in the ledger from when it is let go of.
var released = json.RawMessage(`"released"`)

// FlowHash is a set of what goes into a flow hash, with the bits of
// vl_api_ip_flow_hash_config_v2.
type FlowHash uint32

// What goes into a flow hash.
const (
	FlowHashSourceAddress FlowHash = 1 << iota
	FlowHashDestinationAddress
	FlowHashSourcePort
	FlowHashDestinationPort
	FlowHashProtocol
	FlowHashReverse
	FlowHashSymmetric
	FlowHashFlowLabel
	FlowHashGTPv1TEID
)

// Mark stands before a name of ours wherever VPP holds a mark.
const Mark = "vpp-operator/"

// defaultFlowHash is what VPP begins with: addresses, ports and protocol.
const defaultFlowHash = FlowHashSourceAddress | FlowHashDestinationAddress | FlowHashSourcePort |
	FlowHashDestinationPort | FlowHashProtocol

type ipTable struct {
	TableID uint32
	IsIP6   bool
	Name    string
}

type ipTableAddDel struct {
	IsAdd bool
	Table ipTable
}

type ipTableDetails struct{ Table ipTable }

type setIPFlowHash struct {
	TableID        uint32
	AF             uint8
	FlowHashConfig FlowHash
}

type nothing struct{}

type retval struct{ Retval int32 }

var (
	tableAddDel = vpp.NewMethod[ipTableAddDel, retval]("ip_table_add_del")
	tableDump   = vpp.NewMethod[nothing, ipTableDetails]("ip_table_dump")
	setFlowHash = vpp.NewMethod[setIPFlowHash, retval]("set_ip_flow_hash_v3")
)

// vrf is the kind of one family's tables of VRFs.
type vrf struct{ ip6 bool }

// NewVRF is the kind of VRFs' IPv4 or IPv6 tables. A table is ours by its
// name, or, where it was adopted, by the ledger. Table 0 is nobody's.
func NewVRF(ip6 bool) state.Kind { return vrf{ip6} }

func (k vrf) Name() string { return VRFID("", k.ip6).Kind }

func (k vrf) Loss() state.Loss { return state.Cleaned }

func (k vrf) family() string {
	if k.ip6 {
		return "IPv6"
	}
	return "IPv4"
}

// Describe implements [state.Describer].
func (k vrf) Describe(key string) string { return k.family() + " table of VRF " + key }

func (k vrf) Probe(c vpp.Caller) error { return probe("", c, tableAddDel, tableDump, setFlowHash) }

func (k vrf) Read(ctx context.Context, v *state.View, found func(state.Found)) error {
	for d, err := range tableDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		if d.Table.IsIP6 == k.ip6 {
			found(k.found(v, d.Table))
		}
	}
	return nil
}

// found tells what a table is.
func (k vrf) found(v *state.View, t ipTable) state.Found {
	f := state.Found{
		ID: VRFID(foreignKey(strconv.FormatUint(uint64(t.TableID), 10)), k.ip6), Value: VRF{TableID: t.TableID, Shown: t.Name},
		Handle: t.TableID, HasHandle: true, Claims: []string{TableClaim(t.TableID, k.ip6)},
	}
	name, marked := strings.CutPrefix(t.Name, Mark)
	adopted, noted := v.Ledger().Find(k.Name(), strconv.FormatUint(uint64(t.TableID), 10))
	switch {
	case t.TableID == 0:
		f.ID, f.Claims, f.Builtin = VRFID(DefaultVRF, k.ip6), nil, true
	case marked:
		f.ID, f.Ours = VRFID(name, k.ip6), true
	case noted:
		f.ID, f.Ours = adopted, true
	}
	if e, ok := v.Ledger().Get(f.ID); ok && f.Ours {
		value := VRF{TableID: t.TableID, Shown: t.Name, released: e.Data != nil}
		if hash, err := strconv.ParseUint(e.Digest, 10, 32); err == nil {
			value.FlowHash, value.noted = FlowHash(hash), true
		}
		f.Value, f.Unverified = value, unverified(value.FlowHash)
	}
	return f
}

func unverified(hash FlowHash) []string {
	if hash == 0 {
		return nil
	}
	return []string{"flowHash"}
}

// TableClaim is that a table can be of one VRF only.
func TableClaim(id uint32, ip6 bool) string {
	if ip6 {
		return fmt.Sprintf("IPv6 table %d", id)
	}
	return fmt.Sprintf("IPv4 table %d", id)
}

func (k vrf) Compare(want, have, applied any) state.Difference {
	w, h := valueOf[VRF](want), valueOf[VRF](have)
	if w.TableID != h.TableID {
		return state.Difference{Change: state.Recreate, Fields: []string{"tableID"}}
	}
	if h.released {
		return state.Difference{Change: state.InPlace, Fields: []string{"tableID"}}
	}
	if a, ok := applied.(VRF); ok {
		h.FlowHash, h.noted = a.FlowHash, true
	}
	if h.noted && h.FlowHash != w.FlowHash {
		return state.Difference{Change: state.InPlace, Fields: []string{"flowHash"}}
	}
	return state.Difference{}
}

func (k vrf) Apply(ctx context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		switch op.Verb {
		case state.Create:
			return k.create(ctx, v, op)
		case state.Update:
			return k.update(ctx, v, op)
		default:
			return k.delete(ctx, v, op)
		}
	})
}

// create makes the table. Adding one that exists is answered with 0 and would
// keep its name, so it is looked for first.
func (k vrf) create(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want := valueOf[VRF](op.Want)
	table := ipTable{TableID: want.TableID, IsIP6: k.ip6, Name: Mark + op.ID.Key}
	there, err := k.find(ctx, v, want.TableID)
	switch {
	case err != nil:
		return state.Result{Err: err}
	case there == nil:
		_, err = tableAddDel.Call(ctx, v.Caller(), &ipTableAddDel{IsAdd: true, Table: table})
	case there.Name == table.Name:
	case op.Adopt:
		table.Name = there.Name
		err = v.Ledger().Put(op.ID, state.Entry{Alias: strconv.FormatUint(uint64(want.TableID), 10), Digest: "0"})
	default:
		err = &state.ConflictError{With: fmt.Sprintf("table %d named %q, made by somebody else,", there.TableID, there.Name)}
	}
	if err != nil {
		return state.Result{Err: err}
	}
	if want.FlowHash != 0 {
		err = k.setFlowHash(ctx, v, want)
	}
	return k.result(v, op.ID, want, table.Name, err)
}

func (k vrf) update(ctx context.Context, v *state.View, op *state.Op) state.Result {
	want, have := valueOf[VRF](op.Want), valueOf[VRF](op.Have)
	if have.released {
		table := ipTable{TableID: want.TableID, IsIP6: k.ip6, Name: have.Shown}
		if _, err := tableAddDel.Call(ctx, v.Caller(), &ipTableAddDel{IsAdd: true, Table: table}); err != nil {
			return state.Result{Err: err}
		}
	}
	return k.result(v, op.ID, want, have.Shown, k.setFlowHash(ctx, v, want))
}

// result is that there is a table, whatever became of its flow hash, which
// only the ledger remembers.
func (k vrf) result(v *state.View, id state.ID, want VRF, name string, err error) state.Result {
	have := VRF{TableID: want.TableID, Shown: name}
	if err == nil {
		e, _ := v.Ledger().Get(id)
		e.Digest, e.Data = strconv.FormatUint(uint64(want.FlowHash), 10), nil
		have.FlowHash, have.noted = want.FlowHash, true
		err = v.Ledger().Put(id, e)
	}
	return state.Result{Err: err, Handle: want.TableID, HasHandle: true, Have: have, Unverified: unverified(have.FlowHash)}
}

func (k vrf) setFlowHash(ctx context.Context, v *state.View, want VRF) error {
	q := setIPFlowHash{TableID: want.TableID, FlowHashConfig: want.FlowHash}
	if want.FlowHash == 0 {
		q.FlowHashConfig = defaultFlowHash
	}
	if k.ip6 {
		q.AF = 1
	}
	_, err := setFlowHash.Call(ctx, v.Caller(), &q)
	return err
}

// delete lets go of the table. VPP says yes also where something keeps it
// alive, so it is looked for afterwards. One that was adopted stays.
func (k vrf) delete(ctx context.Context, v *state.View, op *state.Op) state.Result {
	have := valueOf[VRF](op.Have)
	e, _ := v.Ledger().Get(op.ID)
	if e.Alias != "" { // it was adopted
		return state.Result{Err: v.Ledger().Delete(op.ID)}
	}
	there, err := k.find(ctx, v, have.TableID)
	if err != nil {
		return state.Result{Err: err}
	}
	if there == nil || there.Name != Mark+op.ID.Key {
		return state.Result{Err: v.Ledger().Delete(op.ID)}
	}
	if e.Data == nil {
		e.Data = released
		if err := v.Ledger().Put(op.ID, e); err != nil {
			return state.Result{Err: err}
		}
	}
	if _, err := tableAddDel.Call(ctx, v.Caller(), &ipTableAddDel{Table: ipTable{TableID: have.TableID, IsIP6: k.ip6}}); err != nil {
		return state.Result{Err: err}
	}
	there, err = k.find(ctx, v, have.TableID)
	switch {
	case err != nil:
		return state.Result{Err: err}
	case there != nil:
		have.released = true
		return state.Result{Have: have, Err: fmt.Errorf("%s table %d is still used by something that somebody else made", k.family(), have.TableID)}
	}
	return state.Result{Err: v.Ledger().Delete(op.ID)}
}

// find looks for a table of a number.
func (k vrf) find(ctx context.Context, v *state.View, id uint32) (*ipTable, error) {
	for d, err := range tableDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return nil, err
		}
		if d.Table.IsIP6 == k.ip6 && d.Table.TableID == id {
			return &d.Table, nil
		}
	}
	return nil, nil //nolint:nilnil // it is not there
}
