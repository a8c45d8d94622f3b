package vpptest

import (
	"fmt"
	"strconv"
)

// showIndex is the first line of "show ip fib table 7 summary", of ip6 and of
// mfib too: what the table's index is. There is no line where there is no table.
func (f *fib) showIndex(words []string) (line string, ok bool) {
	if len(words) != 6 || words[0] != "show" || words[3] != "table" || words[5] != "summary" {
		return "", false
	}
	family, known := map[string]int{"ip": 0, "ip6": 1}[words[1]]
	id, err := strconv.ParseUint(words[4], 10, 32)
	if !known || err != nil {
		return "", false
	}
	t := f.find(family, uint32(id))
	switch sort := words[2]; {
	case sort != "fib" && sort != "mfib":
		return "", false
	case t == nil, sort == "mfib" && t.multicast == none:
		return "", true
	case sort == "fib":
		return fmt.Sprintf("%s, fib_index:%d, flow hash:[src dst sport dport proto flowlabel ] epoch:0 flags:none\n", t.name, t.index), true
	case family == 1:
		return fmt.Sprintf("%s, fib_index %d\n", t.name, t.multicast), true
	default:
		return fmt.Sprintf("%s, fib_index:%d flags:none\n", t.name, t.multicast), true
	}
}
