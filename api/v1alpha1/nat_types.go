package v1alpha1

// NATProtocol is a protocol that has ports or identifiers.
//
// +kubebuilder:validation:Enum=TCP;UDP;ICMP
type NATProtocol string

// Protocols.
const (
	NATProtocolTCP  NATProtocol = "TCP"
	NATProtocolUDP  NATProtocol = "UDP"
	NATProtocolICMP NATProtocol = "ICMP"
)

// NATTimeouts are after how long without packets sessions end, in seconds. They
// are changed in place and hold for what comes through from then on.
//
// +structType=atomic
type NATTimeouts struct {
	// udp is of UDP and all other protocols: 1..604800 seconds. Default: 300.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	// +optional
	UDP int32 `json:"udp,omitempty"`

	// tcpEstablished is of open TCP connections: 1..604800 seconds. Default: 7440.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	// +optional
	TCPEstablished int32 `json:"tcpEstablished,omitempty"`

	// tcpTransitory is of TCP connections that are being opened or closed:
	// 1..604800 seconds. Default: 240.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	// +optional
	TCPTransitory int32 `json:"tcpTransitory,omitempty"`

	// icmp is of ICMP queries: 1..604800 seconds. Default: 60.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	// +optional
	ICMP int32 `json:"icmp,omitempty"`
}
