package kinds

import (
	"context"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// Loopback is an interface without a link.
type Loopback struct {
	// Instance is the N of loopN, 0..16383.
	Instance Number
}

const (
	loopbackName         = "loop"
	lastLoopbackInstance = 16383
)

type loopbackRequest struct {
	MACAddress   MAC
	IsSpecified  bool
	UserInstance uint32
}

var (
	loopbackCreate = vpp.NewMethod[loopbackRequest, swIfIndexReply]("create_loopback_instance")
	loopbackDelete = vpp.NewMethod[swIfIndex, retval]("delete_loopback")
)

// Field implements [InterfaceType].
func (Loopback) Field() string { return "loopback" }

func (Loopback) driver() driver        { return loopbackDriver{} }
func (Loopback) claims() []string      { return nil }
func (l Loopback) vppName() string     { return l.Instance.name(loopbackName) }
func (Loopback) hidden() []hiddenField { return nil }
func (l Loopback) number() (n Number, first, last uint32) {
	return l.Instance, 0, lastLoopbackInstance
}
func (l Loopback) withNumber(n Number) InterfaceType { l.Instance = n; return l }

func (l Loopback) differs(have InterfaceType) []string {
	var f fields
	f.add("loopback.instance", l.Instance.differs(valueOf[Loopback](have).Instance))
	return f
}

type loopbackDriver struct{}

func (loopbackDriver) probe(c vpp.Caller) error { return probe("", c, loopbackCreate, loopbackDelete) }

func (loopbackDriver) read(_ context.Context, r *reading) error {
	for _, d := range r.details {
		if d.InterfaceDevType == "Loopback" && d.Type != typeSub {
			r.found(d.SwIfIndex, Loopback{Instance: numberIn(d.InterfaceName, loopbackName)})
		}
	}
	return nil
}

func (loopbackDriver) create(ctx context.Context, m *making) (uint32, error) {
	l := valueOf[Loopback](m.want.Type)
	if err := m.intend(ctx, l.vppName()); err != nil {
		return 0, err
	}
	r, err := loopbackCreate.Call(ctx, m.view.Caller(), &loopbackRequest{
		MACAddress: m.want.MAC, IsSpecified: true, UserInstance: l.Instance.Value,
	})
	if err != nil {
		return 0, err
	}
	return r.SwIfIndex, nil
}

func (loopbackDriver) delete(ctx context.Context, m *making, index uint32) error {
	_, err := loopbackDelete.Call(ctx, m.view.Caller(), &swIfIndex{index})
	return err
}
