package controllers

import (
	"iter"
	"strings"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// reportInterface tells what VPP shows of an interface.
func reportInterface(status *v1alpha1.InterfaceStatus, items iter.Seq[state.ItemReport]) {
	for item := range items {
		switch have := item.Have.(type) {
		case *kinds.Interface:
			if item.HasHandle {
				status.SwIfIndex = int64(item.Handle)
			}
			reportShown(status, have)
		case kinds.AdminState:
			status.AdminState = adminState(have.Up)
		case string:
			if item.ID.Kind == kinds.KindInterfaceVRF4 || item.ID.Kind == kinds.KindInterfaceVRF6 {
				reportVRFName(status, have)
			}
		case kinds.InterfaceAddress:
			status.Addresses = append(status.Addresses, have.Address.String())
		}
	}
}

func reportShown(status *v1alpha1.InterfaceStatus, i *kinds.Interface) {
	if i.Shown == nil {
		return
	}
	status.VPPName, status.Type = i.Shown.VPPName, i.Shown.DeviceType
	status.AdminState, status.LinkState = adminState(i.Shown.AdminUp), v1alpha1.LinkStateDown
	if i.Shown.LinkUp {
		status.LinkState = v1alpha1.LinkStateUp
	}
	status.LinkSpeedKbps = int64(i.Shown.LinkSpeed)
	if i.MAC != (kinds.MAC{}) {
		status.MACAddress = i.MAC.String()
	}
	status.MTU, status.LinkMTU = int32(i.MTU), int32(i.LinkMTU)
}

// reportVRFName tells the VRF: the family that is not used is in table 0. A
// table without a VRF has its number as name.
func reportVRFName(status *v1alpha1.InterfaceStatus, name string) {
	if status.VRF == "" || status.VRF == kinds.DefaultVRF {
		status.VRF = strings.TrimPrefix(name, "#")
	}
}

func adminState(up bool) v1alpha1.AdminState {
	if up {
		return v1alpha1.AdminStateUp
	}
	return v1alpha1.AdminStateDown
}
