package state_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

var randomSeed = flag.Uint64("random.seed", 1, "seed of TestRandom; 0 for new ones")

// maze is a world in which things really hang on each other. What a thing
// needs and claims is written in its value, as "x:1<Base~b0!c1"; the claims of a
// Leaf are not.
type maze struct {
	*world
	rig   *rig
	chaos bool
	rand  *rand.Rand
	// boots is in which boot a session began: what comes late is lost.
	boots map[*state.View]int
	// hangs is on which incarnation of its needs a thing hangs.
	hangs map[state.ID][]uint32
	wrong []string
}

// nap lets some time pass: how things fall into each other is what is tried.
func nap(d time.Duration) { <-time.After(d) }

func needsOf(value string) (needs []state.ID) {
	for _, part := range strings.Split(value, "<")[1:] {
		text, _, _ := strings.Cut(part, "!")
		text, _, _ = strings.Cut(text, ":")
		kind, key, _ := strings.Cut(text, "~")
		needs = append(needs, state.ID{Kind: kind, Key: key})
	}
	return needs
}

func claimsOf(value string) (claims []string) {
	for _, part := range strings.Split(value, "!")[1:] {
		text, _, _ := strings.Cut(part, ":")
		claims = append(claims, text)
	}
	return claims
}

var errLost = fmt.Errorf("late: %w", vpp.ErrDisconnected)

type mazeKind struct {
	fakeKind
	m *maze
}

func (k mazeKind) Read(_ context.Context, v *state.View, found func(state.Found)) error {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	if k.m.boots[v] != k.m.boot {
		return errLost
	}
	if k.m.chaos && k.m.rand.IntN(20) == 0 {
		return errors.New("cut short")
	}
	for id, t := range k.m.things {
		if id.Kind == k.name {
			found(state.Found{
				ID: id, Value: t.value, Ours: t.ours, Handle: t.handle, HasHandle: true, Needs: needsOf(t.value), Claims: claimsOf(t.value),
			})
		}
	}
	return nil
}

func (k mazeKind) Apply(_ context.Context, v *state.View, ops []*state.Op) {
	state.Each(ops, func(op *state.Op) state.Result {
		if present, ours := k.m.rig.Knows(op); present && !ours && (op.Verb == state.Delete || !op.Adopt) {
			k.m.mu.Lock()
			k.m.wrong = append(k.m.wrong, fmt.Sprintf("%s of %s, which is not ours", op.Verb, op.ID))
			k.m.mu.Unlock()
		}
		k.m.mu.Lock()
		wait := time.Duration(k.m.rand.IntN(300)) * time.Microsecond
		k.m.mu.Unlock()
		nap(wait)
		return k.m.apply(v, op)
	})
}

func (m *maze) apply(v *state.View, op *state.Op) state.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.boots[v] != m.boot {
		return state.Result{Err: errLost}
	}
	var err error
	if m.chaos {
		switch m.rand.IntN(12) {
		case 0:
			return state.Result{Err: &vpp.RetvalError{Retval: -1}}
		case 1:
			return state.Result{Err: fmt.Errorf("not done: %w", vpp.ErrUnknown)}
		case 2:
			err = fmt.Errorf("done: %w", vpp.ErrUnknown)
		}
	}
	t, there := m.things[op.ID]
	if op.Verb == state.Delete {
		if there && t.ours {
			m.remove(op.ID)
		}
		return state.Result{Err: err}
	}
	if there && !t.ours && !op.Adopt {
		return state.Result{Err: &state.ConflictError{With: "somebody"}}
	}
	if !there && op.Verb == state.Update {
		return state.Result{Err: errors.New("no such thing")}
	}
	t.value, _ = op.Want.(string)
	for _, need := range needsOf(t.value) {
		if _, ok := m.things[need]; !ok {
			return state.Result{Err: &state.WaitError{For: need.String()}}
		}
	}
	if !there {
		m.next++
		t.handle = m.next
	}
	t.ours = true
	m.put(op.ID, t)
	return state.Result{Err: err, Handle: t.handle, HasHandle: true}
}

func (m *maze) put(id state.ID, t thing) {
	m.things[id] = t
	m.hangs[id] = nil
	for _, need := range needsOf(t.value) {
		m.hangs[id] = append(m.hangs[id], m.things[need].handle)
	}
}

// remove takes along what does not outlive what it hangs on.
func (m *maze) remove(id state.ID) {
	delete(m.things, id)
	for other, t := range m.things {
		if other.Kind != "Leaf" && slices.Contains(needsOf(t.value), id) {
			m.remove(other)
		}
	}
}

// model is what is wanted, and in whose name.
type model struct {
	specs   map[string]state.Spec
	secrets map[state.ID]string
}

// holds is what VPP should hold in the end of what is wanted.
func (d *model) holds(foreign map[state.ID]thing) map[state.ID]string {
	type wish struct {
		state.Item
		object string
		since  time.Time
	}
	var wishes []wish
	first := map[string]string{}
	objects := slices.SortedFunc(maps.Keys(d.specs), func(a, b string) int {
		if c := d.specs[a].Since.Compare(d.specs[b].Since); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, o := range objects {
		s := d.specs[o]
		if _, taken := first[s.Name]; taken {
			continue
		}
		first[s.Name] = o
		items := slices.Clone(s.Items)
		slices.SortFunc(items, func(a, b state.Item) int { return strings.Compare(a.ID.String(), b.ID.String()) })
		for _, i := range items {
			wishes = append(wishes, wish{i, o, s.Since})
		}
	}
	won, claimed := map[state.ID]state.Item{}, map[string]bool{}
	for _, w := range wishes {
		_, taken := won[w.ID]
		if taken || slices.ContainsFunc(w.Claims, func(c string) bool {
			alone, shared := strings.CutPrefix(c, state.Shared(""))
			return claimed[alone] || !shared && claimed[state.Shared(c)]
		}) {
			continue
		}
		won[w.ID] = w.Item
		for _, c := range w.Claims {
			claimed[c] = true
		}
	}
	for id, w := range won {
		if f := w.Fallback; f != nil {
			if _, ok := won[f.Unwanted]; !ok {
				w.Value, w.Needs = f.Value, f.Needs
				won[id] = w
			}
		}
	}
	holds := map[state.ID]string{}
	for id, t := range foreign {
		if w, ok := won[id]; !ok {
			holds[id] = t.value
		} else if !w.Adopt {
			holds[id] = t.value
			delete(won, id)
			won[id] = state.Item{ID: id, Needs: []state.ID{{Kind: "never"}}}
		}
	}
	for more := true; more; {
		more = false
		for id, w := range won {
			if _, ok := holds[id]; ok {
				continue
			}
			ready := true
			for _, n := range w.Needs {
				_, there := holds[n]
				if _, ok := won[n]; ok && there && foreign[n].handle != 0 && !won[n].Adopt {
					there = false // wanted, and somebody else's
				}
				_, secret := d.secrets[n]
				ready = ready && (there || secret)
			}
			if ready {
				holds[id], _ = w.Value.(string)
				more = true
			}
		}
	}
	// What is to be adopted and lacks a need stays what it was.
	for id, t := range foreign {
		if _, ok := holds[id]; !ok {
			holds[id] = t.value
		}
	}
	return holds
}

func newMaze(t *testing.T, seed uint64) *maze {
	t.Helper()
	m := &maze{
		world: newWorld(), chaos: true, rand: rand.New(rand.NewPCG(seed, 0)),
		boots: map[*state.View]int{}, hangs: map[state.ID][]uint32{},
	}
	m.rig = newRigOn(t, m.world, vpptest.Start(t), func(o *state.Options) {
		for i, k := range o.Kinds {
			if k, ok := k.(fakeKind); ok {
				o.Kinds[i] = mazeKind{k, m}
			}
		}
		boot := o.Boot
		o.Boot = func(ctx context.Context, v *state.View) (bool, error) {
			fresh, err := boot(ctx, v)
			m.mu.Lock()
			defer m.mu.Unlock()
			m.boots[v] = m.boot
			return fresh, err
		}
		o.CrashWindow = 4 * time.Millisecond
	})
	return m
}

// item makes one up.
func item(r *rand.Rand) state.Item {
	value := []string{"x", "y"}[r.IntN(2)]
	var i state.Item
	need := func(kind string, n int) {
		id := state.ID{Kind: kind, Key: strings.ToLower(kind[:1]) + fmt.Sprint(n)}
		if slices.Contains(i.Needs, id) {
			return
		}
		i.Needs = append(i.Needs, id)
		value += "<" + kind + "~" + id.Key
	}
	claims := []string{"c0", "c1", "c2"}[:r.IntN(3)]
	for i, c := range claims {
		if r.IntN(2) == 0 {
			claims[i] = state.Shared(c)
		}
	}
	if r.IntN(2) == 0 {
		claims = nil
	}
	i.Adopt = r.IntN(4) == 0
	switch n := r.IntN(3); r.IntN(3) {
	case 0:
		i.ID = state.ID{Kind: "Base", Key: "b" + fmt.Sprint(n)}
		for _, c := range claims {
			value += "!" + c
		}
		i.Claims = claims
		if r.IntN(4) == 0 {
			i.Needs = append(i.Needs, state.ID{Kind: "Secret", Key: "s"})
		}
		value += ":" + fmt.Sprint(r.IntN(2))
	case 1: // moves from base to base in place
		i.ID = state.ID{Kind: "Leaf", Key: "l" + fmt.Sprint(n)}
		value += ":" + fmt.Sprint(r.IntN(2))
		for range r.IntN(3) {
			need("Base", r.IntN(3))
		}
		i.Claims = claims
	default:
		i.ID = state.ID{Kind: "Part", Key: "p" + fmt.Sprint(n)}
		need([]string{"Base", "Leaf"}[r.IntN(2)], r.IntN(3))
		value += ":" + fmt.Sprint(r.IntN(2))
	}
	i.Value = value
	if i.ID.Kind != "Base" && len(i.Needs) > 0 && r.IntN(3) == 0 {
		first := "<" + i.Needs[0].Kind + "~" + i.Needs[0].Key
		i.Fallback = &state.Fallback{Unwanted: i.Needs[0], Value: strings.Replace(value, first, "", 1), Needs: i.Needs[1:]}
	}
	return i
}

// foreignHand does something to VPP.
func (m *maze) foreignHand() {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := item(m.rand)
	t, there := m.things[i.ID]
	value, _ := i.Value.(string)
	switch {
	case !there || m.rand.IntN(3) == 0:
		for _, need := range needsOf(value) {
			if _, ok := m.things[need]; !ok {
				return
			}
		}
		m.remove(i.ID)
		m.next++
		m.put(i.ID, thing{value: value, ours: m.rand.IntN(2) == 0, handle: m.next})
	case m.rand.IntN(3) == 0:
		m.remove(i.ID)
	case m.rand.IntN(3) == 0 && i.ID.Kind != "Leaf":
		t.ours = !t.ours
		m.things[i.ID] = t
	default:
		t.value, _, _ = strings.Cut(t.value, ":")
		if i.ID.Kind != "Leaf" {
			t.value += ":9"
			m.things[i.ID] = t
		}
	}
}

func (m *maze) restart(t *testing.T, fresh bool) {
	m.mu.Lock()
	if fresh {
		clear(m.things)
		clear(m.hangs)
		m.boot++
	}
	m.mu.Unlock()
	if err := m.rig.vpp.Restart(); err != nil {
		t.Error(err)
	}
}

func (m *maze) step(t *testing.T, d *model) string {
	r := m.rand
	m.mu.Lock()
	what, object, age := r.IntN(40), fmt.Sprint("o", r.IntN(4)), int64(r.IntN(3))
	name := object
	if r.IntN(6) == 0 {
		name = "same"
	}
	since := time.Unix(1e9+age, 0)
	if s, ok := d.specs[object]; ok && r.IntN(5) > 0 {
		since, name = s.Since, s.Name
	}
	var items []state.Item
	for range r.IntN(6) {
		if i := item(r); !slices.ContainsFunc(items, func(j state.Item) bool { return i.ID == j.ID }) {
			items = append(items, i)
		}
	}
	flip := r.IntN(2) == 0
	kind := []string{"Base", "Leaf", "Part"}[r.IntN(3)]
	m.mu.Unlock()
	owner := state.Owner{Kind: "Object", Object: object}
	secret := state.ID{Kind: "Secret", Key: "s"}
	switch {
	case what < 14:
		s := state.Spec{Name: name, Since: since, Items: items}
		d.specs[object] = s
		m.rig.Set(owner, s)
		return fmt.Sprintf("set %s %s %d %v", object, name, since.Unix()-1e9, items)
	case what < 18:
		delete(d.specs, object)
		m.rig.Remove(owner)
		return "remove " + object
	case what < 26:
		m.foreignHand()
		return "foreign hand"
	case what < 29:
		m.rig.ResyncNow()
		return "resync"
	case what < 31:
		m.rig.SetPaused(flip)
		return fmt.Sprint("paused ", flip)
	case what < 33:
		m.rig.SetReportOnly(flip)
		return fmt.Sprint("report ", flip)
	case what < 34:
		m.rig.AllowPrune(func(k string) bool { return flip || k == kind })
		return fmt.Sprint("prune ", flip, kind)
	case what < 35:
		m.foreign(func(map[state.ID]thing) {
			delete(m.fail, "probe "+kind)
			if flip {
				m.fail["probe "+kind] = &state.UnsupportedError{Err: vpp.ErrNoMessage}
			}
		})
		m.restart(t, true)
		return fmt.Sprint("unsupported ", flip, kind)
	case what < 36:
		m.restart(t, true)
		return "VPP starts anew"
	case what < 37:
		m.restart(t, false)
		return "reconnect"
	case what < 39:
		version := []string{"1", "2"}[m.number(2)]
		if flip {
			d.secrets[secret] = version
			m.rig.SetExternal(secret, version)
		} else {
			delete(d.secrets, secret)
			m.rig.RemoveExternal(secret)
		}
		return fmt.Sprint("secret ", flip, version)
	default:
		nap(time.Millisecond)
		return "wait"
	}
}

func (m *maze) number(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rand.IntN(n)
}

// differs says how VPP is not yet as it should be.
func (m *maze) differs(d *model) (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	foreign, has := map[state.ID]thing{}, map[state.ID]thing{}
	for id, t := range m.things {
		has[id] = t
		if !t.ours {
			foreign[id] = t
		}
	}
	for id, value := range d.holds(foreign) {
		t, ok := has[id]
		delete(has, id)
		if !ok || t.value != value {
			all = append(all, fmt.Sprintf("%s is %q, want %q", id, t.value, value))
			continue
		}
		for i, need := range needsOf(value) {
			if t.ours && m.hangs[id][i] != m.things[need].handle {
				all = append(all, fmt.Sprintf("%s hangs on a %s that is gone", id, need))
			}
		}
	}
	for id, t := range has {
		all = append(all, fmt.Sprintf("%s is %q, want nothing", id, t.value))
	}
	return append(all, m.wrong...)
}

// settle ends all disturbance and waits until VPP is as it should be.
func (m *maze) settle(t *testing.T, d *model) []string {
	unsupported := false
	m.foreign(func(map[state.ID]thing) {
		m.chaos = false
		unsupported = len(m.fail) > 0
		clear(m.fail)
	})
	if secret := (state.ID{Kind: "Secret", Key: "s"}); len(d.specs) > 0 && d.secrets[secret] == "" {
		d.secrets[secret] = "1" // without it what is there may stay, and keep others from a claim
		m.rig.SetExternal(secret, "1")
	}
	m.rig.SetPaused(false)
	m.rig.SetReportOnly(false)
	m.rig.AllowPrune(func(string) bool { return true })
	if unsupported {
		m.restart(t, true)
	}
	// What is under way may still meet what the foreign hand did.
	end := time.Now().Add(time.Minute) // a bound and no more: a busy machine takes its time
	for quiet := false; !quiet && time.Now().Before(end); nap(time.Millisecond) {
		quiet, _ = m.rig.Audit()
		quiet = quiet && m.rig.Status().Synced
	}
	read, next := m.rig.Status().LastResync.Ended, 0
	m.rig.ResyncNow()
	again := time.Now().Add(time.Second)
	for {
		if now := time.Now(); now.After(again) {
			m.rig.ResyncNow() // a reading says nothing of what was being written meanwhile
			again = now.Add(time.Second)
		}
		quiet, wrong := m.rig.Audit()
		differs := m.differs(d)
		if s := m.rig.Status(); quiet && s.Synced && s.LastResync.Ended.After(read) && len(wrong) == 0 && len(differs) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return append(append(wrong, differs...), fmt.Sprintf("quiet %v, %+v", quiet, m.rig.Status()))
		}
		// VPP was made to die so often that something may rightly be suspected.
		for _, o := range slices.Sorted(maps.Keys(d.specs)) {
			if next++; next > 100 && strings.Contains(m.rig.reasons(o), "Quarantined") {
				s := d.specs[o]
				m.rig.Remove(state.Owner{Kind: "Object", Object: o})
				m.rig.Set(state.Owner{Kind: "Object", Object: o}, s)
				next = 0
			}
		}
		nap(time.Millisecond)
	}
}

// Whatever happens, and in whatever order: when it ends VPP holds what is
// wanted, nothing of somebody else's was touched, every count is right, and of
// what is not wanted any more nothing is kept.
func TestRandom(t *testing.T) {
	t.Parallel()
	seeds := []uint64{*randomSeed, *randomSeed + 1}
	if *randomSeed == 0 {
		seeds = []uint64{rand.Uint64() >> 32, rand.Uint64() >> 32}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newMaze(t, seed)
			m.rig.Begin()
			d := &model{specs: map[string]state.Spec{}, secrets: map[state.ID]string{}}
			var steps []string
			begun := time.Now()
			round := 0
			for ; round < 100 && time.Since(begun) < 4*time.Second; round++ {
				m.foreign(func(map[state.ID]thing) { m.chaos = true })
				steps = steps[:0]
				for range 30 {
					steps = append(steps, m.step(t, d))
					nap(time.Duration(m.number(500)) * time.Microsecond)
				}
				last := round%10 == 9
				if last {
					for o := range d.specs {
						m.rig.Remove(state.Owner{Kind: "Object", Object: o})
					}
					clear(d.specs)
					m.rig.RemoveExternal(state.ID{Kind: "Secret", Key: "s"})
					clear(d.secrets)
					m.foreign(func(things map[state.ID]thing) {
						maps.DeleteFunc(things, func(_ state.ID, t thing) bool { return !t.ours })
					})
				}
				if wrong := m.settle(t, d); wrong != nil {
					var about []string
					for _, k := range []string{"Base b", "Leaf l", "Part p"} {
						for i := range 3 {
							kind, key, _ := strings.Cut(k, " ")
							id := state.ID{Kind: kind, Key: key + fmt.Sprint(i)}
							about = append(about, id.String()+": "+m.rig.Explain(id))
						}
					}
					t.Fatalf("round %d: %s\n%s\nsteps:\n%s", round, strings.Join(wrong, "\n"), strings.Join(about, "\n"), strings.Join(steps, "\n"))
				}
				if got := m.rig.Sizes(); last && got != "0 nodes, 0 claims, 0 owners, 0 names, 0 retries, 0 handles" {
					t.Fatalf("round %d: nothing is wanted, and there are %s", round, got)
				}
			}
			t.Logf("%d rounds", round)
		})
	}
}
