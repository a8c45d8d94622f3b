package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestPing(t *testing.T) {
	t.Parallel()
	const ms = `\d+\.\d{3}`
	tests := []struct {
		name  string
		fault *vpptest.Fault
		args  string
		code  int
		out   string // a regular expression
		err   string
	}{
		{"all answered", nil, "-n 2 --interval 0s", exitOK, `ping 1: ` + ms + ` ms\nping 2: ` + ms + ` ms\n2 sent, 2 answered, 0% lost; min/mean/max ` + ms + `/` + ms + `/` + ms + ` ms\n`, ""},
		{"json", nil, "-n 1 -o json", exitOK, `\{"seq":1,"ms":[0-9.]+\}\n\{"sent":1,"answered":1,"lostPercent":0,"minMs":[0-9.]+,"meanMs":[0-9.]+,"maxMs":[0-9.]+\}\n`, ""},
		{"some lost", vpptest.LoseReply("control_ping").Times(1), "-n 2 --interval 0s --timeout 100ms", exitOK, `ping 1: timed out\nping 2: ` + ms + ` ms\n2 sent, 1 answered, 50% lost; .*\n`, ""},
		{"none answered", vpptest.LoseReply("control_ping"), "-n 2 --interval 0s --timeout 100ms", exitTimeout, `ping 1: timed out\nping 2: timed out\n2 sent, 0 answered, 100% lost\n`, "timed out"},
		{"connection lost", vpptest.CutBefore("control_ping").After(1), "-n 0 --interval 0s", exitNoConnection, `ping 1: ` + ms + ` ms\nping 2: .*\n2 sent, 1 answered, 50% lost; .*\n`, "control_ping: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := vpptest.Start(t)
			if tt.fault != nil {
				v.Fault(tt.fault)
			}
			got := vppapi(t, "", append(strings.Fields(tt.args), "ping", "--socket", v.Socket())...)
			got.check(t, tt.code, got.out, tt.err)
			if !regexp.MustCompile("^" + tt.out + "$").MatchString(got.out) {
				t.Errorf("standard output:\n%s\nwant:\n%s", got.out, tt.out)
			}
			if v.Calls("get_api_json") != 0 {
				t.Error("VPP was asked for its API, which stops its workers")
			}
		})
	}
}
