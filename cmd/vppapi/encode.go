package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func (a *app) newEncodeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "encode",
		Short: "Turn lines of JSON into messages as hex",
		Long: `Read lines {"message": NAME, "fields": {…}} and answer each with a line: the
message's bytes as hex, or "error: " and the reason. The exit code is 2 if there
was any error. Fields left out take their default or zero, _vl_msg_id,
client_index and context among them. With --api-dir this needs no VPP.`,
		Example: `  echo '{"message":"show_version"}' | vppapi encode --api-dir /usr/share/vpp/api`,
		Args:    asUsage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := a.schema(cmd.Context())
			if err != nil {
				return err
			}
			return answerLines(cmd.InOrStdin(), cmd.OutOrStdout(), encoder(schema))
		},
	}
}

func encoder(schema *binproto.Schema) func(dst, line []byte) ([]byte, error) {
	var wire []byte
	return func(dst, line []byte) ([]byte, error) {
		m, fields, err := readLine(schema, line, "fields")
		if err != nil {
			return dst, err
		}
		object, ok := fields.(map[string]any)
		if !ok && fields != nil {
			return dst, fmt.Errorf("%s: fields is not an object", m.Name)
		}
		if wire, err = m.AppendFields(wire[:0], object); err != nil {
			return dst, err
		}
		return hex.AppendEncode(dst, wire), nil
	}
}

// readLine reads {"message": …, content: …} and returns the message and the
// content, nil if there is none.
func readLine(schema *binproto.Schema, line []byte, content string) (*binproto.Message, any, error) {
	object, err := binproto.ParseJSONObject(line)
	if err != nil {
		return nil, nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key != "message" && key != content {
			return nil, nil, fmt.Errorf("unknown key %.80q: want message and %s", key, content)
		}
	}
	name, ok := object["message"].(string)
	switch {
	case object["message"] == nil:
		return nil, nil, fmt.Errorf("no message given")
	case !ok:
		return nil, nil, fmt.Errorf("message is not a name")
	}
	m := schema.Message(name)
	if m == nil {
		return nil, nil, fmt.Errorf("no such message: %.80q", name)
	}
	return m, object[content], nil
}
