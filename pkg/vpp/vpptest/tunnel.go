package vpptest

// What the sorts of tunnels have in common.

// tunnelTypes are the types that the messages of several of them use.
const tunnelTypes = `
enum tunnel_encap_decap_flags u8 TUNNEL_API_ENCAP_DECAP_FLAG_NONE=0 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DF=1 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_SET_DF=2 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_DSCP=4 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_ECN=8 TUNNEL_API_ENCAP_DECAP_FLAG_DECAP_COPY_ECN=16 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_INNER_HASH=32 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_HOP_LIMIT=64 TUNNEL_API_ENCAP_DECAP_FLAG_ENCAP_COPY_FLOW_LABEL=128
enum tunnel_mode u8 TUNNEL_API_MODE_P2P=0 TUNNEL_API_MODE_MP=1
enum ip_dscp u8 IP_API_DSCP_CS0=0 IP_API_DSCP_CS1=8 IP_API_DSCP_AF11=10 IP_API_DSCP_AF12=12 IP_API_DSCP_AF13=14 IP_API_DSCP_CS2=16 IP_API_DSCP_AF21=18 IP_API_DSCP_AF22=20 IP_API_DSCP_AF23=22 IP_API_DSCP_CS3=24 IP_API_DSCP_AF31=26 IP_API_DSCP_AF32=28 IP_API_DSCP_AF33=30 IP_API_DSCP_CS4=32 IP_API_DSCP_AF41=34 IP_API_DSCP_AF42=36 IP_API_DSCP_AF43=38 IP_API_DSCP_CS5=40 IP_API_DSCP_EF=46 IP_API_DSCP_CS6=48 IP_API_DSCP_CS7=50
`

const tunnelModeMP = 1

// tunnelPool holds the tunnels of one sort. Each has a place in the pool and
// an instance, which is its number in its name: the one asked for, or that of
// its place.
type tunnelPool[K comparable, T any] struct {
	pool      pool[T]
	byKey     map[K]uint32
	instances map[uint32]bool
}

func newTunnelPool[K comparable, T any]() *tunnelPool[K, T] {
	return &tunnelPool[K, T]{byKey: map[K]uint32{}, instances: map[uint32]bool{}}
}

// find returns the tunnel of a key, nil if there is none.
func (p *tunnelPool[K, T]) find(key K) *T {
	if at, is := p.byKey[key]; is {
		return p.pool.get(at)
	}
	return nil
}

// instance is the one that a new tunnel gets; ok is false if it is taken.
func (p *tunnelPool[K, T]) instance(wanted uint32) (instance uint32, ok bool) {
	if wanted == none {
		wanted = p.pool.peek()
	}
	return wanted, !p.instances[wanted]
}

// put takes a tunnel in and returns its place.
func (p *tunnelPool[K, T]) put(key K, instance uint32, t *T) {
	p.byKey[key] = p.pool.put(t)
	p.instances[instance] = true
}

func (p *tunnelPool[K, T]) remove(key K, instance uint32) {
	p.pool.remove(p.byKey[key])
	delete(p.byKey, key)
	delete(p.instances, instance)
}

func (a address) isMulticast(family uint8) bool {
	if family == 0 {
		return a[0]>>4 == 0xe
	}
	return a[0] == 0xff
}
