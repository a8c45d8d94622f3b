package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/test/e2e/samples"
)

// commands are those that only scripts in a cluster have, or that mean something
// else there; doc.go tells how.
func (c *realCluster) commands() map[string]func(*script, bool, []string) {
	out := map[string]func(*script, bool, []string){}
	for name, f := range map[string]command{
		"agent": c.runAgent, "pod": c.runPod, "node": c.runNode, "outage": c.outage,
		"samples": c.applySamples, "metrics": c.scrape, "token": c.agentToken, "removed": c.removed,
		"stream": c.runStream,
	} {
		out[name] = func(ts *script, neg bool, args []string) {
			at, ok := ts.Value(scenarioKey{}).(*place)
			if !ok {
				ts.Fatalf("there is no scenario")
			}
			if neg && name != "metrics" {
				ts.Fatalf("! %s means nothing", name)
			}
			if err := f(at.scenario, ts, neg, args); err != nil {
				ts.Fatalf("%s: %v", at.node, err)
			}
		}
	}
	// on makes another node the one that commands are about.
	out["on"] = func(ts *script, neg bool, args []string) {
		at, _ := ts.Value(scenarioKey{}).(*place)
		all, _ := ts.Value(placesKey{}).([]*scenario)
		i := slices.IndexFunc(all, func(s *scenario) bool { return len(args) == 1 && s.node == args[0] })
		if neg || i < 0 {
			ts.Fatalf("usage: on NODE")
		}
		at.scenario = all[i]
		ts.Setenv("NODE", args[0])
	}
	return out
}

// runAgent has the agent's process or Pod end in several ways, and waits until
// another one runs.
func (c *realCluster) runAgent(s *scenario, ts *script, neg bool, args []string) error {
	if len(args) != 1 {
		return usage("agent kill|oom|evict|connected|synced")
	}
	var end func(ctx context.Context, pod *corev1.Pod) error
	switch args[0] {
	case "kill": // it goes without a word
		end = func(ctx context.Context, _ *corev1.Pod) error { return c.killContainer(ctx, s.node, "agent") }
	case "oom":
		end = func(ctx context.Context, pod *corev1.Pod) error { return c.starve(ctx, s.node, pod) }
	case "evict":
		end = func(ctx context.Context, pod *corev1.Pod) error {
			return c.client.SubResource("eviction").Create(ctx, pod, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}})
		}
	default:
		return runAgent(s, ts, neg, args)
	}
	before, err := c.agentPod(s.ctx, s.node)
	if err != nil {
		return err
	}
	running := func(ctx context.Context) (string, error) { // the API server may be out of reach, so metrics are too
		return c.order(ctx, "exec", s.node, "sh", "-c", containers("agent")+`for c in $running; do echo $c; done`)
	}
	was, err := running(s.ctx)
	if err != nil {
		return err
	}
	if err := end(s.ctx, before); err != nil {
		return err
	}
	return s.eventually(func(ctx context.Context) error {
		now, err := running(ctx)
		if err == nil && (now == "" || now == was) {
			err = errors.New("there is no other agent")
		}
		return err
	})
}

// confirm lets the removal go on that the node's agent holds, if it holds one.
func (c *realCluster) confirm(ctx context.Context, node string) error {
	n := &v1alpha1.VPPNode{}
	if err := c.client.Get(ctx, client.ObjectKey{Name: node}, n); err != nil || n.Status.PruneHeld == nil {
		return err
	}
	patch := fmt.Sprintf(`{"spec": {"confirmPrune": %d}}`, n.Status.PruneHeld.Generation)
	return c.client.Patch(ctx, n, client.RawPatch(types.MergePatchType, []byte(patch)), user)
}

// removed waits until VPP holds no fact that matches, and confirms what is held.
func (c *realCluster) removed(s *scenario, _ *script, _ bool, args []string) error {
	pattern, err := regexp.Compile(`^(?:` + strings.Join(args, "|") + `)(?: |$)`)
	if err != nil {
		return err
	}
	return s.eventually(func(ctx context.Context) error {
		if err := c.confirm(ctx, s.node); err != nil {
			return err
		}
		have, err := s.facts(ctx)
		if i := slices.IndexFunc(have, func(f fact) bool { return pattern.MatchString(f.String()) }); err == nil && i >= 0 {
			err = fmt.Errorf("VPP still holds %s", have[i])
		}
		return err
	})
}

// starve fills what memory the agent's container may have, with pages that belong
// to no process and cannot be taken back: the kernel kills the agent, being the
// largest in the group. So that little has to be filled, the limit is lowered first.
func (c *realCluster) starve(ctx context.Context, node string, pod *corev1.Pod) error {
	_, id, _ := strings.Cut(pod.Status.ContainerStatuses[0].ContainerID, "://")
	script := fmt.Sprintf(`
set -e
pid=$(ctr -n k8s.io tasks ls | awk '$1 == "%s" {print $2}')
group=/sys/fs/cgroup/memory$(awk -F: '$2 == "memory" {print $3}' /proc/$pid/cgroup) use=memory.usage_in_bytes limit=memory.limit_in_bytes
if [ ! -d "$group" ]; then group=/sys/fs/cgroup$(awk -F: '$1 == 0 {print $3}' /proc/$pid/cgroup) use=memory.current limit=memory.max; fi
echo $(($(cat $group/$use) + 32 * 1024 * 1024)) >$group/$limit
echo $$ >$group/cgroup.procs
i=0
while [ -d /proc/$pid ] && [ $i -lt 128 ]; do head -c 1048576 /dev/zero >>/dev/shm/starve; i=$((i + 1)); done
`, id)
	_, err := c.order(ctx, "exec", node, "sh", "-c", script)
	_, cleanup := c.order(ctx, "exec", node, "rm", "-f", "/dev/shm/starve")
	if err != nil && !strings.Contains(err.Error(), "killed") { // the shell may go first
		return errors.Join(err, cleanup)
	}
	return cleanup
}

// runPod compares the agent's Pod with what it was.
func (c *realCluster) runPod(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 1 {
		return usage("pod mark|same|other|reason REASON")
	}
	state := func(p *corev1.Pod) string {
		return fmt.Sprintf("%s, %d restarts", p.UID, p.Status.ContainerStatuses[0].RestartCount)
	}
	const variable = "POD_MARK"
	pod, err := c.agentPod(s.ctx, s.node)
	if err != nil {
		return err
	}
	switch args[0] {
	case "mark":
		ts.Setenv(variable, state(pod))
		return nil
	case "same":
		if now, then := state(pod), ts.Getenv(variable); now != then {
			return fmt.Errorf("the Pod is %s, was %s", now, then)
		}
		return nil
	}
	// Else it is why the container before ended.
	return s.eventually(func(ctx context.Context) error {
		pod, err := c.agentPod(ctx, s.node)
		if err != nil {
			return err
		}
		ended := pod.Status.ContainerStatuses[0].LastTerminationState.Terminated
		if ended == nil || ended.Reason != args[0] {
			return fmt.Errorf("the container before is %+v", ended)
		}
		return nil
	})
}

// runNode gives an order about the node.
func (c *realCluster) runNode(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 1 {
		return usage("node cut|join|off|on|reboot|stop-kubelet|start-kubelet|ready|notready")
	}
	switch args[0] {
	case "ready", "notready":
		return s.eventually(func(ctx context.Context) error {
			ready, err := c.kubectl(ctx, "get", "node", s.node, `--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
			if err == nil && (ready == "True") != (args[0] == "ready") {
				err = fmt.Errorf("Ready is %s", ready)
			}
			return err
		})
	}
	_, err := c.order(s.ctx, args[0], s.node)
	return err
}

// outageEnv says how long outages last, beyond what is waited for anyway.
const outageEnv = "CLUSTER_OUTAGE"

func (c *realCluster) outage(s *scenario, _ *script, _ bool, _ []string) error {
	text := os.Getenv(outageEnv)
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%s: %w", outageEnv, err)
	}
	select {
	case <-time.After(d):
	case <-s.ctx.Done():
	}
	return nil
}

// applySamples applies config/samples; a real VPP has no device that is not in its
// startup configuration, and needs /dev/vhost-net for a tap.
func (c *realCluster) applySamples(s *scenario, ts *script, _ bool, _ []string) error {
	objects, err := samples.Read("../../config/samples")
	if err != nil {
		return err
	}
	if c.made.VPP != "" {
		objects = samples.Possible(objects, func(_ string, spec map[string]any) bool {
			_, physical := spec["physical"]
			_, tap := spec["tap"]
			_, noVhost := os.Stat("/dev/vhost-net")
			return physical || tap && noVhost != nil
		})
	}
	file := ts.MkAbs("samples.yaml")
	var text strings.Builder
	for _, o := range objects {
		data, err := yaml.Marshal(o.Object)
		if err != nil {
			return err
		}
		text.WriteString("---\n" + string(data))
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return err
	}
	_, err = c.kubectl(s.ctx, "apply", "--filename="+file)
	return err
}

// scrape reads the agent's metrics as a ServiceAccount; with ! it is refused.
func (c *realCluster) scrape(s *scenario, ts *script, neg bool, args []string) error {
	if len(args) != 1 {
		return usage("metrics ACCOUNT")
	}
	token, err := c.kubectl(s.ctx, "--namespace=default", "create", "token", args[0])
	if err != nil {
		return err
	}
	want := http.StatusOK
	if neg {
		want = http.StatusForbidden
	}
	return s.eventually(func(ctx context.Context) error { // a binding takes effect a moment later
		client := c.clientFor(s.node, func() (string, error) { return token, nil })
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.agent.metrics.URL, http.NoBody)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != want {
			err = fmt.Errorf("%s: %s", answer.Status, text)
		}
		if err == nil {
			_, err = ts.Stdout().Write(text)
		}
		return err
	})
}

// agentToken writes a kubeconfig with the token that the agent's Pod has, taken from
// where the kubelet has put it.
func (c *realCluster) agentToken(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 1 {
		return usage("token FILE")
	}
	pod, err := c.agentPod(s.ctx, s.node)
	if err != nil {
		return err
	}
	root, err := c.root(s.node)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, "var/lib/kubelet/pods", string(pod.UID), "volumes/kubernetes.io~projected/*/token"))
	if err != nil || len(files) != 1 {
		return errors.Join(err, fmt.Errorf("the Pod's tokens are %q", files))
	}
	token, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	file, err := clientcmd.LoadFromFile(c.Kubeconfig)
	if err != nil {
		return err
	}
	for name := range file.AuthInfos {
		file.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: string(token)}
	}
	return clientcmd.WriteToFile(*file, ts.MkAbs(args[0]))
}
