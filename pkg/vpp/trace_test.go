package vpp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

// The hook sees every message of the session, handshake and goodbye included,
// in order, and can decode it.
func TestTrace(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		var mu sync.Mutex
		var seen []string
		contexts := map[string]uint32{}
		begun := time.Now()
		s := dial(t, socket, func(o *vpp.Options) {
			o.Trace = func(e vpp.TraceEvent) {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasPrefix(e.Message.Name, "get_api_json") || strings.HasSuffix(e.Message.Name, "_event") {
					return
				}
				seen = append(seen, fmt.Sprintf("%v %s", e.Direction, e.Message.Name))
				contexts[e.Message.Name] = e.Context
				if e.Time.Before(begun) || e.Time.After(time.Now()) || e.Size < 6 {
					t.Errorf("%s at %v with %d bytes", e.Message.Name, e.Time, e.Size)
				}
				fields, err := e.Fields()
				if err != nil {
					t.Errorf("%s: %v", e.Message.Name, err)
				}
				line, err := e.AppendJSON([]byte("> "))
				if err != nil || !json.Valid(line[2:]) {
					t.Errorf("%s: %s (%v)", e.Message.Name, line, err)
				}
				if e.Message.Name == "sw_interface_set_flags" && (fields["flags"] == nil || e.Size != 18) {
					t.Errorf("%s of %d bytes: %v", e.Message.Name, e.Size, fields)
				}
				if _, ok := fields["context"]; ok && fields["context"] != uint64(e.Context) {
					t.Errorf("%s: context %d, in it %v", e.Message.Name, e.Context, fields["context"])
				}
			}
		})
		_, _ = setInterface.Call(soon(t), s, &setFlags{SwIfIndex: 1 << 30})
		for _, err := range interfaces.Dump(soon(t), s, &swInterfaceDump{SwIfIndex: 0}) { // local0 only
			must(t, err)
		}
		must(t, s.Close())
		mu.Lock()
		defer mu.Unlock()
		want := []string{
			"sent sockclnt_create", "received sockclnt_create_reply",
			"sent sw_interface_set_flags", "received sw_interface_set_flags_reply",
			"sent sw_interface_dump", "sent control_ping", "received sw_interface_details", "received control_ping_reply",
			"sent sockclnt_delete", "received sockclnt_delete_reply",
		}
		if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("traced:\n%s", got)
		}
		for request, reply := range map[string]string{
			"sw_interface_set_flags": "sw_interface_set_flags_reply", "sw_interface_dump": "sw_interface_details", "control_ping": "control_ping_reply",
		} {
			if contexts[request] == 0 || contexts[request] != contexts[reply] {
				t.Errorf("%s has context %d, %s %d", request, contexts[request], reply, contexts[reply])
			}
		}
	})
}
