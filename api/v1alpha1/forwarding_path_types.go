package v1alpha1

// ForwardingPath is one way to go for packets that take none by the routes: out
// of an interface, to a next hop there, or to a next hop that is itself found by a
// route. It is as a Route has them, but for labels, of which VPP keeps none here.
//
// +kubebuilder:validation:XValidation:rule="has(self.nextHop) || has(self.interface)",message="needs a nextHop, an interface or both"
// +kubebuilder:validation:XValidation:rule="!has(self.nextHopVRF) || has(self.nextHop) && !has(self.interface)",message="nextHopVRF is where nextHop is looked up: it goes with nextHop and without interface",fieldPath=".nextHopVRF"
// +kubebuilder:validation:XValidation:rule="!has(self.nextHop) || has(self.interface) || !isIP(self.nextHop) || !ip(self.nextHop).isLinkLocalUnicast()",message="a link-local nextHop needs an interface",fieldPath=".nextHop"
type ForwardingPath struct {
	// nextHop is the address of the next router. Without interface it is looked up
	// in nextHopVRF, and the path is usable while a route to it is.
	//
	// +optional
	NextHop UnicastAddress `json:"nextHop,omitempty"`

	// interface is the Interface the packets leave by, by name.
	//
	// +optional
	Interface ObjectName `json:"interface,omitempty"`

	// nextHopVRF is the VRF in which nextHop is looked up, by name; not with
	// interface. Default: default.
	//
	// +optional
	NextHopVRF ObjectName `json:"nextHopVRF,omitempty"`

	// weight is this path's share of the flows: 1..255, relative to the other
	// paths of the same preference. Default: 1.
	//
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=255
	// +optional
	Weight int32 `json:"weight,omitempty"`

	// preference puts paths in order: 0..255, smaller is better. Paths of a larger
	// preference are used when none of a smaller one is usable. Default: 0.
	//
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=255
	// +optional
	Preference int32 `json:"preference,omitempty"`
}
