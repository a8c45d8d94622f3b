package vpptest

// fibSourceKind is the registration of FIB sources.
func fibSourceKind() kind {
	return kind{
		types: "struct fib_source u8 priority; u8 id; string name[64]",
		modules: []moduleRows{{name: "fib", version: 0x4ef4abc1, semver: "1.0.0", rows: join(
			replyingRows("fib_source_add", 0xb3ac2aec, "fib_source src", 0x604fd6f1, "u8 id"),
			dumpRows("fib_source_dump", 0x51077d14, "", "fib_source_details", 0x8668acdb, "fib_source src"),
		)}},
		serve: serveFIBSource,
	}
}

// Sources that VPP itself has, by their fixed ids.
const (
	sourceSpecial      = 1
	sourceInterface    = 4
	sourceAPI          = 8
	sourceCLI          = 9
	sourceAdjacency    = 15
	sourceRR           = 18 // recursive resolution
	sourceDefaultRoute = 20
	sourcePathMTU      = 22
	// lastSource is the first id that is not given any more.
	lastSource = 255
)

// fibSource is who may own routes. Among equal classes the slot decides: who
// came first wins.
type fibSource struct {
	name        string
	class, slot uint8
	behaviour   sourceBehaviour
}

type sourceBehaviour uint8

const (
	keepsPaths sourceBehaviour = iota // the usual
	alwaysDrop                        // whatever paths it gives
	asCover                           // the paths of the covering route
)

func (f *fib) registerSources() {
	for _, s := range []fibSource{
		{"invalid", 255, 0, alwaysDrop}, {name: "special", class: 0}, {name: "classify", class: 1}, {name: "proxy", class: 2},
		{name: "interface", class: 3}, {name: "SR", class: 16}, {name: "BIER", class: 32}, {name: "6RD", class: 48},
		{name: "API", class: 128}, {name: "CLI", class: 129}, {name: "LISP", class: 144}, {name: "MAP", class: 160},
		{name: "DHCP", class: 176}, {name: "IPv6-proxy-nd", class: 192}, {name: "IPv6-nd", class: 193},
		{name: "adjacency", class: 208}, {name: "mpls", class: 224}, {name: "attached_export", class: 240},
		{"recursive-resolution", 251, 0, asCover}, {"urpf-exempt", 252, 0, asCover}, {"default-route", 253, 0, alwaysDrop},
		{name: "interpose", class: 254}, {name: "path-mtu", class: 16},
	} {
		f.addSource(s)
	}
}

// addSource gives a source its id; 0, the invalid one, when there are no more.
func (f *fib) addSource(s fibSource) uint8 {
	if len(f.sources) >= lastSource {
		return 0
	}
	s.slot = f.slots[s.class]
	f.slots[s.class]++
	f.sources = append(f.sources, s)
	return uint8(len(f.sources) - 1)
}

func (f *fib) behaviour(source uint8) sourceBehaviour {
	if int(source) >= len(f.sources) {
		return alwaysDrop
	}
	return f.sources[source].behaviour
}

type (
	wireFIBSource struct {
		Priority, ID uint8
		Name         string
	}
	fibSourceAdd      struct{ Src wireFIBSource }
	fibSourceAddReply struct {
		Retval int32
		ID     uint8
	}
	fibSourceDetails struct{ Src wireFIBSource }
)

func serveFIBSource(r *registry) {
	f := r.state.fib
	added := sends[fibSourceAddReply](r, "fib_source_add_reply")
	on(r, "fib_source_add", func(c *call, m *fibSourceAdd) {
		added.send(c, &fibSourceAddReply{ID: f.addSource(fibSource{name: m.Src.Name, class: m.Src.Priority})})
	})
	details := sends[fibSourceDetails](r, "fib_source_details")
	on(r, "fib_source_dump", func(c *call, _ *empty) {
		for id, s := range f.sources {
			details.send(c, &fibSourceDetails{wireFIBSource{Priority: s.class, ID: uint8(id), Name: s.name}})
		}
	})
}
