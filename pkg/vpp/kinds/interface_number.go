package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// kindNumber is the kind of entries in the ledger that keep the number of an
// interface that the agent chose, beyond the boot of VPP. The alias is the VPP
// name, so that no two get one number.
const kindNumber = "InterfaceNumber"

func numberID(name string) state.ID { return state.ID{Kind: kindNumber, Key: name} }

// choice chooses the number of an interface.
type choice struct {
	view *state.View
	name string
	// free is true where the number is ours to choose.
	free  bool
	lock  *sync.Mutex
	kept  bool // the kept number has still to be tried
	from  uint32
	taken map[string]bool // claims
	tries int
}

// maxTries bounds how many numbers are tried that VPP says are taken.
const maxTries = 8

func (k iface) choose(v *state.View, want *Interface) *choice {
	c := &choice{view: v, name: want.Name, lock: k.choosing}
	if t, ok := want.Type.(numbered); ok {
		n, first, _ := t.number()
		c.free, c.kept, c.from = !n.Given, true, first
	}
	return c
}

// next puts the next number to try into an interface.
func (c *choice) next(i *Interface) error {
	t, ok := i.Type.(numbered)
	if !ok || !c.free {
		if c.tries++; c.tries > 1 {
			return fmt.Errorf("interface %s: VPP refuses it without a reason that can be found", c.name)
		}
		return nil
	}
	if c.tries++; c.tries > maxTries {
		return fmt.Errorf("interface %s: %d numbers in a row were taken in VPP meanwhile", c.name, maxTries)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.kept {
		c.kept = false
		if n, ok := keptNumber(c.view, c.name); ok && !slices.ContainsFunc(numberClaims(t, n), c.view.Wanted) {
			i.Type = t.withNumber(Number{n, true})
			return nil
		}
	}
	_, _, last := t.number()
	for n := c.from; n <= last; n++ {
		named := t.withNumber(Number{n, true})
		if slices.ContainsFunc(numberClaims(t, n), func(claim string) bool {
			return c.taken[claim] || c.view.Wanted(claim) // a spec gives it to another
		}) {
			continue
		}
		if id, taken := c.view.Ledger().Find(kindNumber, named.vppName()); taken && id.Key != c.name {
			continue
		}
		if id, taken := c.view.Ledger().Find(KindInterface, named.vppName()); taken && id.Key != c.name {
			continue
		}
		i.Type, c.from = named, n+1
		return keepNumber(c.view, c.name, named.vppName(), n)
	}
	return fmt.Errorf("interface %s: there is no free number", c.name)
}

// avoid has the numbers of interfaces in VPP not tried.
func (c *choice) avoid(list []state.Found) {
	c.taken = map[string]bool{}
	for i := range list {
		for _, claim := range list[i].Claims {
			c.taken[claim] = true
		}
	}
}

// numberClaims are the claims that an interface has by its number.
func numberClaims(t numbered, n uint32) []string {
	bare := (&Interface{Type: t.withNumber(Number{})}).Claims()
	return slices.DeleteFunc((&Interface{Type: t.withNumber(Number{n, true})}).Claims(), func(claim string) bool {
		return slices.Contains(bare, claim)
	})
}

func keptNumber(v *state.View, name string) (n uint32, ok bool) {
	e, ok := v.Ledger().Get(numberID(name))
	if !ok || json.Unmarshal(e.Data, &n) != nil {
		return 0, false
	}
	return n, true
}

func keepNumber(v *state.View, name, vppName string, n uint32) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return v.Ledger().Put(numberID(name), state.Entry{Alias: vppName, Data: data, Kept: true})
}

// numberIn is the number in a VPP name behind a prefix.
func numberIn(vppName, prefix string) Number {
	digits, ok := strings.CutPrefix(vppName, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil {
		return Number{}
	}
	return Number{uint32(n), true}
}

// numberedAs puts the number in a VPP name into a type that has one.
func numberedAs(t InterfaceType, vppName string) InterfaceType {
	n, ok := t.(numbered)
	if !ok {
		return t
	}
	prefix := strings.TrimSuffix(n.withNumber(Number{0, true}).vppName(), "0")
	if number := numberIn(vppName, prefix); number.Given {
		return n.withNumber(number)
	}
	return t
}
