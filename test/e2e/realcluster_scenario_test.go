package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
)

// TestCluster runs, one after the other, the scenarios in a cluster.
func TestCluster(t *testing.T) {
	folder := os.Getenv(clusterEnv)
	if folder == "" {
		t.Skip("needs a cluster: make test-cluster")
	}
	c, err := joinCluster(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.leave)
	p := params(filepath.Join("scenarios", "cluster"), nil)
	p.Setup = func(env *testscript.Env) error { return c.newScenarios(env) }
	p.Condition = func(name string) (bool, error) {
		switch name {
		case "simulated":
			return c.made.VPP == "", nil
		case "packets":
			return c.made.VPP != "", nil
		}
		return false, fmt.Errorf("there is no condition %s", name)
	}
	maps.Copy(p.Cmds, c.commands())
	testscript.RunT(inTurnQuietly{inTurn{t}}, p)
}

// inTurnQuietly shows of a script that passes no more than its name, however much
// is asked for.
type inTurnQuietly struct{ inTurn }

func (inTurnQuietly) Verbose() bool { return false }

func (t inTurnQuietly) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(inTurnQuietly{inTurn{t}}) })
}

// newScenarios makes a scenario for each node, which has a VPP that knows nothing
// yet, and ends them with the script.
func (c *realCluster) newScenarios(env *testscript.Env) error {
	tb, ok := env.T().(testing.TB)
	if !ok {
		return fmt.Errorf("%T is no testing.TB", env.T())
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var all []*scenario
	for _, node := range c.made.Nodes {
		s := &scenario{
			t: tb, ctx: ctx, cluster: c.cluster, number: int(numbers.Add(1)), node: node,
			folder: filepath.Join(env.WorkDir, ".agent-"+node),
			vpp:    &nodeVPP{c, node},
			others: slices.Clone(others),
			agent:  &agent{metrics: agentprocess.Metrics{URL: "https://127.0.0.1:9482/metrics", Client: c.clientFor(node, c.token)}},
		}
		all = append(all, s)
	}
	env.Values[scenarioKey{}] = &place{all[0]}
	env.Values[placesKey{}] = all
	packets := &streamPlace{}
	env.Values[streamKey{}] = packets
	env.Defer(packets.close)
	for name, value := range map[string]string{
		"KUBECACHEDIR": filepath.Join(env.WorkDir, ".kube"),
		"NODE":         c.made.Nodes[0], "KUBECONFIG": c.Kubeconfig, clusterEnv: c.made.Folder,
		"INSTALLER": c.absolute(installer), "IMAGE": c.image,
		"PATH": strings.Join([]string{filepath.Dir(c.Kubectl), filepath.Dir(c.made.Program), os.Getenv("PATH")}, string(os.PathListSeparator)),
	} {
		env.Setenv(name, value)
	}
	env.Defer(func() {
		defer cancel()
		c.end(all)
	})
	return everywhere(all, func(s *scenario) (err error) {
		if err := errors.Join(os.Mkdir(s.folder, 0o700), s.startBoot()); err != nil {
			return err
		}
		if err := s.booted(ctx); err != nil {
			return err
		}
		s.foreign, err = s.facts(ctx)
		return err
	})
}

// everywhere does something on all nodes at once.
func everywhere(all []*scenario, do func(*scenario) error) error {
	errs := make([]error, len(all))
	var nodes sync.WaitGroup
	for i, s := range all {
		nodes.Go(func() {
			if err := do(s); err != nil {
				errs[i] = fmt.Errorf("%s: %w", s.node, err)
			}
		})
	}
	nodes.Wait()
	return errors.Join(errs...)
}

// placesKey is for the scenarios of all nodes.
type placesKey struct{}

func (c *realCluster) absolute(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		panic(err) // there is no working directory
	}
	return path
}

// end checks what every scenario ends with, on all nodes, and takes its things away.
func (c *realCluster) end(all []*scenario) {
	if all[0].t.Failed() {
		c.tell(all[0])
	}
	for _, step := range []func(*scenario) error{
		func(s *scenario) error {
			return s.eventually(func(ctx context.Context) error {
				for _, order := range []string{"join", "on", "start-kubelet"} {
					if _, err := c.order(ctx, order, s.node); err != nil {
						return err
					}
				}
				return nil
			})
		},
		func(s *scenario) error {
			if s != all[0] {
				return nil // it is the same for all
			}
			return s.eventually(c.install) // the namespace may be about to go
		},
		func(s *scenario) error {
			err := s.eventually(func(ctx context.Context) error { return c.saveLog(ctx, s) })
			s.end()
			return errors.Join(err, c.forget(s))
		},
	} {
		if err := everywhere(all, step); err != nil {
			all[0].t.Error(err)
		}
	}
}

// saveLog puts what the node's agent has said where that of others is.
func (c *realCluster) saveLog(ctx context.Context, s *scenario) error {
	pod, err := c.agentPod(ctx, s.node)
	if err != nil {
		return err
	}
	said, err := c.kubectl(ctx, "--namespace="+pod.Namespace, "logs", "--tail=2000", pod.Name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.folder, "agent.log"), []byte(said), 0o600)
}

// tell shows what a cluster is at when a script has failed.
func (c *realCluster) tell(s *scenario) {
	for _, what := range [][]string{
		{"get", "nodes,pods,daemonsets", "--all-namespaces", "--output=wide"},
		{"get", "vpp,vpp-nodes"},
		{"get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"},
	} {
		text, err := c.kubectl(s.ctx, what...)
		if err != nil {
			text = err.Error()
		}
		lines := strings.Split(text, "\n")
		s.t.Logf("kubectl %s\n%s", strings.Join(what, " "), strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
}

// forget waits until a node's VPP holds no more than before the scenario, whose
// objects are deleted by now. That they went all at once was no accident.
func (c *realCluster) forget(s *scenario) error {
	return s.eventually(func(ctx context.Context) error {
		if err := c.confirm(ctx, s.node); err != nil {
			return err
		}
		hand := vpp.NewClient(vpp.Options{Socket: s.vpp.Socket(), Name: "somebody", StateDir: "-"})
		defer hand.Close()
		session, err := hand.WaitConnected(ctx)
		if err != nil {
			return err
		}
		facts, err := readFacts(ctx, session)
		if err != nil {
			return err
		}
		for _, f := range facts {
			if !slices.Contains(s.foreign, f) {
				return fmt.Errorf("VPP still holds %s", f)
			}
		}
		return nil
	})
}
