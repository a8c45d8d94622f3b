package v1alpha1

// TunnelEndpoints are the two ends of a tunnel and where they find each other.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.source) || !isIP(self.destination) || ip(self.source).family() == ip(self.destination).family()",message="source and destination must be of one family",fieldPath=".destination"
// +kubebuilder:validation:XValidation:rule="!isIP(self.source) || !isIP(self.destination) || !(ip(self.source) == ip(self.destination))",message="source and destination must differ",fieldPath=".destination"
type TunnelEndpoints struct {
	// source is this end's address, one that VPP has in underlayVRF.
	//
	// +required
	Source UnicastAddress `json:"source"`

	// destination is the other end's address.
	//
	// +required
	Destination IPAddress `json:"destination"`

	// underlayVRF is the VRF the tunnel's own packets are routed in, by name.
	// Default: default.
	//
	// +kubebuilder:default=default
	// +optional
	UnderlayVRF ObjectName `json:"underlayVRF,omitempty"`
}

// VXLANInterface is an Ethernet link through UDP. Changing any of it makes the
// interface anew.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.destination) || ((cidr('224.0.0.0/4').containsIP(self.destination) || cidr('ff00::/8').containsIP(self.destination)) ? has(self.multicastInterface) : !has(self.multicastInterface))",message="goes with a multicast destination, which needs it",fieldPath=".multicastInterface"
// +kubebuilder:validation:XValidation:rule="!isIP(self.destination) || ip(self.destination).isGlobalUnicast() || ip(self.destination).isLinkLocalUnicast() || (cidr('224.0.0.0/4').containsIP(self.destination) || cidr('ff00::/8').containsIP(self.destination))",message="must be a unicast or multicast address",fieldPath=".destination"
type VXLANInterface struct {
	TunnelEndpoints `json:",inline"`

	// vni is the number of the virtual network: 1..16777215.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16777215
	// +required
	VNI int32 `json:"vni"`

	// sourcePort is the UDP port packets are sent from: 1..65535. Default: 4789.
	//
	// +kubebuilder:default=4789
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	SourcePort int32 `json:"sourcePort,omitempty"`

	// destinationPort is the UDP port packets are sent to: 1..65535. Default: 4789.
	//
	// +kubebuilder:default=4789
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	DestinationPort int32 `json:"destinationPort,omitempty"`

	// multicastInterface is the Interface that packets to a multicast destination
	// leave by, by name. It goes with such a destination only.
	//
	// +optional
	MulticastInterface ObjectName `json:"multicastInterface,omitempty"`
}

// GREInterface is a tunnel through GRE. Changing any of it makes the interface
// anew.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.destination) || ip(self.destination).isGlobalUnicast() || ip(self.destination).isLinkLocalUnicast()",message="must be a unicast address",fieldPath=".destination"
// +kubebuilder:validation:XValidation:rule="!has(self.sessionID) || self.type == 'ERSPAN'",message="goes with type ERSPAN only",fieldPath=".sessionID"
// +kubebuilder:validation:XValidation:rule="!has(self.key) || self.type != 'ERSPAN'",message="does not go with type ERSPAN",fieldPath=".key"
type GREInterface struct {
	TunnelEndpoints `json:",inline"`

	// type is what the tunnel carries: IP packets (L3), Ethernet frames (TEB), or
	// mirrored Ethernet frames (ERSPAN, version 2). Default: L3.
	//
	// +kubebuilder:default=L3
	// +optional
	Type GREType `json:"type,omitempty"`

	// sessionID is the number of an ERSPAN session: 0..1023. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1023
	// +optional
	SessionID int32 `json:"sessionID,omitempty"`

	// key tells tunnels between the same addresses apart (RFC 2890): 1..4294967295;
	// not with ERSPAN. VPP 24.10 knows no keys. Default: packets have none.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4294967295
	// +optional
	Key int64 `json:"key,omitempty"`

	// flags say what is copied between the packets inside and outside.
	//
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Flags []TunnelFlag `json:"flags,omitempty"`
}

// GREType is what a GRE tunnel carries.
//
// +kubebuilder:validation:Enum=L3;TEB;ERSPAN
type GREType string

// What a GRE tunnel carries.
const (
	GRETypeL3     GREType = "L3"
	GRETypeTEB    GREType = "TEB"
	GRETypeERSPAN GREType = "ERSPAN"
)

// IPIPInterface is a tunnel of IP in IP. Changing any of it makes the
// interface anew.
//
// +kubebuilder:validation:XValidation:rule="!isIP(self.destination) || ip(self.destination).isGlobalUnicast() || ip(self.destination).isLinkLocalUnicast()",message="must be a unicast address",fieldPath=".destination"
// +kubebuilder:validation:XValidation:rule="!has(self.dscp) || !has(self.flags) || !self.flags.exists(f, f == 'EncapCopyDSCP')",message="does not go with flag EncapCopyDSCP",fieldPath=".dscp"
type IPIPInterface struct {
	TunnelEndpoints `json:",inline"`

	// dscp is the DSCP of the packets outside: 0..63. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=63
	// +optional
	DSCP int32 `json:"dscp,omitempty"`

	// flags say what is copied between the packets inside and outside.
	//
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Flags []TunnelFlag `json:"flags,omitempty"`
}

// TunnelFlag is something done where a packet enters (Encap) or leaves (Decap)
// a tunnel: its don't-fragment bit is copied or set, its DSCP, ECN, hop limit
// or IPv6 flow label copied, or the hash of the packet inside used outside.
//
// +kubebuilder:validation:Enum=EncapCopyDF;EncapSetDF;EncapCopyDSCP;EncapCopyECN;DecapCopyECN;EncapInnerHash;EncapCopyHopLimit;EncapCopyFlowLabel
type TunnelFlag string

// What is done where a packet enters or leaves a tunnel.
const (
	TunnelFlagEncapCopyDF        TunnelFlag = "EncapCopyDF"
	TunnelFlagEncapSetDF         TunnelFlag = "EncapSetDF"
	TunnelFlagEncapCopyDSCP      TunnelFlag = "EncapCopyDSCP"
	TunnelFlagEncapCopyECN       TunnelFlag = "EncapCopyECN"
	TunnelFlagDecapCopyECN       TunnelFlag = "DecapCopyECN"
	TunnelFlagEncapInnerHash     TunnelFlag = "EncapInnerHash"
	TunnelFlagEncapCopyHopLimit  TunnelFlag = "EncapCopyHopLimit"
	TunnelFlagEncapCopyFlowLabel TunnelFlag = "EncapCopyFlowLabel"
)
