package v1alpha1

const (
	notUnicastMAC = "must be a unicast address other than 00:00:00:00:00:00"
	notAnAddress  = "must be an IPv4 or IPv6 address"
	notUnicast    = "must be a unicast address"
	noPrefix      = "must be an address with the length of its prefix, such as 192.0.2.1/24 or 2001:db8::1/64"
	isNetwork     = "must not be the address of the network itself"
	isBroadcast   = "must not be the broadcast address of the network"
)

func address(a string) string { return "{addresses: ['" + a + "']}" }

var interfaceCase = kindCase{
	kind: "Interface",
	base: `{nodeName: node1}`,
	refusals: []refusal{
		{name: "no type", spec: `{loopback: null}`, path: "spec", message: "exactly one of the fields in [loopback tap memif hostInterface physical subInterface bond vxlan gre ipip vhostUser] must be set"},
		{name: "two types", spec: `{loopback: {}, tap: {host: {name: a}}}`, path: "spec", message: "exactly one of the fields in [loopback"},

		// Common fields
		{name: "admin state", spec: `{adminState: up}`, path: "spec.adminState", message: `supported values: "Up", "Down"`},
		{name: "mtu below IPv4's least", spec: `{mtu: 67}`, path: "spec.mtu", message: "should be greater than or equal to 68"},
		{name: "mtu too large", spec: `{mtu: 65536}`, path: "spec.mtu", message: "should be less than or equal to 65535"},
		{name: "mtu above the link's", spec: `{tap: {host: {name: a}}, mtu: 1501, linkMTU: 1500}`, path: "spec.mtu", message: "must not be above linkMTU"},
		{name: "linkMTU on a loopback", spec: `{linkMTU: 1500}`, path: "spec.linkMTU", message: "can be set on tap, memif, hostInterface (not in IP mode), physical and vxlan only"},
		{name: "linkMTU on a sub-interface", spec: `{subInterface: {parent: eth0, vlanID: 2}, linkMTU: 1500}`, path: "spec.linkMTU", message: "can be set on"},
		{name: "linkMTU on a bond", spec: `{bond: {mode: XOR}, linkMTU: 1500}`, path: "spec.linkMTU", message: "can be set on"},
		{name: "linkMTU on a tun", spec: `{tap: {host: {name: a}, tun: true}, linkMTU: 1500}`, path: "spec.linkMTU", message: "can be set on"},
		{name: "linkMTU on an IP memif", spec: `{memif: {role: Slave, socket: /a, mode: IP}, linkMTU: 1500}`, path: "spec.linkMTU", message: "can be set on"},
		{name: "MAC of five bytes", spec: `{macAddress: "02:00:00:00:00"}`, path: "spec.macAddress", message: "should match"},
		{name: "zero MAC", spec: `{macAddress: "00:00:00:00:00:00"}`, path: "spec.macAddress", message: notUnicastMAC},
		{name: "multicast MAC", spec: `{macAddress: "01:00:5e:00:00:01"}`, path: "spec.macAddress", message: notUnicastMAC},
		{name: "broadcast MAC", spec: `{macAddress: "FF:FF:FF:FF:FF:FF"}`, path: "spec.macAddress", message: notUnicastMAC},
		{name: "MAC on a sub-interface", spec: `{subInterface: {parent: eth0, vlanID: 2}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "this type of interface has no MAC address of its own"},
		{name: "MAC on an IP memif", spec: `{memif: {role: Slave, socket: /a, mode: IP}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "no MAC address of its own"},
		{name: "MAC on an IP host interface", spec: `{hostInterface: {name: a, mode: IP}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "no MAC address of its own"},
		{name: "MAC on a tun", spec: `{tap: {host: {name: a}, tun: true}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "no MAC address of its own"},
		{name: "MAC on ipip", spec: `{ipip: {source: 192.0.2.1, destination: 192.0.2.2}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "no MAC address of its own"},
		{name: "MAC on gre of IP", spec: `{gre: {source: 192.0.2.1, destination: 192.0.2.2}, macAddress: "02:00:00:00:00:01"}`, path: "spec.macAddress", message: "no MAC address of its own"},
		{name: "vrf name", spec: `{vrf: Blue}`, path: "spec.vrf", message: "should match"},
		{name: "addresses and unnumbered", spec: `{addresses: [192.0.2.1/24], unnumbered: loop0}`, path: "spec", message: "at most one of the fields in [addresses unnumbered] may be set"},
		{name: "unnumbered by itself", spec: `{unnumbered: object}`, path: "spec.unnumbered", message: "must name another interface"},
		{name: "unnumbered by itself, named", spec: `{name: a, unnumbered: a}`, path: "spec.unnumbered", message: "must name another interface"},
		{name: "queues of a loopback", spec: `{rxMode: Polling}`, path: "spec", message: "rxMode, rxPlacement and txPlacement need queues: tap, memif, hostInterface, physical and vhostUser have them"},
		{name: "queues of a bond", spec: `{bond: {mode: XOR}, rxPlacement: [{queue: 0, thread: 1}]}`, path: "spec", message: "need queues"},
		{name: "queues of a tunnel", spec: `{ipip: {source: 192.0.2.1, destination: 192.0.2.2}, txPlacement: [{queue: 0, threads: [1]}]}`, path: "spec", message: "need queues"},
		{name: "rx mode", spec: `{tap: {host: {name: a}}, rxMode: Default}`, path: "spec.rxMode", message: `supported values: "Polling", "Interrupt", "Adaptive"`},
		{name: "a queue placed twice", spec: `{tap: {host: {name: a}}, rxPlacement: [{queue: 0, thread: 1}, {queue: 0, thread: 2}]}`, path: "spec.rxPlacement", message: "Duplicate value"},
		{name: "a queue on no thread", spec: `{tap: {host: {name: a}}, txPlacement: [{queue: 0, threads: []}]}`, path: "spec.txPlacement.threads", message: "at least 1 items"},
		{name: "a queue without thread", spec: `{tap: {host: {name: a}}, rxPlacement: [{queue: 0}]}`, path: "spec.rxPlacement.thread", message: "Required value"},
		{name: "promiscuous tap", spec: `{tap: {host: {name: a}}, promiscuous: true}`, path: "spec.promiscuous", message: "only a physical interface can be promiscuous"},

		// Addresses
		{name: "address without length", spec: address("192.0.2.1"), path: "spec.addresses", message: noPrefix},
		{name: "address of length 0", spec: address("192.0.2.1/0"), path: "spec.addresses", message: noPrefix},
		{name: "length beyond the family's", spec: address("192.0.2.1/33"), path: "spec.addresses", message: noPrefix},
		{name: "leading zeros", spec: address("192.0.002.1/24"), path: "spec.addresses", message: noPrefix},
		{name: "IPv4-mapped", spec: address("::ffff:192.0.2.1/120"), path: "spec.addresses", message: noPrefix},
		{name: "zone", spec: address("fe80::1%eth0/128"), path: "spec.addresses", message: noPrefix},
		{name: "not an address", spec: address("loop0"), path: "spec.addresses", message: noPrefix},
		{name: "IPv4 multicast", spec: address("224.0.0.5/24"), path: "spec.addresses", message: notUnicast},
		{name: "IPv6 multicast", spec: address("ff02::5/64"), path: "spec.addresses", message: notUnicast},
		{name: "IPv4 unspecified", spec: address("0.0.0.0/32"), path: "spec.addresses", message: notUnicast},
		{name: "IPv6 unspecified", spec: address("::/128"), path: "spec.addresses", message: notUnicast},
		{name: "limited broadcast", spec: address("255.255.255.255/32"), path: "spec.addresses", message: notUnicast},
		{name: "IPv4 network", spec: address("192.0.2.0/24"), path: "spec.addresses", message: isNetwork},
		{name: "IPv4 network of four", spec: address("192.0.2.4/30"), path: "spec.addresses", message: isNetwork},
		{name: "IPv6 network", spec: address("2001:db8::/64"), path: "spec.addresses", message: isNetwork},
		{name: "broadcast, whole octets", spec: address("192.0.2.255/24"), path: "spec.addresses", message: isBroadcast},
		{name: "broadcast of four", spec: address("192.0.2.7/30"), path: "spec.addresses", message: isBroadcast},
		{name: "broadcast across an octet", spec: address("10.0.3.255/22"), path: "spec.addresses", message: isBroadcast},
		{name: "broadcast across three octets", spec: address("10.127.255.255/9"), path: "spec.addresses", message: isBroadcast},
		{name: "broadcast in the first octet", spec: address("127.255.255.255/1"), path: "spec.addresses", message: isBroadcast},
		{name: "link-local of a length", spec: address("fe80::1/64"), path: "spec.addresses", message: "a link-local IPv6 address must have length 128"},
		{name: "two link-local addresses", spec: `{addresses: ["fe80::1/128", "fe80::2/128"]}`, path: "spec.addresses", message: "an interface has one link-local IPv6 address"},
		{name: "an address twice", spec: `{addresses: [192.0.2.1/24, 192.0.2.1/24]}`, path: "spec.addresses", message: "Duplicate value"},

		// loopback, tap
		{name: "loopback instance", spec: `{loopback: {instance: 16384}}`, path: "spec.loopback.instance", message: "less than or equal to 16383"},
		{name: "tap id", spec: `{tap: {host: {name: a}, id: 8192}}`, path: "spec.tap.id", message: "less than or equal to 8191"},
		{name: "ring no power of two", spec: `{tap: {host: {name: a}, rxRingSize: 1000}}`, path: "spec.tap.rxRingSize", message: "supported values"},
		{name: "tap without host name", spec: `{tap: {host: {mtu: 1500}}}`, path: "spec.tap.host.name", message: "Required value"},
		{name: "host name of 16", spec: `{tap: {host: {name: a234567890123456}}}`, path: "spec.tap.host.name", message: "may not be more than 15"},
		{name: "host name with a slash", spec: `{tap: {host: {name: a/b}}}`, path: "spec.tap.host.name", message: "should match"},
		{name: "host name of dots", spec: `{tap: {host: {name: ..}}}`, path: "spec.tap.host.name", message: "should match"},
		{name: "namespace as a path", spec: `{tap: {host: {name: a, namespace: /proc/1/ns/net}}}`, path: "spec.tap.host.namespace", message: "should match"},
		{name: "multicast MAC on the host", spec: `{tap: {host: {name: a, macAddress: "03:00:00:00:00:01"}}}`, path: "spec.tap.host.macAddress", message: notUnicastMAC},
		{name: "two addresses of a family on the host", spec: `{tap: {host: {name: a, addresses: [192.0.2.1/24, 192.0.2.2/24]}}}`, path: "spec.tap.host.addresses", message: "at most one address of each family"},
		{name: "network as the host's address", spec: `{tap: {host: {name: a, addresses: [192.0.2.0/24]}}}`, path: "spec.tap.host.addresses", message: isNetwork},
		{name: "two gateways of a family", spec: `{tap: {host: {name: a, addresses: [192.0.2.1/24], gateways: [192.0.2.2, 192.0.2.3]}}}`, path: "spec.tap.host.gateways", message: "at most one gateway of each family"},
		{name: "gateway elsewhere", spec: `{tap: {host: {name: a, addresses: [192.0.2.1/24], gateways: [198.51.100.1]}}}`, path: "spec.tap.host.gateways", message: "a gateway must be in the network of one of addresses"},
		{name: "gateway without address", spec: `{tap: {host: {name: a, gateways: ["fe80::1"]}}}`, path: "spec.tap.host.gateways", message: "a gateway must be in the network of one of addresses"},
		{name: "gateway no address", spec: `{tap: {host: {name: a, addresses: [192.0.2.1/24], gateways: [not an address]}}}`, path: "spec.tap.host.gateways", message: notAnAddress},
		{name: "tun in a bridge", spec: `{tap: {tun: true, host: {name: a, bridge: br0}}}`, path: "spec.tap.tun", message: "a tun has no Ethernet: host.macAddress and host.bridge do not go with it"},
		{name: "tun with a MAC", spec: `{tap: {tun: true, host: {name: a, macAddress: "02:00:00:00:00:01"}}}`, path: "spec.tap.tun", message: "a tun has no Ethernet"},

		// memif
		{name: "memif role", spec: `{memif: {role: Server, socket: /a}}`, path: "spec.memif.role", message: `supported values: "Master", "Slave"`},
		{name: "memif without role", spec: `{memif: {socket: /a}}`, path: "spec.memif.role", message: "Required value"},
		{name: "relative socket", spec: `{memif: {role: Slave, socket: memif.sock}}`, path: "spec.memif.socket", message: "should match"},
		{name: "abstract socket as Linux writes it", spec: `{memif: {role: Slave, socket: "@a"}}`, path: "spec.memif.socket", message: "should match"},
		{name: "abstract socket without a name", spec: `{memif: {role: Slave, socket: "abstract:"}}`, path: "spec.memif.socket", message: "should match"},
		{name: "memif id", spec: `{memif: {role: Slave, socket: /a, id: 4294967296}}`, path: "spec.memif.id", message: "less than or equal to"},
		{name: "memif ring", spec: `{memif: {role: Slave, socket: /a, ringSize: 32768}}`, path: "spec.memif.ringSize", message: "supported values"},
		{name: "queues of the master", spec: `{memif: {role: Master, socket: /a, rxQueues: 2}}`, path: "spec.memif.role", message: "the slave decides on queues, ring and buffer size: leave them out on the master"},
		{name: "ring of the master", spec: `{memif: {role: Master, socket: /a, ringSize: 1024}}`, path: "spec.memif.role", message: "the slave decides"},
		{name: "secret by value", spec: `{memif: {role: Slave, socket: /a, secret: psst}}`, path: "spec.memif.secret", message: "unknown field"},
		{name: "secret without key", spec: `{memif: {role: Slave, socket: /a, secretRef: {name: a}}}`, path: "spec.memif.secretRef.key", message: "Required value"},
		{name: "secret of another namespace", spec: `{memif: {role: Slave, socket: /a, secretRef: {name: a, key: b, namespace: c}}}`, path: "spec.memif.secretRef.namespace", message: "unknown field"},

		// hostInterface
		{name: "64 queues, which kill VPP", spec: `{hostInterface: {name: a, rxQueues: 64}}`, path: "spec.hostInterface.rxQueues", message: "less than or equal to 16"},
		{name: "frame size no multiple", spec: `{hostInterface: {name: a, rxFrameSize: 2000, rxFramesPerBlock: 512}}`, path: "spec.hostInterface.rxFrameSize", message: "multiple of 128"},
		{name: "rx block no multiple of a page", spec: `{hostInterface: {name: a, rxFramesPerBlock: 31}}`, path: "spec.hostInterface.rxFrameSize", message: "rxFrameSize (default 2048) times rxFramesPerBlock (default 32) must be a multiple of 4096"},
		{name: "tx block no multiple of a page", spec: `{hostInterface: {name: a, txFrameSize: 2048, txFramesPerBlock: 1}}`, path: "spec.hostInterface.txFrameSize", message: "txFrameSize (default 67584) times txFramesPerBlock (default 1024) must be a multiple of 4096"},

		// physical
		{name: "physical by nothing", spec: `{physical: {}}`, path: "spec.physical", message: "exactly one of the fields in [name macAddress] must be set"},
		{name: "physical by both", spec: `{physical: {name: a, macAddress: "02:00:00:00:00:01"}}`, path: "spec.physical", message: "exactly one of"},
		{name: "VPP name with a space", spec: `{physical: {name: "eth 0"}}`, path: "spec.physical.name", message: "should match"},

		// subInterface
		{name: "VLAN 0", spec: `{subInterface: {parent: eth0, vlanID: 0}}`, path: "spec.subInterface.vlanID", message: "greater than or equal to 1"},
		{name: "VLAN 4095", spec: `{subInterface: {parent: eth0, vlanID: 4095}}`, path: "spec.subInterface.vlanID", message: "less than or equal to 4094"},
		{name: "inner VLAN 5000", spec: `{subInterface: {parent: eth0, vlanID: 2, innerVLANID: 5000}}`, path: "spec.subInterface.innerVLANID", message: "less than or equal to 4094"},
		{name: "parent of itself", spec: `{subInterface: {parent: object, vlanID: 2}}`, path: "spec.subInterface.parent", message: "must name another interface"},
		{name: "addresses without exact match", spec: `{subInterface: {parent: eth0, vlanID: 2, exactMatch: false}, addresses: [192.0.2.1/24]}`, path: "spec.subInterface.exactMatch", message: "IP needs exactMatch on a sub-interface"},

		// bond
		{name: "bond without mode", spec: `{bond: {}}`, path: "spec.bond.mode", message: "Required value"},
		{name: "balance in active-backup", spec: `{bond: {mode: ActiveBackup, loadBalance: L34}}`, path: "spec.bond.loadBalance", message: "goes with mode XOR or LACP only"},
		{name: "weight in LACP", spec: `{bond: {mode: LACP, members: [{interface: a, weight: 1}]}}`, path: "spec.bond.members", message: "weight goes with mode ActiveBackup only"},
		{name: "LACP timeout in XOR", spec: `{bond: {mode: XOR, members: [{interface: a, lacpTimeout: Long}]}}`, path: "spec.bond.members", message: "lacpMode and lacpTimeout go with mode LACP only"},
		{name: "LACP mode in XOR", spec: `{bond: {mode: XOR, members: [{interface: a, lacpMode: Passive}]}}`, path: "spec.bond.members", message: "lacpMode and lacpTimeout go with mode LACP only"},
		{name: "a member twice", spec: `{bond: {mode: XOR, members: [{interface: a}, {interface: a}]}}`, path: "spec.bond.members", message: "Duplicate value"},
		{name: "member of itself", spec: `{bond: {mode: XOR, members: [{interface: object}]}}`, path: "spec.bond.members", message: "must name other interfaces"},

		// Tunnels
		{name: "VNI 0", spec: `{vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 0}}`, path: "spec.vxlan.vni", message: "greater than or equal to 1"},
		{name: "VNI of 25 bits", spec: `{vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 16777216}}`, path: "spec.vxlan.vni", message: "less than or equal to 16777215"},
		{name: "UDP port", spec: `{vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 1, destinationPort: 65536}}`, path: "spec.vxlan.destinationPort", message: "less than or equal to 65535"},
		{name: "vxlan between families", spec: `{vxlan: {source: 192.0.2.1, destination: "2001:db8::2", vni: 1}}`, path: "spec.vxlan.destination", message: "source and destination must be of one family"},
		{name: "vxlan to itself", spec: `{vxlan: {source: 192.0.2.1, destination: 192.0.2.1, vni: 1}}`, path: "spec.vxlan.destination", message: "source and destination must differ"},
		{name: "vxlan to itself, spelt otherwise", spec: `{vxlan: {source: "2001:db8::1", destination: "2001:DB8:0::1", vni: 1}}`, path: "spec.vxlan.destination", message: "source and destination must differ"},
		{name: "vxlan from a group", spec: `{vxlan: {source: 239.1.1.1, destination: 192.0.2.2, vni: 1}}`, path: "spec.vxlan.source", message: notUnicast},
		{name: "vxlan to nobody", spec: `{vxlan: {source: 192.0.2.1, destination: 0.0.0.0, vni: 1}}`, path: "spec.vxlan.destination", message: "must be a unicast or multicast address"},
		{name: "vxlan to a name", spec: `{vxlan: {source: 192.0.2.1, destination: node2, vni: 1}}`, path: "spec.vxlan.destination", message: notAnAddress},
		{name: "IPv4 group without interface", spec: `{vxlan: {source: 192.0.2.1, destination: 239.1.1.1, vni: 1}}`, path: "spec.vxlan.multicastInterface", message: "goes with a multicast destination, which needs it"},
		{name: "IPv6 group without interface", spec: `{vxlan: {source: "2001:db8::1", destination: "ff0e::1", vni: 1}}`, path: "spec.vxlan.multicastInterface", message: "goes with a multicast destination, which needs it"},
		{name: "interface without group", spec: `{vxlan: {source: 192.0.2.1, destination: 192.0.2.2, vni: 1, multicastInterface: eth0}}`, path: "spec.vxlan.multicastInterface", message: "goes with a multicast destination, which needs it"},
		{name: "group through itself", spec: `{vxlan: {source: 192.0.2.1, destination: 239.1.1.1, vni: 1, multicastInterface: object}}`, path: "spec.vxlan.multicastInterface", message: "must name another interface"},
		{name: "gre without source", spec: `{gre: {destination: 192.0.2.2}}`, path: "spec.gre.source", message: "Required value"},
		{name: "gre to itself", spec: `{gre: {source: 192.0.2.1, destination: 192.0.2.1}}`, path: "spec.gre.destination", message: "source and destination must differ"},
		{name: "gre to a group", spec: `{gre: {source: 192.0.2.1, destination: 239.1.1.1}}`, path: "spec.gre.destination", message: notUnicast},
		{name: "session without ERSPAN", spec: `{gre: {source: 192.0.2.1, destination: 192.0.2.2, sessionID: 1}}`, path: "spec.gre.sessionID", message: "goes with type ERSPAN only"},
		{name: "session of eleven bits", spec: `{gre: {source: 192.0.2.1, destination: 192.0.2.2, type: ERSPAN, sessionID: 1024}}`, path: "spec.gre.sessionID", message: "less than or equal to 1023"},
		{name: "key with ERSPAN", spec: `{gre: {source: 192.0.2.1, destination: 192.0.2.2, type: ERSPAN, key: 1}}`, path: "spec.gre.key", message: "does not go with type ERSPAN"},
		{name: "ipip between families", spec: `{ipip: {source: 192.0.2.1, destination: "2001:db8::2"}}`, path: "spec.ipip.destination", message: "source and destination must be of one family"},
		{name: "ipip to a group", spec: `{ipip: {source: "2001:db8::1", destination: "ff0e::1"}}`, path: "spec.ipip.destination", message: notUnicast},
		{name: "DSCP", spec: `{ipip: {source: 192.0.2.1, destination: 192.0.2.2, dscp: 64}}`, path: "spec.ipip.dscp", message: "less than or equal to 63"},
		{name: "DSCP set and copied", spec: `{ipip: {source: 192.0.2.1, destination: 192.0.2.2, dscp: 46, flags: [EncapCopyDSCP]}}`, path: "spec.ipip.dscp", message: "does not go with flag EncapCopyDSCP"},
		{name: "tunnel flag", spec: `{ipip: {source: 192.0.2.1, destination: 192.0.2.2, flags: [CopyAll]}}`, path: "spec.ipip.flags", message: "supported values"},

		// vhostUser
		{name: "vhost-user socket", spec: `{vhostUser: {socket: vm1.sock}}`, path: "spec.vhostUser.socket", message: "should match"},
		{name: "vhost-user mode", spec: `{vhostUser: {socket: /a, mode: Master}}`, path: "spec.vhostUser.mode", message: `supported values: "Client", "Server"`},
	},
}
