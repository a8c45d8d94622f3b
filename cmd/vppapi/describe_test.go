package main

import "testing"

func TestDescribe(t *testing.T) {
	t.Parallel()
	dir := sampleDir(t)
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"message", []string{"paint_add"}, `paint_add  message of paint, CRC 0x0000beef
Deprecated: use paint_add_v2.

Add paint
It dries.

Answered with paint_add_reply.

Fields:
  _vl_msg_id    u16
  client_index  u32
  context       u32                     sender context
  colour        vl_api_colour_t         (default 4294967295) what it looks like, ~0 for any
  base          vl_api_base_t
  amount        vl_api_amount_t         (chosen by base)
  coats         vl_api_coat_t
  serial        u64
  painter       vl_api_mac_address_t
  name          string[8]
  mark          u8[4]
  n_spots       u8                      (counts spots)
  spots         vl_api_spot_t[n_spots]

vl_api_colour_t  alias of u32

vl_api_base_t  enum of u8
  WATER  0
  OIL    7

vl_api_amount_t  union
  drops   u8   (if WATER)
  litres  f64  (if OIL)

vl_api_coat_t  enumflag of u8
  MATT   0x1
  CLEAR  0x2

vl_api_mac_address_t  alias of u8[6], written 02:fe:00:00:00:01

vl_api_spot_t  struct
  a place
  x  u16  to the right
  y  u16
`},
		{"stream", []string{"paint_dump"}, `paint_dump  message of paint, CRC 0x51077d14

Answered with a stream of paint_details.

Fields:
  _vl_msg_id    u16
  client_index  u32
  context       u32
`},
		{"event", []string{"paint_event"}, `paint_event  message of paint, CRC 0x00000003

Event of want_paint_events.

Fields:
  _vl_msg_id    u16
  client_index  u32
  pid           u32
  dry           bool
`},
		{"type", []string{"vl_api_spot_t"}, "vl_api_spot_t  struct\n  a place\n  x  u16  to the right\n  y  u16\n"},
		{"type by its bare name", []string{"coat"}, "vl_api_coat_t  enumflag of u8\n  MATT   0x1\n  CLEAR  0x2\n"},
		{"base type", []string{"u32"}, "u32  base type\n"},
		{
			"type as json", []string{"base", "-o", "json"},
			`{"name":"vl_api_base_t","kind":"enum","size":1,"base":"u8","members":[{"name":"WATER","value":0},{"name":"OIL","value":7}]}` + "\n",
		},
		{"message as yaml", []string{"paint_details", "-o", "yaml"}, `answerTo:
- paint_dump
crc: "0x00000001"
fields:
- name: _vl_msg_id
  type: u16
- name: context
  type: u32
- name: text
  type: string
module: paint
name: paint_details
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vppapi(t, "", append([]string{"describe", "--api-dir", dir}, tt.args...)...).check(t, exitOK, tt.want, "")
		})
	}
	vppapi(t, "", "describe", "--api-dir", dir, "paints").check(t, exitUsage, "", `no such message or type: "paints"`)
}

func TestParseComment(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, text, param string }{
		{"nothing", "", "", ""},
		{"plain", "/* plain */", "plain", ""},
		{"doxygen", "/** \\brief Set it */", "Set it", ""},
		{"stars", "/**\n * @brief\n *   Used by hosts.\n *   Once.\n *\n * More.\n *\n *   @param p - all of it\n *      and more\n */", "Used by hosts.\nOnce.\n\nMore.", "all of it and more"},
		{"no dash", "/** \\brief A\n    @param p the thing\n*/", "A", "the thing"},
		{"direction", "/** \\brief A\n    @param[in] p: the thing\n*/", "A", "the thing"},
		{"text behind an empty line", "/** \\brief A\n    @param p - the thing\n\n    The end.\n*/", "A\n\nThe end.", "the thing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseComment(tt.in)
			if got.text != tt.text || got.fields["p"] != tt.param {
				t.Errorf("text %q and field %q, want %q and %q", got.text, got.fields["p"], tt.text, tt.param)
			}
		})
	}
}
