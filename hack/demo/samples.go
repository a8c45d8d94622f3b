package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vpp-operator/vpp-operator/test/e2e/samples"
)

// applySamples applies what of the samples the VPPs can do: a real one has no
// device that is not in its startup configuration, and needs /dev/vhost-net
// for a tap.
func (d *demo) applySamples(ctx context.Context) error {
	objects, err := samples.Read("config/samples")
	if err != nil {
		return err
	}
	possible := d.possible(objects)
	var text bytes.Buffer
	for _, o := range possible {
		data, err := yaml.Marshal(o.Object)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(&text, "---\n%s", data)
	}
	file := filepath.Join(d.folder, "samples.yaml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return err
	}
	if err := d.kubectl(ctx, io.Discard, "apply", "--server-side", "-f", file); err != nil {
		return err
	}
	fmt.Printf("  %d objects\n", len(possible))
	if left := len(objects) - len(possible); left > 0 {
		fmt.Printf("  (%d are left out: they need devices or folders that this machine has not)\n", left)
	}
	return nil
}

// possible leaves out what a node's VPP cannot do, and what refers to that.
func (d *demo) possible(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	return samples.Possible(objects, func(node string, spec map[string]any) bool {
		n := d.vpps[node]
		return n != nil && !n.simulated && missingDevice(spec)
	})
}

// missingDevice tells whether a spec names something that this machine lacks, such
// as the folder of a socket, which VPP does not make.
func missingDevice(spec map[string]any) bool {
	if _, ok := spec["physical"]; ok {
		return true
	}
	if _, ok := spec["tap"]; ok {
		_, err := os.Stat("/dev/vhost-net")
		return err != nil
	}
	if name, ok, _ := unstructured.NestedString(spec, "hostInterface", "name"); ok {
		_, err := net.InterfaceByName(name)
		return err != nil
	}
	if socket, ok, _ := unstructured.NestedString(spec, "vhostUser", "socket"); ok {
		_, err := os.Stat(filepath.Dir(socket))
		return err != nil
	}
	return false
}

// awaitReady waits until everything is Ready and shows how far it is.
func (d *demo) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not all is Ready after %s", patience))
	defer cancel()
	shown := ""
	for {
		ready, waiting, err := d.readiness(ctx)
		if err == nil {
			if line := progress(ready, waiting); line != shown {
				fmt.Println(line)
				shown = line
			}
			if ready > 0 && len(waiting) == 0 {
				return nil
			}
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			_ = d.kubectl(context.WithoutCancel(ctx), os.Stdout, "get", "vpp")
			return context.Cause(ctx)
		}
	}
}

func progress(ready int, waiting []string) string {
	line := fmt.Sprintf("  %d of %d Ready", ready, ready+len(waiting))
	if len(waiting) > 0 {
		line += ", next " + waiting[0]
	}
	return line
}

// readiness counts what is Ready, and tells why the others are not.
func (d *demo) readiness(ctx context.Context) (ready int, waiting []string, err error) {
	var out bytes.Buffer
	if err := d.kubectl(ctx, &out, "get", "vpp,vpp-nodes", "-o", "json"); err != nil {
		return 0, nil, err
	}
	return readinessOf(out.Bytes())
}

// readinessOf is the same of a list as kubectl prints it. The agents make the
// VPPNodes: one that is not there yet is waited for too.
func readinessOf(text []byte) (ready int, waiting []string, err error) {
	var list struct {
		Items []struct {
			Kind     string
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status, Reason string }
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return 0, nil, err
	}
	missing := slices.Clone(nodes)
	for _, o := range list.Items {
		if o.Kind == "VPPNode" {
			missing = slices.DeleteFunc(missing, func(node string) bool { return node == o.Metadata.Name })
		}
		state, reason := "", "no status yet"
		for _, c := range o.Status.Conditions {
			if c.Type == "Ready" {
				state, reason = c.Status, c.Reason
			}
		}
		if state == "True" {
			ready++
		} else {
			waiting = append(waiting, fmt.Sprintf("%s %s (%s)", o.Kind, o.Metadata.Name, reason))
		}
	}
	for _, node := range missing {
		waiting = append(waiting, fmt.Sprintf("VPPNode %s (not there yet)", node))
	}
	return ready, waiting, nil
}
