package scale

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// BenchmarkAccessLists has an agent program 10,000 rules, applied to an
// interface: ten lists of a thousand, one that becomes as many by its prefixes,
// that one applied nowhere, and one that does by its ranges of ports, for which
// VPP's hash table has one key.
//
//	created-ms      the API server's part: to take the objects
//	programmed-ms   from synced caches to programmed
//	resync-ms       to read everything and compare
//	rebuilt-ms      from reconnect to programmed after VPP has restarted
//	heap-MB         what the agent holds of it
//	agent-MB        what the agent has resident, in a process of its own
//	vpp-MB          what a real VPP has resident, and before
func BenchmarkAccessLists(b *testing.B) {
	for name, lists := range map[string]func(node string) []client.Object{
		"ten":     func(node string) []client.Object { return newAccessLists(node, 10) },
		"one":     func(node string) []client.Object { return []client.Object{newLongAccessList(node, true)} },
		"unbound": func(node string) []client.Object { return []client.Object{newLongAccessList(node, false)} },
		"ranges": func(node string) []client.Object {
			o := newLongAccessList(node, true)
			for i := range o.Spec.Rules {
				o.Spec.Rules[i] = rangesRule(i)
			}
			return []client.Object{o}
		},
	} {
		b.Run(name, func(b *testing.B) {
			benchmarkMany(b, func(node string) ([]client.Object, map[string]int) {
				all := lists(node)
				items := map[string]int{"AccessList": len(all), "AccessListInterface": 0}
				for _, o := range all {
					items["AccessListInterface"] += len(o.(*v1alpha1.AccessList).Spec.Interfaces)
				}
				return append([]client.Object{newLoopback(node, 0)}, all...), items
			})
		})
	}
}

// BenchmarkMappings is the same of 5,000 static mappings in five objects.
func BenchmarkMappings(b *testing.B) {
	benchmarkMany(b, func(node string) ([]client.Object, map[string]int) {
		const objects, each = 5, 1000
		all := []client.Object{&v1alpha1.NAT44{
			ObjectMeta: metav1.ObjectMeta{Name: node + "-nat"}, Spec: v1alpha1.NAT44Spec{ObjectSpec: objectSpec(node, "nat")},
		}}
		for i := range objects {
			all = append(all, newMappings(node, i, each))
		}
		return all, map[string]int{"NAT44Mapping": objects * each}
	})
}

// benchmarkMany has an agent program objects, check them for drift, and program
// them again in a VPP that has restarted. items are how many there then are of
// each kind.
func benchmarkMany(b *testing.B, objects func(node string) (all []client.Object, items map[string]int)) {
	p := startPlane(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
		v, node, folder := startVPP(b), newNode(b), b.TempDir()
		all, items := objects(node)
		begun := time.Now()
		p.create(ctx, b, all...)
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "created-ms")
		setResyncPeriod(ctx, b, p, node, 2*time.Second)
		reportVPPMemory(b, v, "vpp-before-MB")
		heap := heapInUse()
		a := startAgent(b, p, node, v.Socket(), folder)
		programmed := func() bool {
			for kind, n := range items {
				if int(a.metric("vpp_operator_items", "", map[string]string{"kind": kind, "condition": "done"})[""]) != n {
					return false
				}
			}
			return a.synced()
		}
		a.until(ctx, "cached", a.cached)
		begun = time.Now()
		a.until(ctx, "programmed", programmed)
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "programmed-ms")

		before, spent := a.resyncs()
		a.until(ctx, "checked for drift", func() bool { n, _ := a.resyncs(); return n >= before+3 })
		n, took := a.resyncs()
		b.ReportMetric(float64(((took - spent) / time.Duration(n-before)).Milliseconds()), "resync-ms")
		b.ReportMetric((heapInUse()-heap)/1e6, "heap-MB")
		reportVPPMemory(b, v, "vpp-MB")

		connects := len(a.log.when(connected))
		if err := v.Restart(); err != nil {
			b.Fatal(err)
		}
		a.until(ctx, "connected again", func() bool { return len(a.log.when(connected)) > connects })
		a.until(ctx, "rebuilt", programmed)
		b.ReportMetric(float64(time.Since(a.log.when(connected)[connects]).Milliseconds()), "rebuilt-ms")
		a.stop()
		reportAgentMemory(ctx, b, p, node, v.Socket())
		p.remove(ctx, b, all...)
		cancel()
	}
}

func heapInUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// reportVPPMemory tells what a real VPP has resident.
func reportVPPMemory(b *testing.B, v target, name string) {
	b.Helper()
	if r, ok := v.(*vpptest.Real); ok {
		now, _ := memoryOf(b, r.PID())
		b.ReportMetric(float64(now)/1e6, name)
	}
}

// reportAgentMemory tells what an agent in a process of its own has resident
// once it has checked everything twice.
func reportAgentMemory(ctx context.Context, b *testing.B, p *plane, node, socket string) {
	b.Helper()
	one := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector(metav1.ObjectNameField, node)}
	nodes := watch[*v1alpha1.VPPNode](ctx, b, p, &v1alpha1.VPPNodeList{}, one)
	defer nodes.stop()
	begun := time.Now()
	a := startProcess(b, p, node, socket)
	var first time.Time
	nodes.await(ctx, "checked", func(all map[string]*v1alpha1.VPPNode) bool {
		o := all[node]
		if o == nil || o.Status.LastResync == nil || o.Status.Phase != v1alpha1.NodePhaseReady || o.Status.LastResync.Time.Time.Before(begun) {
			return false
		}
		if first.IsZero() {
			first = o.Status.LastResync.Time.Time
		}
		return o.Status.LastResync.Time.After(first)
	})
	now, _ := a.memory(b)
	b.ReportMetric(float64(now)/1e6, "agent-MB")
}

// newAccessLists are lists of a thousand rules each on one interface, each for a
// network and a port of its own.
func newAccessLists(node string, n int) []client.Object {
	all := make([]client.Object, n)
	for i := range all {
		name := fmt.Sprint("list", i)
		o := &v1alpha1.AccessList{
			ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name},
			Spec: v1alpha1.AccessListSpec{ObjectSpec: objectSpec(node, name), Interfaces: []v1alpha1.AccessListInterface{
				{Interface: "loop0", Direction: v1alpha1.DirectionInput, Priority: int32(i)},
			}},
		}
		for j := range 1000 {
			o.Spec.Rules = append(o.Spec.Rules, v1alpha1.AccessListRule{
				Action: v1alpha1.AccessListPermit, Protocol: v1alpha1.ProtocolTCP,
				Destinations: []v1alpha1.Prefix{v1alpha1.Prefix(prefix(i, j).String())}, DestinationPorts: []v1alpha1.PortRange{"443"},
			})
		}
		all[i] = o
	}
	return all
}

// newLongAccessList is one list of four rules that become 10,000, perhaps on an
// interface.
func newLongAccessList(node string, bound bool) *v1alpha1.AccessList {
	o := &v1alpha1.AccessList{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-list"},
		Spec:       v1alpha1.AccessListSpec{ObjectSpec: objectSpec(node, "list")},
	}
	if bound {
		o.Spec.Interfaces = []v1alpha1.AccessListInterface{{Interface: "loop0", Direction: v1alpha1.DirectionInput}}
	}
	for i := range 4 {
		r := v1alpha1.AccessListRule{Action: v1alpha1.AccessListPermit, Protocol: v1alpha1.ProtocolTCP, DestinationPorts: []v1alpha1.PortRange{"443"}}
		for j := range 50 {
			r.Sources = append(r.Sources, v1alpha1.Prefix(prefix(2*i, j).String()))
			r.Destinations = append(r.Destinations, v1alpha1.Prefix(prefix(2*i+1, j).String()))
		}
		o.Spec.Rules = append(o.Spec.Rules, r)
	}
	return o
}

// rangesRule is one of the same prefixes as all others, which becomes 2,500.
func rangesRule(i int) v1alpha1.AccessListRule {
	r := v1alpha1.AccessListRule{Action: v1alpha1.AccessListPermit, Family: v1alpha1.IPv4, Protocol: v1alpha1.ProtocolTCP}
	for j := range 50 {
		first := 1000 * (i + 1)
		ports := v1alpha1.PortRange(fmt.Sprintf("%d-%d", first+10*j, first+10*j+5))
		r.SourcePorts, r.DestinationPorts = append(r.SourcePorts, ports), append(r.DestinationPorts, ports)
	}
	return r
}

// newMappings is the i-th object of static mappings of ports.
func newMappings(node string, i, n int) *v1alpha1.NAT44Mapping {
	name := fmt.Sprint("mappings", i)
	o := &v1alpha1.NAT44Mapping{
		ObjectMeta: metav1.ObjectMeta{Name: node + "-" + name}, Spec: v1alpha1.NAT44MappingSpec{ObjectSpec: objectSpec(node, name)},
	}
	for j := range n {
		o.Spec.StaticMappings = append(o.Spec.StaticMappings, v1alpha1.NAT44StaticMapping{
			ExternalAddress: v1alpha1.NAT44Address(fmt.Sprintf("198.51.100.%d", 1+i)), ExternalPort: int32(1024 + j),
			LocalAddress: v1alpha1.NAT44Address(fmt.Sprintf("10.%d.%d.%d", i, j>>8, j&0xff)), LocalPort: 443, Protocol: v1alpha1.NATProtocolTCP,
		})
	}
	return o
}
