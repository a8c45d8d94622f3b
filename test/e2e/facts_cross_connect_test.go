package e2e

import (
	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type wireDetails struct{ RxSwIfIndex, TxSwIfIndex uint32 }

var wires = vpp.NewMethod[empty, wireDetails]("l2_xconnect_dump")

func (r *reader) crossConnects() {
	each(r, wires, empty{}, func(d *wireDetails) {
		r.add("connected "+r.names[d.RxSwIfIndex], "to", "%s", r.names[d.TxSwIfIndex])
	})
}

func (*wanted) crossConnect(o *v1alpha1.CrossConnect, _ string) []fact {
	list := []fact{{"connected " + string(o.Spec.Interface), "to", string(o.Spec.Peer)}}
	if !o.Spec.OneWay {
		list = append(list, fact{"connected " + string(o.Spec.Peer), "to", string(o.Spec.Interface)})
	}
	return list
}
