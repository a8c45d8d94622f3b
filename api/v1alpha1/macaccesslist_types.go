package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MACAccessList permits and denies packets that enter interfaces by the MAC and
// IP addresses that they are from (VPP's MACIP access lists), also by those in
// ARP where the interface is a port of a bridge domain. What no rule permits is
// denied, anything but IP and ARP too. An interface has one such list at most.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=vpp,shortName=vppmacacl
// +kubebuilder:selectablefield:JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Node,type=string,JSONPath=.spec.nodeName
// +kubebuilder:printcolumn:name=Rules,type=integer,JSONPath=.status.rules
// +kubebuilder:printcolumn:name=Applied,type=integer,JSONPath=.status.applied
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Reason,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=.metadata.creationTimestamp
// +kubebuilder:printcolumn:name=Index,type=integer,JSONPath=.status.aclIndex,priority=1
// +kubebuilder:validation:XValidation:rule="has(self.spec.name) || self.metadata.name.size() <= 49",message="spec.name is required where metadata.name is longer than 49 characters"
type MACAccessList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the node's VPP should hold.
	//
	// +required
	Spec MACAccessListSpec `json:"spec"`
	// status is what the node's agent found.
	//
	// +optional
	Status MACAccessListStatus `json:"status,omitempty"`
}

// GetSpec implements [Object].
func (a *MACAccessList) GetSpec() *ObjectSpec { return &a.Spec.ObjectSpec }

// GetStatus implements [Object].
func (a *MACAccessList) GetStatus() *ObjectStatus { return &a.Status.ObjectStatus }

// MACAccessListList is a list of MACAccessLists.
//
// +kubebuilder:object:root=true
type MACAccessListList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []MACAccessList `json:"items"`
}

// MACAccessListSpec is what a MAC access list should be.
//
// +kubebuilder:validation:XValidation:rule="self.rules.map(r, has(r.sources) ? r.sources.size() : 2).sum() <= 1000",message="the rules may have at most 1000 sources in all, of which a rule without any counts as two",fieldPath=".rules"
type MACAccessListSpec struct {
	ObjectSpec `json:",inline"`

	// rules are 1..1000; the first that matches decides. They are replaced in VPP
	// all at once, so no packet meets a list half written. A rule becomes one in VPP
	// for each of its sources: at most 1000 in all. VPP itself does not go by their
	// order, but by how many rules look at the same bits of MAC address and source,
	// then by how many bits: rules of which it would look up a later one first, and
	// that decides otherwise for some packet, are refused. At most 16 combinations of
	// mask, family and prefix length are taken: each costs VPP up to six tables, in
	// which every packet may have to be looked up.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +required
	Rules []MACAccessListRule `json:"rules"`

	// interfaces are where the list is applied to what enters: the Interfaces, by
	// name, at most 64.
	//
	// +kubebuilder:validation:MaxItems=64
	// +listType=set
	// +optional
	Interfaces []ObjectName `json:"interfaces,omitempty"`

	// adopt has this list take the place of one that another client of VPP has
	// applied to an interface. Default: false, which makes it a Conflict.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`
}

// MACAccessListRule is whom packets must be from to be treated as action says.
//
// +kubebuilder:validation:XValidation:rule="!has(self.sourceMACMask) || has(self.sourceMAC)",message="needs sourceMAC",fieldPath=".sourceMACMask"
type MACAccessListRule struct {
	// action is what becomes of packets that match: Permit or Deny.
	//
	// +required
	Action MACAccessListAction `json:"action"`

	// sourceMAC is the MAC address the packet must be from. Default: any.
	//
	// +optional
	SourceMAC MACAddress `json:"sourceMAC,omitempty"`

	// sourceMACMask has the bits of sourceMAC that count, such as ff:ff:ff:00:00:00
	// for all addresses of a vendor; sourceMAC must have no others. Default: all.
	//
	// +optional
	SourceMACMask MACAddressMask `json:"sourceMACMask,omitempty"`

	// sources are the networks the packet may be from: at most 64 prefixes without
	// host bits, of either family. Default: any, of both families.
	//
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Sources []Prefix `json:"sources,omitempty"`
}

// MACAccessListAction is what becomes of a packet.
//
// +kubebuilder:validation:Enum=Permit;Deny
type MACAccessListAction string

// What becomes of packets.
const (
	MACAccessListPermit MACAccessListAction = "Permit"
	MACAccessListDeny   MACAccessListAction = "Deny"
)

// MACAddressMask is which bits of an Ethernet address count, such as
// ff:ff:ff:00:00:00.
//
// +kubebuilder:validation:MaxLength=17
// +kubebuilder:validation:Pattern=`^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$`
// +kubebuilder:validation:XValidation:rule="self != '00:00:00:00:00:00'",message="must have a bit that counts"
type MACAddressMask string

// MACAccessListStatus is how far a MAC access list is programmed.
type MACAccessListStatus struct {
	ObjectStatus `json:",inline"`

	// rules is the number of rules that VPP holds for the list, which is more than the
	// spec has where those name several sources, or none.
	//
	// +optional
	Rules int32 `json:"rules,omitempty"`

	// aclIndex is VPP's number of the list, as in "show acl-plugin macip acl index N".
	//
	// +optional
	ACLIndex *int64 `json:"aclIndex,omitempty"`

	// applied is the number of interfaces where the list is applied.
	//
	// +optional
	Applied int32 `json:"applied,omitempty"`

	// pendingInterfaces are the first ten where it is not, and why.
	//
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	PendingInterfaces []AppliedInterfaceStatus `json:"pendingInterfaces,omitempty"`
}
