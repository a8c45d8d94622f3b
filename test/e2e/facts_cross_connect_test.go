package e2e

import (
	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type wireDetails struct{ RxSwIfIndex, TxSwIfIndex uint32 }

var wires = vpp.NewMethod[empty, wireDetails]("l2_xconnect_dump")

func (r *reader) crossConnects() {
	each(r, wires, empty{}, func(d *wireDetails) {
		to := r.names[d.TxSwIfIndex]
		if d.TxSwIfIndex == 0 {
			to = "local0"
		}
		r.add("connected "+r.names[d.RxSwIfIndex], "to", "%s", to)
	})
}

func (*wanted) crossConnect(o *v1alpha1.CrossConnect, _ string) []fact {
	back := string(o.Spec.Interface)
	if o.Spec.OneWay {
		back = "local0" // which takes no frame
	}
	return []fact{{"connected " + string(o.Spec.Interface), "to", string(o.Spec.Peer)}, {"connected " + string(o.Spec.Peer), "to", back}}
}
