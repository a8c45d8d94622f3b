package binproto_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func bind[T any](tb testing.TB, m *binproto.Message) *binproto.Codec[T] {
	tb.Helper()
	c, err := binproto.Bind[T](m)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// wantAllocs checks what a round costs, unless the race detector adds to it.
func wantAllocs(t *testing.T, what string, want float64, round func()) {
	t.Helper()
	if got := testing.AllocsPerRun(100, round); got > want {
		t.Errorf("%s: %v allocations, want %v", what, got, want)
	}
}

func measured[T any](t *testing.T, message string, v T) {
	t.Run(message, func(t *testing.T) {
		c := bind[T](t, benchSchema(t).Message(message))
		wire, err := c.Append(nil, &v)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 0, len(wire))
		wantAllocs(t, "encoding into a buffer", 0, func() {
			if _, err := c.Append(buf, &v); err != nil {
				t.Fatal(err)
			}
		})
		var reused T
		wantAllocs(t, "decoding into a reused value", 0, func() {
			if err := c.Decode(wire, &reused); err != nil {
				t.Fatal(err)
			}
		})
		if !same(reused, v) {
			t.Errorf("got %+v\nwant %+v", reused, v)
		}
	})
}

// Neither direction allocates once slices, pointers and texts are there.
func TestTypedAllocations(t *testing.T) {
	measured(t, "sw_interface_details", sampleInterface())
	measured(t, "ip_route_add_del_v2", ipRouteAddDelV2{IsAdd: true, Route: sampleRoute()})
	measured(t, "ip_route_v2_details", ipRouteV2Details{Route: sampleRoute()})
	measured(t, "acl_add_replace", sampleACL(100))

	for _, c := range typedCases() {
		t.Run(c.name, func(t *testing.T) {
			m := caseMessage(t, c.fields)
			codec, err := binproto.BindAny(m, reflect.TypeOf(c.value))
			if err != nil {
				t.Fatal(err)
			}
			v, wire := pointerTo(c.value), make([]byte, 0, 1<<14)
			wantAllocs(t, "encoding", 0, func() {
				if wire, err = codec.Append(wire[:0], v); err != nil {
					t.Fatal(err)
				}
			})
			into := newOf(c.value)
			want := 0.0
			if strings.HasSuffix(c.name, "an arm that cannot be") {
				want = 20 // the arm is made in vain each time, and so is an error
			}
			wantAllocs(t, "decoding", want, func() {
				if err := codec.Decode(wire, into); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Values live on the stack if they can, and so do buffers that are read.
func TestTypedStack(t *testing.T) {
	c := bind[ipRouteAddDelV2](t, benchSchema(t).Message("ip_route_add_del_v2"))
	paths, room := sampleRoute().Paths, make([]byte, 0, 300)
	wantAllocs(t, "a round on the stack", 0, func() {
		v := ipRouteAddDelV2{Route: ipRouteV2{Paths: paths}}
		wire, err := c.Append(room, &v)
		if err != nil {
			t.Fatal(err)
		}
		var buf [300]byte
		if err := c.Decode(buf[:copy(buf[:], wire)], &v); err != nil {
			t.Fatal(err)
		}
	})
}

// What a message claims to hold costs nothing unless its bytes are there.
func TestTypedHugeCounts(t *testing.T) {
	for _, c := range []struct {
		name, fields string
		value        any
		hex          string
	}{
		{"u8", `["u32","n"],["u8","a",0,"n"]`, struct{ A []byte }{}, "ffffffff"},
		{"text of u8", `["u32","n"],["u8","a",0,"n"]`, struct{ A string }{}, "ffffffff"},
		{"text", `["string","a",0]`, struct{ A string }{}, "ffffffff"},
		{"rules", `["u32","n"],["vl_api_rule_t","r",0,"n"]`, ruleList{}, "ffffffff"},
		{"rules of 64 bits", `["u64","n"],["vl_api_rule_t","a",0,"n"]`, struct{ A []rule }{}, "ffffffffffffffff"},
		{"skipped", `["u32","n"],["vl_api_named_t","a",0,"n"],["u8","x"]`, struct{ X uint8 }{}, "ffffffff"},
		{"inside", `["u32","n"],["vl_api_group_t","a",0,"n"]`, struct{ A []group }{}, "00000002" + "ff" + strings.Repeat("00", 200)},
		{"of no bytes", `["u32","n"],["vl_api_nothing_t","a",0,"n"]`, struct {
			A []struct {
				X [100]uint64 `vpp:",optional"`
			}
		}{}, "ffffffff" + "00"},
		{"to the end", `["vl_api_nothing_t","a",0]`, struct {
			A []struct {
				X [100]uint64 `vpp:",optional"`
			}
		}{}, strings.Repeat("00", 200)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := caseMessage(t, c.fields)
			codec, err := binproto.BindAny(m, reflect.TypeOf(c.value))
			if err != nil {
				t.Fatal(err)
			}
			wire, _ := hex.DecodeString("0000" + c.hex)
			v := newOf(c.value)
			var before, after runtime.MemStats
			const rounds = 100
			runtime.ReadMemStats(&before)
			for range rounds {
				err = codec.Decode(wire, v)
				reflect.ValueOf(v).Elem().SetZero()
			}
			runtime.ReadMemStats(&after)
			if got := (after.TotalAlloc - before.TotalAlloc) / rounds; got > 20000 {
				t.Errorf("%d bytes cost %d", len(wire), got)
			}
			if c.name != "to the end" && !errors.Is(err, binproto.ErrTruncated) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is left out stays as it is, be it among zeros.
func TestTypedLeftOut(t *testing.T) {
	t.Parallel()
	type kept struct {
		Spi  uint32
		Si   uint8
		Note *string `vpp:"-"`
	}
	type value struct {
		A [4]kept
		B []kept
		C int `vpp:"-"`
	}
	c := bind[value](t, caseMessage(t, `["vl_api_nsh_t","a",4],["u8","n"],["vl_api_nsh_t","b",0,"n"]`))
	note := new("note")
	want := value{A: [4]kept{{Note: note}, {Note: note}}, B: []kept{{Note: note}, {Note: note}}, C: 5}
	wire, err := c.Append(nil, &value{B: make([]kept, 2)})
	if err != nil {
		t.Fatal(err)
	}
	got := value{A: want.A, B: []kept{{Spi: 1, Note: note}, {Note: note}}, C: 5}
	got.A[0].Si = 7
	if err := c.Decode(wire, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A plan is made once for a struct and a message, and belongs to that message
// alone: schemas of several VPPs live side by side.
func TestBindCache(t *testing.T) {
	t.Parallel()
	type value struct{ A uint8 }
	type other struct{ A uint8 }
	m := caseMessage(t, `["u8","a"]`)
	first, again := bind[value](t, m), bind[value](t, m)
	if first.Plan() != again.Plan() || first.Message() != m {
		t.Error("bound again is another plan")
	}
	if first.Plan() == bind[other](t, m).Plan() {
		t.Error("two structs have one plan")
	}
	newer := bind[value](t, caseMessage(t, `["u16","b"],["u8","a"]`))
	for i, c := range []*binproto.Codec[value]{first, newer} {
		wire, err := c.Append(nil, &value{7})
		if want := []string{"000007", "0000000007"}[i]; err != nil || hex.EncodeToString(wire) != want {
			t.Errorf("got %x, %v; want %s", wire, err, want)
		}
	}
	if _, err := binproto.Bind[point](m); !errors.Is(err, binproto.ErrUnknownField) {
		t.Errorf("got %v", err)
	}
}

// Many goroutines bind and use codecs of one message at once.
func TestTypedConcurrently(t *testing.T) {
	t.Parallel()
	for range 20 {
		m := caseMessage(t, `["u8","n"],["vl_api_endpoint_t","e",0,"n"],["string","s",0]`)
		type value struct {
			E []endpoint
			S string
		}
		var wait sync.WaitGroup
		for g := range 8 {
			wait.Go(func() {
				c, err := binproto.Bind[value](m)
				if err != nil {
					t.Error(err)
					return
				}
				want := value{[]endpoint{{1, eidPointers{Nsh: &nsh{uint32(g), 2}}}, {0, eidPointers{Mac: &binproto.MAC{byte(g)}}}}, fmt.Sprint(g)}
				var got value
				for range 10 {
					wire, err := c.Append(nil, &want)
					if err == nil {
						err = c.Decode(wire, &got)
					}
					if err != nil || !same(got, want) {
						t.Errorf("got %+v, %v", got, err)
					}
				}
			})
		}
		wait.Wait()
	}
}

// collecting runs the garbage collector until the test ends.
func collecting(t *testing.T) {
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		wait.Wait()
	})
}

// The garbage collector sees all that decoding makes, moves and drops.
func TestTypedUnderCollection(t *testing.T) {
	m := caseMessage(t, `["u8","n"],["vl_api_endpoint_t","e",0,"n"],["u8","k"],["vl_api_named_t","s",0,"k"],["vl_api_rule_t","p"],["u8","l"],["u8","b",0,"l"]`)
	type value struct {
		E []endpoint
		S []named
		P *rule
		B []byte
		O map[string]*string `vpp:",optional"`
		I any                `vpp:",optional"`
	}
	c := bind[value](t, m)
	make1 := func(i int) value {
		one, _ := rules(1)
		v := value{P: &one[0], B: bytes.Repeat([]byte{byte(i)}, i%200)}
		v.P.Ports[0] = uint16(i)
		for j := range i % 17 {
			e := endpoint{Kind: uint16((i + j) % 4)}
			switch e.Kind {
			case 0:
				e.Value.Mac = &binproto.MAC{byte(i), byte(j)}
			case 1:
				e.Value.Nsh = &nsh{uint32(i), uint8(j)}
			case 2:
				e.Value.Prefix = new(netip.PrefixFrom(netip.AddrFrom16([16]byte{byte(i), byte(j)}), 64))
			}
			v.E = append(v.E, e)
			v.S = append(v.S, named{uint8(j), fmt.Sprint("name ", i, j)})
		}
		return v
	}
	collecting(t)
	until := time.Now().Add(time.Second)
	reused := make([]value, 5)
	expected := make([]value, len(reused))
	for i := 0; time.Now().Before(until); i++ {
		want := make1(i)
		wire, err := c.Append(nil, &want)
		if err != nil {
			t.Fatal(err)
		}
		at := i % len(reused)
		reused[at].O, reused[at].I = map[string]*string{"x": new("y")}, &i
		if err := c.Decode(wire, &reused[at]); err != nil {
			t.Fatal(err)
		}
		expected[at] = want
		for j := range reused {
			if !same(reused[j], expected[j]) {
				t.Fatalf("round %d, value %d:\ngot  %+v\nwant %+v", i, j, reused[j], expected[j])
			}
		}
	}
}
