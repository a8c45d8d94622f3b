package scale

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// What the watches of a cluster's agents cost the API server: memory for each,
// with its share of an agent's connection, and processor time for each event and
// watcher, of whom but one gets it.
func BenchmarkWatches(b *testing.B) {
	const agents, each, events = 50, 20, 500
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 9*time.Minute)
		p, err := newPlane()
		if err != nil {
			b.Fatal(err)
		}
		server := serverOf(b, p)
		o := newRoute("watched", 0, 1)
		p.create(ctx, b, o)
		change := func() time.Duration {
			before := processorTime(b, server)
			for i := range events {
				patch := fmt.Appendf(nil, `{"metadata": {"labels": {"n": "%d"}}}`, i)
				if err := p.client.Patch(ctx, o, client.RawPatch("application/merge-patch+json", patch)); err != nil {
					b.Fatal(err)
				}
			}
			return processorTime(b, server) - before
		}
		change() // what is only done once
		alone := change()
		memory, _ := memoryOf(b, server)
		last := watchAsAgents(ctx, b, p, agents, each)
		now, _ := memoryOf(b, server)
		watched := change()
		for range events { // the one that gets them has them all
			select {
			case _, ok := <-last.ResultChan():
				if !ok {
					b.Fatal("the watch broke off")
				}
			case <-ctx.Done():
				b.Fatal(ctx.Err())
			}
		}
		b.ReportMetric(float64(now-memory)/(agents*each)/1e3, "kB/watch")
		b.ReportMetric(float64(watched-alone)/float64(time.Microsecond)/(events*agents*each), "µs/event/watcher")
		cancel()
		if err := p.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

// watchAsAgents opens watches, of so many agents so many each, on nodes of which
// only the last has an object. It returns the last one.
func watchAsAgents(ctx context.Context, b *testing.B, p *plane, agents, each int) (last apiwatch.Interface) {
	b.Helper()
	for i := range agents {
		config := rest.CopyConfig(p.Config)
		config.Proxy = http.ProxyFromEnvironment // which makes it a connection of its own
		c, err := client.NewWithWatch(config, client.Options{Scheme: p.client.Scheme()})
		if err != nil {
			b.Fatal(err)
		}
		for j := range each {
			node := fmt.Sprintf("node-%d-%d", i, j)
			if i == agents-1 && j == each-1 {
				node = "watched"
			}
			var all v1alpha1.RouteList
			if err := c.List(ctx, &all, onNode(node)); err != nil {
				b.Fatal(err)
			}
			last, err = c.Watch(ctx, &v1alpha1.RouteList{}, onNode(node), &client.ListOptions{Raw: &metav1.ListOptions{
				ResourceVersion: all.ResourceVersion, AllowWatchBookmarks: true,
			}})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(last.Stop)
		}
	}
	return last
}

// serverOf finds the API server's process.
func serverOf(b *testing.B, p *plane) (pid int) {
	b.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range all {
		text, err := os.ReadFile(file)
		if err == nil && bytes.Contains(text, []byte("kube-apiserver\x00")) && bytes.Contains(text, []byte(p.Folder)) {
			pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				b.Fatal(err)
			}
			return pid
		}
	}
	b.Fatal("there is no API server")
	return 0
}

// processorTime is what a process has used so far, of all cores.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte(") "))
	fields := bytes.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond
	ticks := 0
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(string(fields[i]))
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}
