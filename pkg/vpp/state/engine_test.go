package state_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestNothingBeforeBegin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("a", 0, "Base:b=x")
	r.await("connected", func() bool { return r.Status().Connected })
	r.resyncs()
	wantWritten(t, r.written())
	r.Begin()
	r.awaitReasons("a", "Programmed")
	wantWritten(t, r.written(), "create b")
}

func TestNeedsFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("leaf", 0, "Leaf:l=x <Base:b")
	r.awaitReasons("leaf", "WaitingForDependency: waits for Base b")
	r.set("base", 0, "Base:b=x")
	r.awaitReasons("leaf", "Programmed")
	wantWritten(t, r.written(), "create b", "create l")

	r.drop("base")
	r.awaitReasons("leaf", "WaitingForDependency: waits for Base b")
	r.awaitHolds("")
	wantWritten(t, r.written(), "delete l", "delete b")
}

func TestChangeInPlaceTouchesNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("base", 0, "Base:b=x:1")
	r.set("leaf", 0, "Leaf:l=x <Base:b", "Leaf:m=x <Base:b")
	r.awaitReasons("leaf", "Programmed; Programmed")
	r.written()
	r.set("base", 0, "Base:b=x:2")
	r.awaitHolds("b=x:2 l=x m=x")
	r.awaitReasons("base", "Programmed")
	wantWritten(t, r.written(), "update b")

	// The same again is no work at all.
	r.set("base", 0, "Base:b=x:2")
	r.resyncs()
	wantWritten(t, r.written())
}

func TestRecreatePutsBackWhatHungOnIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("base", 0, "Base:b=x")
	r.set("leaf", 0, "Leaf:l=x <Base:b")
	r.set("part", 0, "Part:p=x <Leaf:l")
	r.awaitReasons("part", "Programmed")
	r.written()
	r.set("base", 0, "Base:b=y")
	r.awaitHolds("b=y l=x p=x")
	r.awaitReasons("part", "Programmed")
	wantWritten(t, r.written(), "delete p", "delete l", "delete b", "create b", "create l", "create p")
	if !slices.Contains(r.seen(), "2 base b type") {
		t.Errorf("events %q do not tell that b was made anew", r.seen())
	}
}

func (r *rig) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

func TestOlderOwnerWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("young", 1, "Base:b=young")
	r.awaitHolds("b=young")
	r.set("old", 2, "Base:b=old")
	r.awaitHolds("b=old")
	r.awaitReasons("young", "Conflict: Object old has it")
	r.awaitReasons("old", "Programmed")
	r.drop("old")
	r.awaitHolds("b=young")
	r.awaitReasons("young", "Programmed")
}

func TestEqualAgeSmallerNameWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("b", 0, "Base:x=b")
	r.set("a", 0, "Base:x=a")
	r.set("c", 0, "Base:x=c")
	r.awaitHolds("x=a")
	r.awaitReasons("b", "Conflict: Object a has it")
	r.awaitReasons("c", "Conflict: Object a has it")
	r.drop("a")
	r.awaitReasons("c", "Conflict: Object b has it")
	r.awaitHolds("x=b")
}

func TestClaims(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("one", 3, "Base:a=x !addr")
	r.set("two", 2, "Base:b=x !addr !other")
	r.set("three", 1, "Base:c=x !other")
	r.awaitReasons("two", "Conflict: Object one has it")
	// What lost one claim does not keep another from those after it.
	r.awaitReasons("three", "Programmed")
	r.awaitHolds("a=x c=x")
	// The claim moves: it is free before the next takes it.
	r.written()
	r.drop("one")
	r.awaitReasons("two", "Programmed")
	r.awaitReasons("three", "Conflict: Object two has it")
	r.awaitHolds("b=x")
	log := r.written()
	if slices.Index(log, "delete a") > slices.Index(log, "create b") || slices.Index(log, "delete c") > slices.Index(log, "create b") {
		t.Errorf("wrote %q: b before its claims were free", log)
	}
}

func TestSharedClaims(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("one", 3, "Base:a=x &addr", "Base:b=x &addr")
	r.set("two", 2, "Base:c=x &addr", "Leaf:d=x !addr")
	r.set("three", 1, "Base:e=x !addr")
	r.awaitReasons("two", "Programmed; Conflict: Object one has it")
	r.awaitReasons("three", "Conflict: Object one has it")
	r.awaitHolds("a=x b=x c=x")
	// All that share it have to go before it is somebody's alone, and that before
	// others share it again.
	r.written()
	r.set("one", 3, "Leaf:d=x !addr")
	r.awaitReasons("one", "Programmed")
	r.awaitReasons("two", "Conflict: Object one has it; Conflict: Object one has it")
	r.awaitHolds("d=x")
	if log := r.written(); len(log) != 4 || log[3] != "create d" {
		t.Errorf("wrote %q: d before its claim was free", log)
	}
	r.set("one", 3, "Base:a=x &addr")
	r.awaitReasons("one", "Programmed")
	r.awaitReasons("two", "Programmed; Conflict: Object one has it")
	r.awaitHolds("a=x c=x")
	if log := r.written(); len(log) != 3 || log[0] != "delete d" {
		t.Errorf("wrote %q: d has to go first", log)
	}
}

// What is on its way has its claims already: one that stands against it waits
// until it is there, and gone again.
func TestClaimOfWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, claims := range map[string][2]string{"shared": {"&addr", "!addr"}, "alone": {"!addr", "&addr"}, "both alone": {"!addr", "!addr"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, refused := range []bool{false, true} {
				r := newRig(t)
				r.begun, r.resume = make(chan string), make(chan struct{})
				if refused {
					r.refuse("create a")
				}
				r.Begin()
				step := func(want string) {
					t.Helper()
					if got := <-r.begun; got != want {
						t.Errorf("began %s, want %s", got, want)
					}
				}
				r.set("one", 0, "Base:a=x "+claims[0])
				step("create a")
				r.set("one", 0, "Base:b=x "+claims[1])
				r.await("b waits", func() bool { return strings.HasPrefix(r.reasons("one"), "WaitingForDependency") })
				r.resume <- struct{}{}
				if !refused {
					step("delete a")
					r.resume <- struct{}{}
				}
				step("create b")
				r.resume <- struct{}{}
				r.awaitHolds("b=x")
				r.awaitReasons("one", "Programmed")
			}
		})
	}
}

func TestNameTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	set := func(object string, items ...state.Item) {
		r.Set(state.Owner{Kind: "Object", Object: object}, state.Spec{Name: "same", Items: items})
	}
	set("z", state.Item{ID: parseID("Base:same"), Value: "z"}, state.Item{ID: parseID("Part:z"), Value: "z", Needs: []state.ID{parseID("Base:same")}})
	r.awaitHolds("same=z z=z")
	set("a", state.Item{ID: parseID("Base:same"), Value: "a"}, state.Item{ID: parseID("Part:a"), Value: "a", Needs: []state.ID{parseID("Base:same")}})
	// Not only the identity they share: nothing of the loser is in VPP.
	r.awaitHolds("a=a same=a")
	r.awaitReasons("z", "Conflict: Object a has it; Conflict: Object a has it")
	r.drop("a")
	r.awaitHolds("same=z z=z")
}

func TestForeignIsNotTouched(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.foreign(func(m map[state.ID]thing) {
		m[parseID("Base:theirs")] = thing{value: "x"}
		m[parseID("Base:wanted")] = thing{value: "x"}
		m[parseID("Base:taken")] = thing{value: "y:1"}
	})
	r.set("o", 0, "Base:wanted=x", "Base:taken=y:2 +")
	r.Begin()
	r.AllowPrune(func(string) bool { return true })
	r.awaitReasons("o", "Conflict: something in VPP that somebody else made has it; Programmed")
	wantWritten(t, r.written(), "update taken")
	if c := r.Status().Counts["Base"]; c.Foreign != 1 || c.Failed != 1 || c.Done != 1 {
		t.Errorf("counts %+v", c)
	}
	r.drop("o")
	r.awaitHolds("theirs=x wanted=x")
	wantWritten(t, r.written(), "delete taken")
}

func TestPruneOnlyWhenAllowed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.foreign(func(m map[state.ID]thing) {
		m[parseID("Base:b")] = thing{value: "x", ours: true}
		m[parseID("Leaf:l")] = thing{value: "x", ours: true, needs: []state.ID{parseID("Base:b")}}
		m[parseID("Part:p")] = thing{value: "x", ours: true}
	})
	r.Begin()
	r.await("synced", func() bool { return r.Status().Synced })
	if s := r.Status(); s.LeftoverCount != 3 || s.Leftovers[0].Message != "not all objects are known yet" {
		t.Errorf("leftovers %d %+v", s.LeftoverCount, s.Leftovers)
	}
	r.AllowPrune(func(kind string) bool { return kind != "Part" })
	r.awaitHolds("p=x")
	wantWritten(t, r.written(), "delete l", "delete b")
}

func TestRefusedIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fail["create b"] = errors.New("refused so")
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "RejectedByVPP: refused so; WaitingForDependency: waits for Base b")
	r.foreign(func(map[state.ID]thing) { delete(r.fail, "create b") })
	r.awaitReasons("o", "Programmed; Programmed")
	if got := r.seen(); !slices.Contains(got, "4 o b ") {
		t.Errorf("events %q do not tell of the refusal", got)
	}
}

func TestUnknownIsReadBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fail["create b"] = fmt.Errorf("unknown to us: %w", vpp.ErrUnknown)
	r.Begin()
	r.set("o", 0, "Base:b=x")
	r.awaitReasons("o", "Programmed")
	wantWritten(t, r.written(), "create b") // once: reading showed that it was done
}

func TestUnsupportedKind(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fail["probe Leaf"] = &state.UnsupportedError{Plugin: "leaf_plugin.so", Err: vpp.ErrNoMessage}
	r := newRigOn(t, w, newRig(t).vpp)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Unsupported: this VPP lacks plugin leaf_plugin.so: no such message")
}

func TestDriftIsRepaired(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x:1", "Leaf:l=x <Base:b", "Part:p=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed; Programmed")
	r.written()
	r.foreign(func(m map[state.ID]thing) {
		b := m[parseID("Base:b")]
		b.value = "x:9"
		m[parseID("Base:b")] = b
		delete(m, parseID("Part:p"))
		m[parseID("Part:extra")] = thing{value: "x", ours: true}
	})
	r.AllowPrune(func(string) bool { return true })
	r.resyncs()
	r.awaitHolds("b=x:1 l=x p=x")
	got := r.written()
	slices.Sort(got)
	wantWritten(t, got, "create p", "delete extra", "update b")
	if c := r.Status().LastResync.Corrected; c["Base"] != 1 || c["Part"] != 1 {
		t.Errorf("corrected %v", c)
	}
}

func TestReportModeOnlyTells(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x:1", "Part:p=x")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	r.SetReportOnly(true)
	r.foreign(func(m map[state.ID]thing) {
		b := m[parseID("Base:b")]
		b.value = "x:9"
		m[parseID("Base:b")] = b
		delete(m, parseID("Part:p"))
	})
	r.resyncs()
	r.awaitReasons("o", "Drifted: VPP differs in value; Drifted: VPP differs in presence")
	wantWritten(t, r.written())
	// A spec is still carried out.
	r.set("n", 0, "Part:q=x")
	r.awaitReasons("n", "Programmed")
	r.SetReportOnly(false)
	r.awaitReasons("o", "Programmed; Programmed")
	r.awaitHolds("b=x:1 p=x q=x")
}

// A foreign hand deletes what others hang on: what outlives it is taken away
// before anything takes its place, what went with it is made anew.
func TestNeedDeletedByForeignHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b", "Part:p=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed; Programmed")
	r.written()
	r.foreign(func(m map[state.ID]thing) {
		delete(m, parseID("Base:b"))
		delete(m, parseID("Part:p"))
	})
	r.resyncs()
	r.awaitReasons("o", "Programmed; Programmed; Programmed")
	log := r.written()
	if slices.Index(log, "delete l") < 0 || slices.Index(log, "delete l") > slices.Index(log, "create l") {
		t.Errorf("wrote %q: the stale leaf was not taken away first", log)
	}
	if slices.Contains(log, "delete p") {
		t.Errorf("wrote %q: what is gone was deleted", log)
	}
	r.awaitHolds("b=x l=x p=x")
}

// Somebody deleted a base and made another of the same name in its place.
func TestNeedReplacedByForeignHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	r.foreign(func(m map[state.ID]thing) { m[parseID("Base:b")] = thing{value: "x", ours: true, handle: 99} })
	r.resyncs()
	r.await("the leaf was made anew", func() bool {
		r.world.mu.Lock()
		defer r.world.mu.Unlock()
		return slices.Equal(r.log, []string{"delete l", "create l"})
	})
}

func TestVPPRestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	r.foreign(func(m map[state.ID]thing) {
		clear(m)
		r.boot++
	})
	if err := r.vpp.Restart(); err != nil {
		t.Fatal(err)
	}
	r.await("rebuilt", func() bool { return r.holds() == "b=x l=x" && r.Status().Synced })
	wantWritten(t, r.written(), "create b", "create l")
}

func TestReconnectToTheSameBootWritesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	epoch := r.Status().Epoch
	if err := r.vpp.Restart(); err != nil {
		t.Fatal(err)
	}
	r.await("connected again", func() bool { s := r.Status(); return s.Epoch > epoch && s.Synced })
	r.awaitReasons("o", "Programmed; Programmed")
	wantWritten(t, r.written())
}

func TestDisconnected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x")
	r.awaitReasons("o", "Programmed")
	r.vpp.Stop()
	r.awaitReasons("o", "VPPDisconnected: no session with VPP")
	if s := r.Status(); s.Connected || s.Synced {
		t.Errorf("status %+v", s)
	}
}

// A failed reading is not an empty one.
func TestUnreadableChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.AllowPrune(func(string) bool { return true })
	r.set("o", 0, "Base:b=x", "Leaf:l=x <Base:b")
	r.awaitReasons("o", "Programmed; Programmed")
	r.written()
	r.foreign(func(map[state.ID]thing) { r.blind["Leaf"] = errors.New("cut short") })
	r.ResyncNow()
	r.await("told", func() bool {
		err := r.Status().Err
		return err != nil && strings.Contains(err.Error(), "read Leaf: cut short")
	})
	wantWritten(t, r.written())
	r.foreign(func(map[state.ID]thing) { delete(r.blind, "Leaf") })
	r.await("read again", func() bool { return r.Status().Err == nil })
	wantWritten(t, r.written())
}

func TestPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x:1")
	r.awaitReasons("o", "Programmed")
	r.SetPaused(true)
	r.written()
	r.set("o", 0, "Base:b=x:2", "Base:c=x")
	r.resyncs()
	wantWritten(t, r.written())
	r.SetPaused(false)
	r.awaitHolds("b=x:2 c=x")
}

func TestExternalNeed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x <Secret:s")
	r.awaitReasons("o", "WaitingForDependency: waits for Secret s")
	r.SetExternal(parseID("Secret:s"), "1")
	r.awaitReasons("o", "Programmed")
	r.written()
	r.SetExternal(parseID("Secret:s"), "1")
	r.RemoveExternal(parseID("Secret:s")) // it was for making b, which stays
	r.resyncs()
	wantWritten(t, r.written())
	r.SetExternal(parseID("Secret:s"), "2")
	r.await("made anew", func() bool {
		r.world.mu.Lock()
		defer r.world.mu.Unlock()
		return slices.Equal(r.log, []string{"delete b", "create b"})
	})
}

// What was made with a version that has changed while no engine was there is
// made anew, also where nobody has got to that yet; what is as it was is not.
func TestExternalNeedChangesWhileDown(t *testing.T) {
	t.Parallel()
	w, v, path := newWorld(), vpptest.Start(t), filepath.Join(t.TempDir(), "ledger")
	run := func(version string, holds func(*rig)) {
		ledger := openLedger(t, path)
		r, stop := newRigUntil(t, w, v, func(o *state.Options) {
			o.Ledger = ledger
			o.Boot = func(context.Context, *state.View) (bool, error) { return false, nil }
		})
		if version != "" {
			r.SetExternal(parseID("Secret:s"), version)
		}
		r.set("o", 0, "Base:b=x <Secret:s", "Base:c=x")
		r.Begin()
		holds(r)
		stop()
		_ = ledger.Close()
	}
	programmed := func(want ...string) func(*rig) {
		return func(r *rig) {
			r.await("synced", func() bool { return r.Status().Synced && r.reasons("o") == "Programmed; Programmed" })
			got := r.written()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("wrote %q, want %q", got, want)
			}
		}
	}
	run("1", programmed("create b", "create c"))
	run("1", programmed())
	run("2", programmed("create b", "delete b"))
	run("", func(r *rig) { r.await("synced", func() bool { return r.Status().Synced }) })
	run("2", programmed())
	// It dies between the two.
	w.mu.Lock()
	w.fail["delete b"] = errors.New("no")
	w.mu.Unlock()
	run("3", func(r *rig) { r.await("tried", func() bool { return len(r.written()) > 0 }) })
	w.mu.Lock()
	clear(w.fail)
	w.mu.Unlock()
	run("3", programmed("create b", "delete b"))
}

// A need is deleted while something that needs it is on its way: the delete
// waits for that, and takes it along.
func TestNeedGoesWhileDependentIsUnderWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("base", 0, "Base:b=x")
	r.awaitReasons("base", "Programmed")
	r.written()
	r.world.mu.Lock()
	r.begun, r.resume = make(chan string), make(chan struct{})
	r.world.mu.Unlock()
	r.set("leaf", 0, "Leaf:l=x <Base:b")
	if got := <-r.begun; got != "create l" {
		t.Fatalf("began %s", got)
	}
	r.drop("base")
	r.resume <- struct{}{}
	for _, want := range []string{"delete l", "delete b"} {
		if got := <-r.begun; got != want {
			t.Errorf("began %s, want %s", got, want)
		}
		r.resume <- struct{}{}
	}
	r.awaitHolds("")
}

// VPP dies whenever one of many new things is in it. That one is found and set
// aside; all others are built.
func TestPoisonIsFound(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"while it is written", "soon after"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Begin()
			r.set("old", 0, "Base:old=x")
			r.awaitReasons("old", "Programmed")
			poisoned := make(chan struct{}, 1)
			r.world.mu.Lock()
			r.poison, r.poisoned = "p", poisoned
			r.poisonLater = when == "soon after"
			r.world.mu.Unlock()
			var items []string
			want := []string{"old=x"}
			for _, key := range []string{"m", "n", "o", "p", "q", "r", "s"} {
				items = append(items, "Leaf:"+key+"=x")
				if key != "p" {
					want = append(want, key+"=x")
				}
			}
			slices.Sort(want)
			r.set("new", 0, items...)
			deaths := 0
			built := func() bool {
				return r.holds() == strings.Join(want, " ") && r.Status().Synced &&
					strings.HasPrefix(strings.Split(r.reasons("new"), "; ")[3], "QuarantinedAfterCrash") &&
					strings.Count(r.reasons("new"), "Programmed") == len(items)-1
			}
			r.await("all but the poison", func() bool {
				select {
				case <-poisoned:
					deaths++
					r.foreign(func(m map[state.ID]thing) {
						clear(m)
						r.boot++
					})
					if err := r.vpp.Restart(); err != nil {
						t.Fatal(err)
					}
				default:
				}
				return built()
			})
			if deaths < 3 || deaths > 12 {
				t.Errorf("VPP died %d times", deaths)
			}
			// A change of its spec is another try.
			r.world.mu.Lock()
			r.poison = ""
			r.world.mu.Unlock()
			items[3] = "Leaf:p=y"
			r.set("new", 0, items...)
			r.await("tried again", func() bool { return strings.Contains(r.holds(), "p=y") })
		})
	}
}

// What hangs on something of ours goes with it, also where nothing may be
// pruned.
func TestWhatGoesTakesAlongWhatHangsOnIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("o", 0, "Base:b=x", "Base:c=x")
	r.awaitReasons("o", "Programmed; Programmed")
	r.foreign(func(m map[state.ID]thing) {
		m[parseID("Part:p")] = thing{value: "x", ours: true, needs: []state.ID{parseID("Base:b")}}
		m[parseID("Part:q")] = thing{value: "x", ours: true, needs: []state.ID{parseID("Base:c")}}
	})
	r.resyncs()
	r.written()
	r.set("o", 0, "Base:c=x")
	r.awaitHolds("c=x q=x")
	wantWritten(t, r.written(), "delete p", "delete b")
}

// An object deleted and made again is as old as the new one.
func TestSameOwnerYounger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Begin()
	r.set("a", 2, "Base:b=a")
	r.set("c", 1, "Base:b=c")
	r.awaitReasons("c", "Conflict: Object a has it")
	r.set("a", 0, "Base:b=a")
	r.awaitReasons("a", "Conflict: Object c has it")
	r.awaitHolds("b=c")
}
