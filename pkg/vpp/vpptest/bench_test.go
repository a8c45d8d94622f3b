package vpptest

import (
	"encoding/binary"
	"io"
	"testing"
)

// tenNet is the i-th of 16 million prefixes of length 32 below 10.0.0.0/8.
func tenNet(i int) wirePrefix {
	var a address
	binary.BigEndian.PutUint32(a[:], 10<<24|uint32(i))
	return wirePrefix{Address: wireAddress{Un: a}, Len: 32}
}

// pipeline writes n copies of a request, changed by vary, many at once, and
// reads as many replies.
func pipeline(b *testing.B, c *testClient, request []byte, n int, vary func(m []byte, i int)) {
	b.Helper()
	go func() {
		const batch = 200
		var out []byte
		for i := range n {
			vary(request, i)
			out = append(out, frame(request)...)
			if i%batch == batch-1 || i == n-1 {
				if _, err := c.conn.Write(out); err != nil {
					b.Error(err)
					return
				}
				out = out[:0]
			}
		}
	}()
	for range n {
		if _, err := c.read(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPing(b *testing.B) {
	c := dial(b, Start(b).Socket())
	for b.Loop() {
		c.ping()
	}
}

func BenchmarkPingPipelined(b *testing.B) {
	c := dial(b, Start(b).Socket())
	m := encode(c, "control_ping", empty{})
	b.ResetTimer()
	pipeline(b, c, m, b.N, func([]byte, int) {})
}

func routeRequest(c *testClient) []byte {
	return encode(c, "ip_route_add_del_v2", ipRouteAddDel{IsAdd: true, Route: wireRoute{Prefix: tenNet(0),
		Paths: []wirePath{{SwIfIndex: none, Type: pathTypeDrop}}}})
}

// varyRoute puts the i-th prefix into a request: id, client, context, two
// flags, table, stats, family.
func varyRoute(m []byte, i int) { binary.BigEndian.PutUint32(m[21:], 10<<24|uint32(i)) }

func BenchmarkRouteAdd(b *testing.B) {
	c := dial(b, Start(b).Socket())
	m := routeRequest(c)
	b.ResetTimer()
	pipeline(b, c, m, b.N, varyRoute)
	b.StopTimer()
	c.ping()
}

// BenchmarkRouteDump dumps b.N routes in one go.
func BenchmarkRouteDump(b *testing.B) {
	c := dial(b, Start(b).Socket())
	pipeline(b, c, routeRequest(c), b.N, varyRoute)
	b.ResetTimer()
	send(c, "ip_route_v2_dump", ipRouteDump{Src: sourceAPI})
	end := send(c, "control_ping", empty{})
	var header [22]byte
	for n := 0; ; n++ {
		if _, err := io.ReadFull(c.in, header[:]); err != nil {
			b.Fatal(err)
		}
		if binary.BigEndian.Uint16(header[16:]) == 24 && binary.BigEndian.Uint32(header[18:]) == end {
			if n != b.N {
				b.Fatalf("%d routes, want %d", n, b.N)
			}
			return
		}
		if _, err := c.in.Discard(int(binary.BigEndian.Uint32(header[8:])) - 6); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		v, err := New()
		if err != nil {
			b.Fatal(err)
		}
		v.Stop()
	}
}
