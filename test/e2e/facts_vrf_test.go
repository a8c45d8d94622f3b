package e2e

import (
	"strconv"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

type (
	wireTable struct {
		TableID uint32
		IsIP6   bool
		Name    string
	}
	tableDetails struct{ Table wireTable }
)

var (
	tables = vpp.NewMethod[empty, tableDetails]("ip_table_dump")
)

func (r *reader) tables() {
	each(r, tables, empty{}, func(d *tableDetails) {
		if t := d.Table; t.TableID != 0 {
			r.add("table "+family(t.IsIP6), strconv.FormatUint(uint64(t.TableID), 10), "%s", t.Name)
		}
	})
}

func (w *wanted) vrf(o *v1alpha1.VRF, name string) (list []fact) {
	for _, ip6 := range []bool{false, true} {
		if lacksTable(o, ip6) {
			continue
		}
		id := strconv.FormatInt(o.Spec.TableID, 10)
		if o.Spec.Adopt { // its name stays
			w.free[fact{"table " + family(ip6), id, ""}] = true
			continue
		}
		list = append(list, fact{"table " + family(ip6), id, mark + name})
	}
	return list
}

// lacksTable tells whether a VRF is to have no table of a family.
func lacksTable(v *v1alpha1.VRF, ip6 bool) bool {
	if v == nil {
		return false
	}
	asked := v.Spec.IPv4
	if ip6 {
		asked = v.Spec.IPv6
	}
	return asked != nil && !*asked
}

// table is the number of a VRF's table.
func (w *wanted) table(name v1alpha1.ObjectName) string {
	if name == "" || name == v1alpha1.DefaultVRF {
		return "0"
	}
	if v := w.vrfs[string(name)]; v != nil {
		return strconv.FormatInt(v.Spec.TableID, 10)
	}
	return "of " + string(name)
}
