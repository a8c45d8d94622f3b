package v1alpha1

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

// edge is what is at the edge of the rules, but right, of the kinds whose cases do
// not say it.
var edge = map[string][]string{
	"Interface": {
		`{name: ` + long49 + `, loopback: {instance: 16383}}`,
		`{addresses: [192.0.2.0/31, 192.0.2.2/32, 192.0.2.255/32, 192.0.2.131/31]}`,
		`{addresses: [10.0.2.255/22, 10.0.1.0/16, 10.1.0.255/16, 100.127.255.254/10, 126.255.255.255/1]}`,
		`{addresses: ["2001:db8::/127", "2001:db8::1:ffff:ffff:ffff:ffff/64", "fe80::1/128", "2001:db8:2::/128"]}`,
		`{addresses: [169.254.0.1/16, 127.0.0.1/8, 128.0.0.1/1], unnumbered: null}`,
		`{adminState: Down, mtu: 68, vrf: default}`,
		`{tap: {tun: true, host: {name: a, addresses: [192.0.2.1/24, "2001:db8::1/64"], gateways: [192.0.2.2, "fe80::1"]}}}`,
		`{tap: {host: {name: a, namespace: blue, bridge: br0, macAddress: "02:00:00:00:00:01"}, rxRingSize: 32768}, mtu: 1500, linkMTU: 1500}`,
		`{physical: {name: a}, promiscuous: true, macAddress: "aA:Bb:00:00:00:01", linkMTU: 9000}`,
		`{promiscuous: false}`,
		`{hostInterface: {name: a23456789012345, rxFrameSize: 10240, txFrameSize: 2048, rxFramesPerBlock: 1024, txFramesPerBlock: 2, rxQueues: 16}}`,
		`{subInterface: {parent: eth0, vlanID: 4094, innerVLANID: 1, exactMatch: false}}`,
		`{bond: {mode: ActiveBackup, members: [{interface: a, weight: 4294967295}, {interface: b}]}}`,
		`{bond: {mode: XOR, loadBalance: L23}}`,
		`{bond: {mode: LACP, members: [{interface: a, lacpMode: Passive}]}}`,
		`{gre: {source: 192.0.2.1, destination: 192.0.2.2, type: TEB, key: 4294967295}, macAddress: "02:00:00:00:00:01"}`,
		`{gre: {source: "fe80::1", destination: "fe80::2", type: ERSPAN, sessionID: 1023}}`,
		`{ipip: {source: 192.0.2.1, destination: 192.0.2.2, dscp: 63, flags: [EncapCopyECN]}}`,
		`{memif: {role: Slave, socket: "abstract:a", mode: IP, id: 4294967295, ringSize: 64}, rxMode: Polling}`,
	},
	"VRF": {`{tableID: 4294967294, ipv6: false}`, `{ipv4: false, flowHash: [FlowLabel]}`},
	"BridgeDomain": {
		`{}`,
		`{id: 16777215, macAge: 255, learnLimit: 4294967295, flood: false, unknownUnicastFlood: false, forward: false, learn: false}`,
		`{bvi: lo, unknownUnicastInterface: up, ports: [{interface: a, splitHorizonGroup: 255}, {interface: b}]}`,
		`{ports: [{interface: a, tagRewrite: {pop: 2}}, {interface: b, tagRewrite: {push: [1, 4094], dot1ad: true}}, {interface: c, tagRewrite: {pop: 1, push: [7]}}]}`,
		`{ports: [{interface: a}], fibEntries: [{macAddress: "02:00:00:00:00:01", interface: a}, {macAddress: "02:00:00:00:00:02", filter: true}]}`,
		`{arpTermination: true, arpEntries: [{address: 192.0.2.1, macAddress: "02:00:00:00:00:01"}, {address: "2001:db8::1", macAddress: "02:00:00:00:00:01"}]}`,
	},
	"CrossConnect": {`{oneWay: true, adopt: true}`},
	"Neighbor":     {`{address: "fe80::1", static: false, noFIBEntry: true}`},
	"NAT44": {
		`{insideVRF: blue, outsideVRF: red, sessions: 1000000, insideInterfaces: [a], outsideInterfaces: [a], outputInterfaces: [b]}`,
		`{pools: [{first: 10.0.0.0, last: 10.0.15.255, vrf: blue}, {first: 9.255.255.255, last: 10.0.0.0}, {interface: a, twiceNAT: true}], mssClamp: 65535}`,
		`{sessionLimits: [{vrf: a, limit: 1}], vrfTables: [{vrf: a, routes: [b, default]}, {vrf: b}], adopt: true, allowDisruption: true}`,
	},
	"NAT44Mapping": {
		`{vrf: blue, adopt: true}`,
		`{staticMappings: [{externalInterface: a, externalPort: 65535, localAddress: 10.0.0.1, localPort: 65535, protocol: ICMP, selfTwiceNAT: true, out2inOnly: true, poolAddress: 192.0.2.1}]}`,
		`{staticMappings: null, identityMappings: [{interface: a}, {address: 10.0.0.1, port: 65535, protocol: UDP}]}`,
		`{staticMappings: null, vrf: blue, loadBalancedMappings: [{externalAddress: 203.0.113.1, externalPort: 65535, protocol: UDP, affinity: 604800, out2inOnly: true, backends: [{address: 10.0.0.1, port: 65535, probability: 254}, {address: 10.0.0.2, port: 1, probability: 1}]}]}`,
	},
	"Route": {
		`{prefixes: [0.0.0.0/0]}`,
		`{prefixes: ["::/0"], paths: [{nextHop: "fe80::1", interface: eth0}]}`,
		`{paths: [{nextHop: 192.0.2.1, nextHopVRF: blue, weight: 255, preference: 255, labels: [0, 3, 1048575]}, {interface: eth0}]}`,
		`{paths: null, action: Local}`,
		`{paths: null, vrf: blue, lookupVRF: default}`,
	},
	"AccessList": {
		`{name: ` + long49 + `, rules: [{action: Deny, family: IPv6}]}`,
		`{rules: [{action: PermitReflect, sources: [0.0.0.0/0], destinations: [192.0.2.1/32], protocol: TCP, sourcePorts: ["0"], destinationPorts: ["65535", "1-1", "0-65535"], tcpFlags: {set: [SYN], clear: [ACK, FIN]}}]}`,
		`{rules: [{action: Permit, family: IPv6, destinations: ["2001:db8::/32"], protocol: ICMPv6, icmpTypes: ["133-137"], icmpCodes: ["0"]}, {action: Deny, protocol: ICMP, icmpTypes: ["255"]}]}`,
		`{rules: [{action: Permit, protocolNumber: 255}, {action: Permit, protocol: AH}], interfaces: [{interface: eth0, direction: Input}, {interface: eth0, direction: Output, priority: 65535}]}`,
		`{rules: [` + strings.Join(accessRules(31, 64), ", ") + `, {action: Deny, sources: [` + strings.Join(prefixes(16), ", ") + `]}]}`,
	},
	"MACAccessList": {
		`{name: ` + long49 + `, rules: [{action: Deny, sourceMAC: "00:00:5E:00:00:00", sourceMACMask: "ff:ff:ff:00:00:00"}, {action: Permit}]}`,
		`{rules: [{action: Permit, sourceMAC: "02:00:00:00:00:01", sources: [192.0.2.1/32, "2001:db8::/64"]}], interfaces: [eth0, eth1]}`,
		`{rules: [` + strings.Join(macRules(998), ", ") + `, {action: Deny}]}`,
	},
	"Policer": {
		`{cir: 4294967295, cbs: 4294967295, rounding: Up, conformAction: {type: MarkAndTransmit, dscp: 63}, violateAction: {type: MarkAndTransmit, dscp: 0}}`,
		`{rateUnit: PacketsPerSecond, cir: 2097151999, cbs: 1, inputInterfaces: [a], outputInterfaces: [a]}`,
		`{type: RFC2697, ebs: 4294967295}`,
		`{type: RFC2698, eir: 4294967295, ebs: 4294967295, colorAware: true}`,
		`{type: RFC4115, rateUnit: PacketsPerSecond, eir: 1000, ebs: 1, exceedAction: {type: Transmit}}`,
	},
	"NAT64": {
		`{prefixes: [{vrf: default, prefix: "64:ff9b::/96"}, {vrf: blue, prefix: "2001:db8::/32"}]}`,
		`{pools: [{first: 192.0.2.1}, {first: 192.0.2.9, last: 192.0.2.9, vrf: blue}]}`,
		`{pools: [{first: 192.0.2.1}], staticBindings: [` + nat64BindingText("TCP", "2001:db8::1", 80, "192.0.2.1", 8080) + `,
			{protocol: ICMP, insideAddress: "2001:db8::1", insidePort: 65535, outsideAddress: 192.0.2.1, outsidePort: 65534, vrf: blue}]}`,
		`{insideInterfaces: [a], outsideInterfaces: [a], timeouts: {udp: 604800, tcpEstablished: 1, tcpTransitory: 1, icmp: 1}}`,
	},
	"DeterministicNAT": {
		`{maps: [{insidePrefix: 100.64.0.0/18, outsidePrefix: 192.0.2.0/24}, {insidePrefix: 10.0.0.1/32, outsidePrefix: 198.51.100.1/32}]}`,
		`{insideInterfaces: [a], outsideInterfaces: [b], timeouts: {udp: 1, tcpEstablished: 604800, tcpTransitory: 604800, icmp: 604800}}`,
	},
	"VPPNode": {`{paused: true, driftPolicy: Report, resyncPeriod: 1h30m, confirmPrune: 3}`, `{resyncPeriod: 1s}`, `{resyncPeriod: 24h}`, `{resyncPeriod: 1.5s}`},
}

// accepted is what is at the edge of the rules, by kind.
func accepted() map[string][]string {
	all := maps.Clone(edge)
	for _, c := range kindCases() {
		all[c.kind] = append(slices.Clip(all[c.kind]), c.accepted...)
	}
	return all
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for kind, specs := range accepted() {
		c := crdOf(t, kind)
		for _, spec := range specs {
			obj := object(t, kind, spec)
			for _, err := range c.admit(obj, object(t, kind, spec)) {
				t.Errorf("%s %s: %v", kind, spec, err)
			}
		}
	}
}

// What is left out is filled in.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ kind, spec, want string }{
		{"Interface", `{loopback: {}}`, `{nodeName: node1, loopback: {}, adminState: Up, vrf: default}`},
		{"Interface", `{tap: {host: {name: a}}}`, `{nodeName: node1, tap: {host: {name: a}, rxQueues: 1, txQueues: 1, rxRingSize: 256, txRingSize: 256}, adminState: Up, vrf: default}`},
		{"Interface", `{memif: {role: Slave, socket: /a}}`, `{nodeName: node1, memif: {role: Slave, socket: /a, mode: Ethernet}, adminState: Up, vrf: default}`},
		{"Interface", `{hostInterface: {name: a}}`, `{nodeName: node1, hostInterface: {name: a, mode: Ethernet, rxQueues: 1, txQueues: 1}, adminState: Up, vrf: default}`},
		{"Interface", `{subInterface: {parent: a, vlanID: 1}}`, `{nodeName: node1, subInterface: {parent: a, vlanID: 1, exactMatch: true}, adminState: Up, vrf: default}`},
		{"Interface", `{vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 1}}`, `{nodeName: node1, vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 1, sourcePort: 4789, destinationPort: 4789, underlayVRF: default}, adminState: Up, vrf: default}`},
		{"Interface", `{gre: {source: 192.0.2.1, destination: 192.0.2.2}}`, `{nodeName: node1, gre: {source: 192.0.2.1, destination: 192.0.2.2, type: L3, underlayVRF: default}, adminState: Up, vrf: default}`},
		{"Interface", `{vhostUser: {socket: /a}}`, `{nodeName: node1, vhostUser: {socket: /a, mode: Client}, adminState: Up, vrf: default}`},
		{"BridgeDomain", `{ports: [{interface: a}]}`, `{nodeName: node1, id: 10, flood: true, unknownUnicastFlood: true, forward: true, learn: true, ports: [{interface: a}]}`},
		{"CrossConnect", `{}`, `{nodeName: node1, interface: a, peer: b}`},
		{"VRF", `{}`, `{nodeName: node1, tableID: 10, ipv4: true, ipv6: true}`},
		{"Route", `{}`, `{nodeName: node1, vrf: default, prefixes: [192.0.2.0/24], paths: [{nextHop: 198.51.100.1}]}`},
		{"Neighbor", `{}`, `{nodeName: node1, interface: eth0, address: 192.0.2.9, macAddress: "02:00:00:00:00:09", static: true}`},
		{"AccessList", `{interfaces: [{interface: eth0, direction: Input}]}`, `{nodeName: node1, rules: [{action: Permit}], interfaces: [{interface: eth0, direction: Input}]}`},
		{"MACAccessList", `{interfaces: [eth0]}`, `{nodeName: node1, rules: [{action: Permit}], interfaces: [eth0]}`},
		{"Policer", `{}`, `{nodeName: node1, type: OneRateTwoColor, rateUnit: Kbps, cir: 1000, cbs: 10000, rounding: Closest}`},
		{"NAT64", `{}`, `{nodeName: node1}`},
		{"DeterministicNAT", `{}`, `{nodeName: node1}`},
		{"PolicyRoute", `{interfaces: [{interface: eth0}]}`, `{nodeName: node1, accessList: list, family: IPv4, paths: [{nextHop: 198.51.100.1}], interfaces: [{interface: eth0}]}`},
		{"NAT44", `{pools: [{first: 192.0.2.1}]}`, `{nodeName: node1, insideVRF: default, outsideVRF: default, sessions: 64512, pools: [{first: 192.0.2.1}]}`},
		{"NAT44Mapping", `{staticMappings: null, identityMappings: [{address: 10.0.0.1}]}`, `{nodeName: node1, vrf: default, identityMappings: [{address: 10.0.0.1}]}`},
		{"VPPNode", `{}`, `{}`},
	} {
		obj := object(t, tc.kind, tc.spec)
		for _, err := range crdOf(t, tc.kind).admit(obj, nil) {
			t.Errorf("%s %s: %v", tc.kind, tc.spec, err)
		}
		if want := parse(t, tc.want); !reflect.DeepEqual(obj["spec"], want) {
			t.Errorf("%s %s: got %v, want %v", tc.kind, tc.spec, obj["spec"], want)
		}
	}
	// A VPPNode may have no spec at all.
	node := document{"metadata": document{"name": "node1"}}
	if errs := crdOf(t, "VPPNode").admit(node, nil); len(errs) > 0 || node["spec"] != nil {
		t.Errorf("VPPNode without spec: %v, %v", node, errs)
	}
}

// Everything but node and name can change.
func TestAcceptedChanges(t *testing.T) {
	t.Parallel()
	updates := []struct{ kind, from, to string }{
		{"Interface", `{}`, `{memif: {role: Master, socket: /a}}`},
		{"BridgeDomain", `{}`, `{id: 11, bvi: lo}`},
		{"CrossConnect", `{}`, `{interface: c, peer: d, oneWay: true}`},
		{"VRF", `{}`, `{tableID: 11}`},
		{"Route", `{name: a, vrf: blue}`, `{name: a, vrf: red, prefixes: ["2001:db8::/32"], paths: [{interface: eth0}]}`},
		{"Neighbor", `{}`, `{interface: eth1, address: 192.0.2.10}`},
		{"MACAccessList", `{}`, `{rules: [{action: Deny}], interfaces: [eth0]}`},
		{"AccessList", `{}`, `{rules: [{action: Deny, protocol: TCP}], interfaces: [{interface: eth0, direction: Output}]}`},
		{"Policer", `{}`, `{type: RFC2698, rateUnit: PacketsPerSecond, cir: 5, cbs: 5, eir: 5, ebs: 5, rounding: Down}`},
		{"NAT64", `{prefixes: [{vrf: default, prefix: "64:ff9b::/96"}]}`, `{prefixes: [{vrf: default, prefix: "2001:db8::/96"}]}`},
		{"DeterministicNAT", `{}`, `{maps: [{insidePrefix: 100.64.0.0/24, outsidePrefix: 192.0.2.0/28}]}`},
		{"NAT44", `{name: a}`, `{name: a, insideVRF: blue, sessions: 1, allowDisruption: true}`},
		{"NAT44Mapping", `{}`, `{vrf: blue, staticMappings: null, identityMappings: [{interface: a}]}`},
		{"VPPNode", `{paused: true}`, `{driftPolicy: Report}`},
	}
	for _, c := range kindCases() {
		for _, u := range c.updates {
			updates = append(updates, struct{ kind, from, to string }{c.kind, u[0], u[1]})
		}
	}
	for _, tc := range updates {
		c := crdOf(t, tc.kind)
		for _, err := range c.admit(object(t, tc.kind, tc.to), object(t, tc.kind, tc.from)) {
			t.Errorf("%s from %s to %s: %v", tc.kind, tc.from, tc.to, err)
		}
	}
}

// The longest lists that the schemas allow are accepted: the rules over them
// stay within what an API server spends on one object.
func TestMaximalObjectsAreAccepted(t *testing.T) {
	t.Parallel()
	var v4, v6, addresses, paths, members, rx, tx, threads, ports, macs, arps []string
	for i := range 4096 {
		v4 = append(v4, fmt.Sprintf("203.%d.%d.0/24", i>>8, i&255))
		v6 = append(v6, fmt.Sprintf(`"2001:0db8:1234:5678:9abc:def0:1234:%04x/128"`, i))
	}
	for i := range 64 {
		addresses = append(addresses, fmt.Sprintf(`"2001:0db8:1234:5678:9abc:def0:1234:%04x/128"`, i))
		paths = append(paths, fmt.Sprintf(
			`{nextHop: "2001:0db8:1234:5678:9abc:def0:1234:%04x", nextHopVRF: %s, weight: 255, preference: 255, labels: [%s]}`,
			i, long49, strings.Repeat("1048575, ", 15)+"1048575"))
	}
	for i := range 32 {
		members = append(members, fmt.Sprintf(`{interface: %s%03d, lacpMode: Passive, lacpTimeout: Long}`, long49[:46], i))
	}
	for i := range 256 {
		threads = append(threads, fmt.Sprint(i))
	}
	for i := range 256 {
		ports = append(ports, fmt.Sprintf(`{interface: %s%03d, splitHorizonGroup: 255, tagRewrite: {pop: 2, push: [4094, 4094], dot1ad: true}}`, long49[:46], i))
	}
	for i := range 1000 {
		mac := fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255)
		macs = append(macs, fmt.Sprintf(`{macAddress: %q, interface: %s255}`, mac, long49[:46]))
		arps = append(arps, fmt.Sprintf(`{address: "2001:0db8:1234:5678:9abc:def0:1234:%04x", macAddress: %q}`, i, mac))
	}
	all := strings.Join(threads, ", ")
	for i := range 128 {
		rx = append(rx, fmt.Sprintf("{queue: %d, thread: 255}", i))
		tx = append(tx, fmt.Sprintf("{queue: %d, threads: [%s]}", i, all))
	}
	var mappings, balanced, backends, named, limits, tables []string
	for i := range 980 {
		mappings = append(mappings, fmt.Sprintf(`{localAddress: 100.100.10%d.1%02d, localPort: 65535, externalInterface: %s%03d, externalPort: 65535, protocol: ICMP, `+
			`selfTwiceNAT: true, out2inOnly: true, poolAddress: 100.100.100.100}`, i/100, i%100, long49[:46], i))
	}
	for i := range 16 {
		backends = append(backends, fmt.Sprintf(`{address: 100.100.100.1%02d, port: 65535, probability: 15}`, i))
	}
	for i := range 20 {
		balanced = append(balanced, fmt.Sprintf(`{externalAddress: 100.100.100.1%02d, externalPort: 65535, protocol: TCP, selfTwiceNAT: true, out2inOnly: true, `+
			`affinity: 604800, backends: [%s]}`, i, strings.Join(backends, ", ")))
	}
	for i := range 128 {
		named = append(named, fmt.Sprintf("%s%03d", long49[:46], i))
	}
	for _, name := range named[:64] {
		limits = append(limits, fmt.Sprintf("{vrf: %s, limit: 1000000}", name))
		tables = append(tables, fmt.Sprintf("{vrf: %s, routes: [%s]}", name, strings.Join(named[:32], ", ")))
	}
	// A rule with two of the longest prefixes, and one with as many fields as fit.
	var access, dense []string
	for i := range 1000 {
		access = append(access, fmt.Sprintf(`{action: PermitReflect, family: IPv6, sources: [%s], destinations: [%s], protocol: ICMPv6}`, v6[i], v6[i+1000]))
		dense = append(dense, fmt.Sprintf(`{action: PermitReflect, family: IPv6, sources: [%s], protocol: TCP, destinationPorts: ["10000-%d"]}`, v6[i], 10000+i))
	}
	var natInterfaces, nat64Prefixes, pools, bindings, maps []string
	for i := range 256 {
		natInterfaces = append(natInterfaces, fmt.Sprintf("%s%03d", long49[:46], i))
	}
	for i := range 64 {
		nat64Prefixes = append(nat64Prefixes, fmt.Sprintf(`{vrf: %s%03d, prefix: "2001:0db8:1234:5678:9abc:%04x:0000:0000/96"}`, long49[:46], i, i))
		pools = append(pools, fmt.Sprintf(`{first: 198.18.1%02d.100, last: 198.18.1%02d.115, vrf: %s}`, i, i, long49))
		maps = append(maps, fmt.Sprintf(`{insidePrefix: 100.1%02d.128.0/18, outsidePrefix: 198.18.1%02d.128/25}`, i, i))
	}
	for i := range 1000 {
		bindings = append(bindings, fmt.Sprintf(
			`{protocol: ICMP, insideAddress: "2001:0db8:1234:5678:9abc:def0:1234:%04x", insidePort: 65535, outsideAddress: 198.18.100.100, outsidePort: 65534, vrf: %s}`,
			i, long49))
	}
	list := func(items []string) string { return "[" + strings.Join(items, ", ") + "]" }
	largest := map[string]struct{ kind, spec string }{
		"4096 IPv4 prefixes":         {"Route", `{prefixes: ` + list(v4) + `}`},
		"4096 IPv6 prefixes":         {"Route", `{name: ` + long49 + `, prefixes: ` + list(v6) + `, paths: ` + list(paths) + `}`},
		"64 addresses":               {"Interface", `{name: ` + long49 + `, addresses: ` + list(addresses) + `}`},
		"128 queues":                 {"Interface", `{tap: {host: {name: a}}, rxPlacement: ` + list(rx) + `, txPlacement: ` + list(tx) + `}`},
		"1000 rules of two prefixes": {"AccessList", `{name: ` + long49 + `, rules: ` + list(access) + `, interfaces: ` + list(accessPlaces(64)) + `}`},
		"1000 rules with ports":      {"AccessList", `{name: ` + long49 + `, rules: ` + list(dense) + `, interfaces: ` + list(accessPlaces(64)) + `}`},
		"1000 MAC addresses":         {"MACAccessList", `{name: ` + long49 + `, rules: ` + list(macRules(1000)) + `, interfaces: ` + list(macPlaces(64)) + `}`},
		"512 policed":                {"Policer", `{inputInterfaces: ` + list(natInterfaces) + `, outputInterfaces: ` + list(natInterfaces) + `}`},
		"1000 bindings": {"NAT64", `{insideInterfaces: ` + list(natInterfaces) + `, outsideInterfaces: ` + list(natInterfaces) + `, prefixes: ` + list(nat64Prefixes) +
			`, pools: ` + list(pools) + `, staticBindings: ` + list(bindings) + `}`},
		"64 maps":    {"DeterministicNAT", `{insideInterfaces: ` + list(natInterfaces) + `, outsideInterfaces: ` + list(natInterfaces) + `, maps: ` + list(maps) + `}`},
		"32 members": {"Interface", `{name: ` + long49 + `, bond: {mode: LACP, members: ` + list(members) + `}}`},
		"256 ports": {"BridgeDomain", `{name: ` + long49 + `, bvi: ` + long49 + `, unknownUnicastInterface: up, arpTermination: true, ports: ` +
			list(ports) + `, fibEntries: ` + list(macs) + `, arpEntries: ` + list(arps) + `}`},
		"1000 mappings": {"NAT44Mapping", `{name: ` + long49 + `, vrf: ` + long49 + `, staticMappings: ` + list(mappings) + `, loadBalancedMappings: ` + list(balanced) + `}`},
		"a full NAT44": {"NAT44", `{name: ` + long49 + `, insideInterfaces: ` + list(named) + `, outsideInterfaces: ` + list(named) + `, pools: [` +
			strings.TrimSuffix(strings.Repeat(`{first: 100.100.100.100, last: 100.100.100.101, vrf: `+long49+`}, `, 64), ", ") +
			`], sessionLimits: ` + list(limits) + `, vrfTables: ` + list(tables) + `}`},
	}
	for _, c := range kindCases() {
		for name, spec := range c.maximal {
			largest[c.kind+" "+name] = struct{ kind, spec string }{c.kind, spec}
		}
	}
	for name, tc := range largest {
		t.Run(name, func(t *testing.T) {
			c, obj := crdOf(t, tc.kind), object(t, tc.kind, tc.spec)
			for _, err := range c.admit(obj, object(t, tc.kind, tc.spec)) {
				t.Error(err)
			}
			// kubectl apply without --server-side keeps the object in an annotation.
			text, err := json.Marshal(obj)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > 256<<10 {
				t.Errorf("%d bytes, which client-side apply refuses", len(text))
			}
		})
	}
}

// A value of the Go types is what the schema takes, and comes back the same:
// no field is lost between kubectl and the agent.
func TestSpecsSurviveGo(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for _, d := range samples(t) {
		kind := d["kind"].(string)
		c := crdOf(t, kind)
		if errs := c.admit(d, nil); len(errs) > 0 {
			t.Fatal(errs)
		}
		obj, err := scheme.New(GroupVersion.WithKind(kind))
		if err != nil {
			t.Fatal(err)
		}
		// Strict: a field that the type lacks is an error.
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(d, obj, true); err != nil {
			t.Fatal(err)
		}
		back, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range c.admit(runtime.DeepCopyJSON(back), nil) {
			t.Errorf("%s %v from Go: %v", kind, d["metadata"], err)
		}
		again := obj.DeepCopyObject()
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(back, again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(obj, again) {
			t.Errorf("%s %v: there and back it is %v", kind, d["metadata"], again)
		}
		if o, ok := obj.(Object); ok {
			if name := d["spec"].(document)["name"]; ResourceName(o) != name || o.GetSpec().NodeName != d["spec"].(document)["nodeName"] {
				t.Errorf("%v: ResourceName %q, want %v", d["metadata"], ResourceName(o), name)
			}
			o.GetSpec().Name = ""
			if ResourceName(o) != o.GetName() {
				t.Errorf("without spec.name ResourceName is %q, want %q", ResourceName(o), o.GetName())
			}
		}
	}
}
