package vpp_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

func TestMessageTable(t *testing.T) {
	t.Parallel()
	eachSocket(t, func(t *testing.T, socket string) {
		s := dial(t, socket)
		all, err := s.MessageTable()
		must(t, err)
		byName := func(a, b vpp.TableEntry) int { return strings.Compare(a.Name, b.Name) }
		if len(all) < 50 || !slices.IsSortedFunc(all, byName) {
			t.Errorf("%d messages", len(all))
		}
		ids := map[uint16]bool{}
		for _, e := range all {
			if ids[e.ID] {
				t.Errorf("two messages are number %d", e.ID)
			}
			ids[e.ID] = true
		}
		for pattern, want := range map[string]string{
			"control_ping*": "control_ping_51077d14 control_ping_reply_f6b0b8ca",
			"sockclnt_del":  "sockclnt_delete_8ac76db6 sockclnt_delete_reply_8f38b1ee",
			"nonsense":      "",
		} {
			some, err := s.MessageTable(pattern)
			must(t, err)
			var got []string
			for _, e := range some {
				got = append(got, e.NameCRC())
			}
			if text := strings.Join(got, " "); text != want {
				t.Errorf("%s: %s", pattern, text)
			}
		}
		if _, err := s.MessageTable("[bad"); err == nil {
			t.Error("a broken pattern was taken")
		}

		missing := s.MissingMessages([]string{"control_ping_51077d14", "control_ping_00000000", "no_such_thing_12345678", "noCRC"})
		if len(missing) != 3 {
			t.Fatalf("missing: %v", missing)
		}
		for i, want := range []error{vpp.ErrCRCMismatch, vpp.ErrNoMessage, vpp.ErrNoMessage} {
			if err := missing[i].Err(); !errors.Is(err, want) || !strings.Contains(err.Error(), missing[i].Want) {
				t.Errorf("%v: %v", missing[i], err)
			}
		}
		if missing[0].Have != "control_ping_51077d14" {
			t.Errorf("VPP has %q", missing[0].Have)
		}
	})
}

// What is packed is what is sent, save the context; what is unpacked is what
// was packed.
func TestPack(t *testing.T) {
	t.Parallel()
	v := vpptest.Start(t)
	s := dial(t, v.Socket())
	msg, err := s.Pack("sw_interface_set_flags", map[string]any{"sw_if_index": 7, "flags": 1})
	must(t, err)
	want := binary.BigEndian.AppendUint16(nil, v.MessageID("sw_interface_set_flags"))
	want = binary.BigEndian.AppendUint32(want, s.ClientIndex())
	want = append(want, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1)
	if !slices.Equal(msg, want) {
		t.Errorf("packed % x, want % x", msg, want)
	}
	if v.Calls("sw_interface_set_flags") != 0 {
		t.Error("it was sent")
	}
	m, fields, err := s.Unpack(msg)
	must(t, err)
	if m.Name != "sw_interface_set_flags" || fields["sw_if_index"] != uint64(7) {
		t.Errorf("unpacked %s %v", m.Name, fields)
	}
	for name, msg := range map[string][]byte{"an id nobody has": {0xff, 0xff}, "an id within the table": {0, 0}, "nothing": {}, "a byte": {1}} {
		if _, _, err := s.Unpack(msg); !errors.Is(err, vpp.ErrNoMessage) && !errors.Is(err, vpp.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Unpack(msg[:8]); err == nil {
		t.Error("half a message was unpacked")
	}
	if _, err := s.Pack("sw_interface_set_flags", map[string]any{"colour": 1}); !errors.Is(err, vpp.ErrRefused) {
		t.Errorf("a field that is not: %v", err)
	}
}
