package vpptest

import (
	"hash/fnv"
	"net"
	"strings"
)

// WithDevice gives VPP physical devices from its startup configuration, by
// their names in VPP, as "GigabitEthernet0/8/0" or, with its MAC address,
// "GigabitEthernet0/8/0=52:54:00:00:00:08". Each has two queues and the same
// address at every start; its link is up while the interface is.
func WithDevice(names ...string) Option {
	return func(v *VPP) { v.devices = append(v.devices, names...) }
}

// WithWorkers gives VPP threads beside its main one, over which queues are
// placed.
func WithWorkers(n int) Option { return func(v *VPP) { v.workers = uint32(max(n, 0)) } }

// addDevices makes the devices of the startup configuration.
func (t *interfaceTable) addDevices(names []string) {
	for _, name := range names {
		name, text, _ := strings.Cut(name, "=")
		t.add(&swInterface{device: device{
			name: name, devType: "dpdk", ethernet: true, mac: deviceMAC(name, text), carrier: true,
			linkMTU: usualMTU, resizable: true, promiscuous: true,
			queues: queues{rx: rxQueues(2, rxPolling), tx: 2, modes: []uint32{rxPolling, rxInterrupt, rxAdaptive}},
		}, mtu: [4]uint32{usualMTU}})
	}
	clear(t.events) // there was nobody to tell
}

// deviceMAC is the address given, or one as cards have it.
func deviceMAC(name, text string) mac {
	if given, err := net.ParseMAC(text); err == nil && len(given) == len(mac{}) {
		return mac(given)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	s := h.Sum32()
	return mac{0x00, 0x1b, 0x21, byte(s >> 16), byte(s >> 8), byte(s)}
}
