package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
)

// scenario is what one script works with.
type scenario struct {
	t       testing.TB
	ctx     context.Context // lives for one script
	cluster *cluster
	number  int
	node    string
	folder  string // the agent's files

	vpp       target
	simulated *vpptest.VPP // vpp, if it is simulated
	hand      *vpp.Client  // somebody else's
	others    []call       // what somebody else does to every new VPP
	foreign   []fact       // what that has made

	agent  *agent
	faults []*vpptest.Fault

	// What was counted when the script said mark.
	writes map[string]int
	seen   []v1alpha1.Object
	marked float64 // when the agent was started that was there then

	talks     map[string]*talk
	listening map[string]bool // by namespace and address

	cleanups []func()
}

// place is where a script is: in a cluster there is a scenario for each node.
type place struct{ *scenario }

type scenarioKey struct{}

// numbers are those of all scenarios of this process.
var numbers atomic.Int32

// newScenario makes a node with its VPP for one script, and ends it with it.
func newScenario(env *testscript.Env, c *cluster) (err error) {
	tb, ok := env.T().(testing.TB)
	if !ok {
		return fmt.Errorf("%T is no testing.TB", env.T())
	}
	s := &scenario{t: tb, cluster: c, number: int(numbers.Add(1)), folder: filepath.Join(env.WorkDir, ".agent")}
	s.node = fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.ToLower(filepath.Base(tb.Name())), "_", "-"), s.number)
	s.others = slices.Clone(others)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	s.ctx = ctx
	env.Values[scenarioKey{}] = &place{s}
	env.Setenv("NODE", s.node)
	env.Setenv("KUBECONFIG", c.Kubeconfig)
	env.Setenv("PATH", filepath.Dir(c.Kubectl)+string(os.PathListSeparator)+os.Getenv("PATH"))
	env.Defer(func() {
		defer cancel()
		s.end()
	})
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return err
	}
	if s.vpp, s.simulated, err = startVPP(); err != nil {
		return err
	}
	if err := s.booted(ctx); err != nil {
		return err
	}
	s.foreign, err = s.facts(ctx)
	return err
}

// end checks what every scenario ends with, and takes everything away.
func (s *scenario) end() {
	if s.agent != nil && !s.t.Failed() && !s.t.Skipped() {
		s.checkEnd()
	}
	for _, f := range s.faults {
		f.Release()
		f.Remove()
	}
	if s.agent != nil && s.agent.Process != nil && !s.agent.ended() {
		if err := s.agent.End(patience); err != nil {
			s.t.Error(err)
		}
	}
	log, err := os.ReadFile(filepath.Join(s.folder, "agent.log"))
	if said := agentprocess.Complaint(log); err == nil && said != "" {
		s.t.Errorf("the agent said\n%s", said)
	}
	if s.t.Failed() {
		const most = 12000
		s.t.Logf("the end of what the agent said:\n%s", log[max(0, len(log)-most):])
		for _, o := range s.cluster.ofNode(s.node) {
			if !isReady(o) {
				s.t.Logf("%s: %s", keyOf(o), show(o))
			}
		}
		if have, err := s.factsNow(); err == nil {
			s.t.Logf("VPP holds:\n%s", lines(have))
		}
	}
	if s.cluster.stopped {
		if err := apiServer(s, nil, false, []string{"start"}); err != nil {
			s.t.Error(err)
		}
	}
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
	if s.hand != nil {
		_ = s.hand.Close()
	}
	if s.vpp != nil {
		s.vpp.Stop()
	}
	s.deleteAll()
}

// factsNow reads what VPP holds, if that can be had at once.
func (s *scenario) factsNow() ([]fact, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return s.facts(ctx)
}

// checkEnd is the check at the end of every scenario.
func (s *scenario) checkEnd() {
	if s.agent.ended() {
		s.t.Errorf("there is no agent at the end: %v", s.agent.Failure())
		return
	}
	var wrong []string
	err := s.eventually(func(ctx context.Context) error {
		have, err := s.facts(ctx)
		if err != nil {
			return err
		}
		objects := s.cluster.ofNode(s.node)
		wrong = wantedOf(objects).check(have, s.foreign)
		for _, o := range objects {
			if list, observed := conditionsOf(o); len(list) == 0 || observed != o.GetGeneration() {
				wrong = append(wrong, keyOf(o)+" was not handled: "+show(o))
			}
		}
		if len(wrong) > 0 {
			return errors.New(strings.Join(wrong, "\n"))
		}
		return nil
	})
	if err != nil {
		s.t.Errorf("at the end:\n%v", err)
	}
	s.cluster.mu.Lock()
	conditions := s.cluster.wrong[s.node]
	s.cluster.mu.Unlock()
	for _, text := range conditions {
		s.t.Errorf("conditions: %s", text)
	}
}

// eventually tries until there is no error, for patience at most. What is tried
// asks a VPP or a process, which give no signal.
func (s *scenario) eventually(try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := try(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() == nil || last == nil: // else it was cut short, and the one before says more
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return last
		}
	}
}

// deleteAll removes the node's objects, so that others have less to see.
func (s *scenario) deleteAll() {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	for _, kind := range nodeKinds() {
		_ = s.cluster.client.DeleteAllOf(ctx, objectOf(kind), client.MatchingFields{"spec.nodeName": s.node})
	}
}

// object is the object that a script calls so, with nothing but its name.
func (s *scenario) object(text string) (client.Object, error) {
	kind, name, _ := strings.Cut(text, "/")
	o := objectOf(kind)
	switch _, isNode := o.(*v1alpha1.VPPNode); {
	case o == nil:
		return nil, fmt.Errorf("%s: there is no such kind", text)
	case isNode:
		o.SetName(s.node)
	case name == "":
		return nil, fmt.Errorf("%s: want kind/name", text)
	default:
		o.SetName(s.node + "-" + name)
	}
	return o, nil
}

func lines(facts []fact) string {
	var text strings.Builder
	for _, f := range facts {
		text.WriteString(f.String() + "\n")
	}
	return text.String()
}
