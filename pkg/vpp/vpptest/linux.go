package vpptest

// linux is the machine that the simulated VPP runs on, as far as VPP needs it.
// It outlasts boots.
type linux struct {
	// missing are the interfaces that it does not have; it has any other.
	missing map[string]bool
}

// WithoutLinuxInterface takes network interfaces away from the machine that
// VPP runs on; without it, the machine has one of every name.
func WithoutLinuxInterface(names ...string) Option {
	return func(v *VPP) {
		for _, n := range names {
			v.SetLinuxInterface(n, false)
		}
	}
}

// SetLinuxInterface lets a network interface of the machine appear or
// disappear. VPP's own interface on it stays as it is.
func (v *VPP) SetLinuxInterface(name string, present bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.linux.missing == nil {
		v.linux.missing = map[string]bool{}
	}
	v.linux.missing[name] = !present
}

func (v *VPP) hasLinuxInterface(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return name != "" && !v.linux.missing[name]
}
