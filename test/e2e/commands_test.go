package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

type (
	script  = testscript.TestScript
	command = func(s *scenario, ts *script, neg bool, args []string) error
)

// commands are what scripts may say beyond testscript's own; doc.go tells how.
func commands() map[string]func(*script, bool, []string) {
	all := map[string]command{
		"apply": apply, "edit": edit, "delete": remove,
		"kinds": allKinds, "ready": ready, "reason": reason, "field": field, "condition": condition, "event": event, "save": save,
		"agent": runAgent, "vpp": runVPP, "vppapi": vppapi, "foreign": foreign,
		"apiserver": apiServer, "crds": changeCRDs,
		"mark": setMark, "writes": writes, "statuswrites": statusWrites, "fault": fault,
		"veth": veth, "netns": netns, "ping": ping, "reaches": reaches, "session": openSession, "talk": runTalk, "spread": spread,
	}
	negatable := []string{"condition", "ping", "reaches", "talk", "vppapi"}
	out := map[string]func(*script, bool, []string){}
	for name, f := range all {
		out[name] = func(ts *script, neg bool, args []string) {
			at, ok := ts.Value(scenarioKey{}).(*place)
			if !ok {
				ts.Fatalf("there is no scenario")
			}
			s := at.scenario
			if neg && !slices.Contains(negatable, name) {
				ts.Fatalf("! %s means nothing", name)
			}
			if err := f(s, ts, neg, args); err != nil {
				ts.Fatalf("%v", err)
			}
		}
	}
	return out
}

// usage is the error of a script that is wrong.
func usage(text string) error { return errors.New("usage: " + text) }

func runAgent(s *scenario, _ *script, _ bool, args []string) error {
	const how = "agent start|stop|kill|connected|synced|freeze|thaw, renews N"
	if len(args) == 0 {
		return usage(how)
	}
	if args[0] == "start" {
		if s.agent != nil && !s.agent.ended() {
			return errors.New("the agent runs already")
		}
		return s.startAgent(args[1:]...)
	}
	if s.agent == nil || s.agent.ended() {
		return errors.New("there is no agent")
	}
	switch args[0] {
	case "stop":
		return s.agent.End(patience)
	case "kill":
		s.agent.Stop()
		return nil
	case "freeze", "thaw":
		frozen := args[0] == "freeze"
		if err := s.agent.signal(frozen); err != nil {
			return err
		}
		return s.eventually(func(context.Context) error {
			if s.agent.isFrozen() != frozen {
				return fmt.Errorf("the agent is frozen: %t", !frozen)
			}
			return nil
		})
	case "connected": // and has read VPP; a paused one gets no further
		return s.eventually(func(ctx context.Context) error {
			v, err := s.agent.metrics.Read(ctx, "vpp_operator_resync_duration_seconds_count")
			if err == nil && v[`{cause="connect"}`] == 0 {
				err = errors.New("the agent is not connected")
			}
			return err
		})
	case "renews":
		n, err := strconv.Atoi(strings.Join(args[1:], " "))
		if err != nil {
			return usage(how)
		}
		return s.awaitRenewals(n)
	case "synced":
		return s.eventually(func(ctx context.Context) error {
			if !s.agent.synced(ctx) {
				return errors.New("the agent is not synced")
			}
			return nil
		})
	}
	return usage(how)
}

// awaitRenewals waits until the agent has renewed its Lease so often.
func (s *scenario) awaitRenewals(n int) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	w, err := s.cluster.client.Watch(ctx, &coordinationv1.LeaseList{}, client.InNamespace(namespace), client.MatchingFields{metav1.ObjectNameField: s.node})
	if err != nil {
		return err
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		if e.Type != watch.Modified { // the first is how it is
			continue
		}
		if n--; n == 0 {
			return nil
		}
	}
	return fmt.Errorf("the Lease was renewed %d times less: %w", n, ctx.Err())
}

func runVPP(s *scenario, ts *script, _ bool, args []string) error {
	const how = "vpp stop|start|restart|freeze|thaw|dump, has|lacks REGEXP..."
	if len(args) == 0 {
		return usage(how)
	}
	switch args[0] {
	case "stop":
		s.stopVPP()
		return nil
	case "start", "restart":
		if err := s.startBoot(args[1:]...); err != nil {
			return err
		}
		return s.booted(s.ctx)
	case "back": // after a reboot of the node
		return s.eventually(func(ctx context.Context) error {
			if n, ok := s.vpp.(*nodeVPP); ok && n.boot() == "" {
				return errors.New("VPP is not back")
			}
			return s.booted(ctx)
		})
	case "freeze", "thaw":
		return s.freezeVPP(args[0] == "freeze")
	case "dump":
		have, err := s.facts(s.ctx)
		_, _ = ts.Stdout().Write([]byte(lines(have)))
		return err
	case "linux":
		if len(args) != 3 || s.simulated == nil {
			return usage("vpp linux NAME present|absent, in the simulated VPP")
		}
		s.simulated.SetLinuxInterface(args[1], args[2] == "present")
		return nil
	case "has", "lacks":
		return s.awaitFacts(args[1:], args[0] == "has")
	}
	return usage(how)
}

// awaitFacts waits until VPP holds facts that match each of some patterns, or
// none.
func (s *scenario) awaitFacts(patterns []string, wanted bool) error {
	for _, text := range patterns {
		pattern, err := regexp.Compile(`^(?:` + text + `)(?: |$)`)
		if err != nil {
			return err
		}
		err = s.eventually(func(ctx context.Context) error {
			have, err := s.facts(ctx)
			if err != nil {
				return err
			}
			found := slices.ContainsFunc(have, func(f fact) bool { return pattern.MatchString(f.String()) })
			if found != wanted {
				return fmt.Errorf("VPP holds %q: %t, want %t; all it holds:\n%s", text, found, wanted, lines(have))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func callOf(args []string) (call, error) {
	switch len(args) {
	case 1:
		return call{args[0], "{}"}, nil
	case 2:
		return call{args[0], args[1]}, nil
	}
	return call{}, usage("vppapi|foreign MESSAGE [JSON]")
}

// vppapi makes somebody else's call; ! vppapi one that VPP refuses.
func vppapi(s *scenario, ts *script, neg bool, args []string) error {
	c, err := callOf(args)
	if err != nil {
		return err
	}
	answer, err := s.call(s.ctx, c)
	_, _ = ts.Stdout().Write([]byte(answer))
	if neg && err == nil {
		return fmt.Errorf("%s was not refused", c.message)
	} else if neg {
		return nil
	}
	return err
}

// foreign makes somebody else's call; what it changes is to stay as it is, and is
// made again in every new VPP.
func foreign(s *scenario, _ *script, _ bool, args []string) error {
	c, err := callOf(args)
	if err != nil {
		return err
	}
	before, err := s.facts(s.ctx)
	if err != nil {
		return err
	}
	if err := s.make(s.ctx, c); err != nil {
		return err
	}
	after, err := s.facts(s.ctx)
	if err != nil {
		return err
	}
	s.others = append(s.others, c)
	s.foreign = slices.DeleteFunc(s.foreign, func(f fact) bool { return !slices.Contains(after, f) })
	for _, f := range after {
		if !slices.Contains(before, f) && !isInherited(f, before) && isForeign(f, after) {
			s.foreign = append(s.foreign, f)
		}
	}
	return nil
}

// isInherited tells whether a fact was left behind at an index by an interface
// that is gone: nobody has put it on the next one.
func isInherited(f fact, before []fact) bool {
	kind, _, _ := strings.Cut(f.subject, " ")
	return slices.Contains(before, fact{kind + " ", f.attribute, f.value})
}

// isForeign tells whether a fact is not about what bears our mark.
func isForeign(f fact, all []fact) bool {
	kind, name, _ := strings.Cut(f.subject, " ")
	if strings.HasPrefix(f.subject, learned) {
		return false // goes by itself
	}
	if kind != "interface" && kind != "neighbor" {
		return f.attribute != ours
	}
	return slices.ContainsFunc(all, func(g fact) bool { return g.subject == "interface "+name && g.attribute == "tag" })
}

func apiServer(s *scenario, _ *script, _ bool, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "stop":
		s.cluster.StopAPIServer()
		s.cluster.stopped = true
		return nil
	case len(args) == 1 && args[0] == "start":
		s.cluster.stopped = false
		return s.cluster.StartAPIServer(s.ctx)
	}
	return usage("apiserver stop|start")
}

func setMark(s *scenario, _ *script, _ bool, _ []string) (err error) {
	s.seen = s.cluster.ofNode(s.node)
	s.marked, s.writes = 0, map[string]int{}
	if s.agent != nil && !s.agent.ended() {
		s.marked = s.agent.started(s.ctx)
		s.writes, err = s.agent.writes(s.ctx)
	}
	return err
}

// writes compares what the agent has sent since the mark.
func writes(s *scenario, _ *script, _ bool, args []string) error {
	want := map[string]int{}
	for _, arg := range args {
		name, count, ok := strings.Cut(arg, "=")
		if arg == "none" && len(args) == 1 {
			break
		}
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			return usage("writes none | MESSAGE=N...")
		}
		want[name] = n
	}
	got, err := s.agent.writes(s.ctx)
	if err != nil {
		return err
	}
	if s.marked == s.agent.started(s.ctx) { // else all are of after the mark
		for name, n := range s.writes {
			got[name] -= n
		}
	}
	maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
	if !maps.Equal(got, want) {
		return fmt.Errorf("the agent has sent %v, want %v", got, want)
	}
	return nil
}

// statusWrites compares resourceVersions with those at the mark.
func statusWrites(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 1 || args[0] != "none" {
		return usage("statuswrites none")
	}
	for _, now := range s.cluster.ofNode(s.node) {
		for _, before := range s.seen {
			if keyOf(before) != keyOf(now) || before.GetResourceVersion() == now.GetResourceVersion() {
				continue
			}
			was, err := yaml.Marshal(before)
			if err != nil {
				return err
			}
			is, err := yaml.Marshal(now)
			return errors.Join(fmt.Errorf("%s was written; it was\n%s\nand is\n%s", keyOf(now), was, is), err)
		}
	}
	return nil
}

// concurrently does something for numbers, some at a time, and returns the first error.
func concurrently(n int, f func(i int) error) error {
	var (
		workers sync.WaitGroup
		next    = make(chan int)
		failed  = make(chan error, 1)
	)
	for range min(n, 16) {
		workers.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// readFile reads a file of the script, with its variables replaced.
func readFile(ts *script, name string, more map[string]string) (string, error) {
	text, err := os.ReadFile(ts.MkAbs(name))
	return os.Expand(string(text), func(key string) string {
		if v, ok := more[key]; ok {
			return v
		}
		return ts.Getenv(key)
	}), err
}
