// Package e2e tests the whole of it: the real binary of the agent, a real API
// server, and a VPP, simulated or, where VPP_BIN names one, real.
//
// A scenario is a text archive in the folder scenarios (those in alone have the
// API server for themselves): a script, a line a command, and the files that it
// uses. Run one with
//
//	go test ./test/e2e -run 'TestScenarios/^vrf$' -v
//
// # Objects
//
// Each scenario has a node of its own, $NODE, a VPP and a folder for the agent.
// In its files an object needs only kind, metadata.name and spec: name is what
// the script calls it and becomes spec.name (unless that is given), the object
// itself is named $NODE-name. Objects are called kind/name: vrf/blue, and node
// is the VPPNode.
//
// # Commands
//
// Those that wait do so until it is so, for three minutes at most.
//
//	apply [-n COUNT] FILE...          applies; with -n COUNT times, with $I, $HI and $LO for the number and its two bytes
//	edit OBJECT PATCH                 merges YAML into an object
//	delete OBJECT... | -all [KIND]    deletes
//	kinds all                         makes sure that each kind has an object on the node
//	ready OBJECT... | -all            waits until Ready is true for the latest spec
//	reason OBJECT REASON [REGEXP]     waits for a reason of Ready, and a message
//	field OBJECT JSONPATH REGEXP      waits for the value of a field, all of it
//	condition OBJECT TYPE REASON [REGEXP], ! condition OBJECT TYPE
//	event OBJECT REASON [REGEXP]      waits for an Event
//	save VARIABLE OBJECT JSONPATH     remembers the value of a field
//
//	agent start|stop|kill|freeze|thaw
//	agent connected|synced            waits until it has read VPP, and has tried everything
//	agent renews N                    waits until it has renewed its Lease N times, which it does every ten seconds
//	vpp stop|start|restart|freeze|thaw; with -without PLUGIN it starts without it (simulated VPP only)
//	vpp linux NAME present|absent     a network interface of the machine (simulated VPP only)
//	vpp has REGEXP...; vpp lacks REGEXP...; vpp dump
//	vppapi MESSAGE [JSON]             somebody else's call; index(NAME), source(NAME), acl(TAG), macacl(TAG) and
//	                                  policy(TAG) are the numbers of an interface, a FIB source, an access list, one of
//	                                  MAC addresses and the policy that has an access list; with ! one that VPP refuses
//	foreign MESSAGE [JSON]            the same, and what it makes must stay
//	apiserver stop|start, crds delete KIND...|install   (in alone)
//	veth NAME ADDRESS[,ADDRESS...] ROUTER   a network namespace, joined to VPP by the Linux interface $VETH_NAME;
//	                                  $MAC_NAME is its MAC address
//	netns NAME                        a network namespace, $NETNS_NAME for a tap to put its end into
//	ping NAME ADDRESS, ! ping NAME ADDRESS  waits until it answers there, or does so no more
//	reaches FROM TO ADDRESS           waits until an echo request sent in one namespace arrives in another, which has the
//	                                  address; with ! until it does not
//	session NAME tcp|udp|icmp FROM ADDRESS[:PORT] TO [ADDRESS]:PORT|-   opens a session between two namespaces: to an
//	                                  address, and served at one
//	talk NAME [from=REGEXP] [at=REGEXP], ! talk NAME  waits until something comes through it and back, and still as at
//	                                  first: from the client's address and port that the server sees, at the server's
//	                                  address, which is $SERVER then; or makes sure that nothing does
//	spread SERVER,SERVER... FROM ADDRESS:PORT TO :PORT  opens TCP sessions until each of the servers has had one
//
//	mark                              begins to count
//	writes MESSAGE=N...|none          what the agent has sent to VPP since that changes something
//	statuswrites none                 no object of the node has been written since
//	fault NAME MESSAGE [ARGUMENT] [times=N] [after=N], fault fired|release|clear   (simulated VPP only)
//
// Scripts that need the simulated VPP begin with [!simulated] skip, those that send
// packets with [!packets] skip, those with taps with [!tap] skip, and say why.
//
// The lines that vpp dump prints, and has and lacks look for from their beginning to
// the end of a word, are what VPP holds, a fact a line; our interfaces have the
// names of their objects, others VPP's:
//
//	table ip4 10 vpp-operator/blue
//	interface lo address 192.0.2.1/24
//	route ip4 10 198.51.100.0/24 vpp-operator via 192.0.2.2 lo
//
// # In a cluster
//
// The scenarios in scenarios/cluster need a Kubernetes with nodes, which hack/cluster
// makes of this machine (make test-cluster). There a script has all nodes, each with
// its VPP and with the agent that dist/install.yaml has put there; commands are about
// one of them, at first $NODE = node1. What differs:
//
//	on NODE                           another node from here on
//	agent kill|oom|evict              ends it, and waits for another; and synced, connected
//	vpp restart                       kills it, and waits for the next boot
//	vpp back                          waits for the next boot after the node's
//	pod mark|same                     whether the agent's Pod is the same, and was not restarted
//	pod REASON                        waits until that is why the Pod's container before ended
//	node cut|join                     from and to the API server
//	node off|on|reboot|stop-kubelet|start-kubelet
//	node ready|notready               waits until the API server says so
//	removed REGEXP...                 as vpp lacks, and confirms removals that are held
//	outage                            waits for as long as CLUSTER_OUTAGE says, 0s by default
//	samples                           applies config/samples
//	metrics ACCOUNT, ! metrics ACCOUNT   reads them as a ServiceAccount of namespace default that may, or may not
//	stream start ADDRESS              sends 1,000 packets a second from the node's Linux, which have to come back
//	stream stop                       ends that: none may be lost
//	token FILE                        writes a kubeconfig with the token of the agent
//
// # The end
//
// Each scenario ends with the same check: VPP holds what the specs of the
// objects say and nothing else of ours; what somebody else put there before the
// agent first came, or by foreign, is as it was; and conditions were at no time
// such as kstatus cannot read.
package e2e
