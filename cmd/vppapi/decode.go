package main

import (
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func (a *app) newDecodeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "decode",
		Short: "Turn messages as hex into lines of JSON",
		Long: `Read lines {"message": NAME, "hex": "…"} and answer each with a line: the
message's fields as JSON, in wire order and its id included, or "error: " and the
reason. The exit code is 2 if there was any error. With --api-dir this needs no VPP.`,
		Example: `  echo '{"message":"control_ping_reply","hex":"00180000000700000000000000000000162e"}' | vppapi decode`,
		Args:    asUsage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := a.schema(cmd.Context())
			if err != nil {
				return err
			}
			return answerLines(cmd.InOrStdin(), cmd.OutOrStdout(), decoder(schema))
		},
	}
}

func decoder(schema *binproto.Schema) func(dst, line []byte) ([]byte, error) {
	var wire []byte
	return func(dst, line []byte) ([]byte, error) {
		m, content, err := readLine(schema, line, "hex")
		if err != nil {
			return dst, err
		}
		text, ok := content.(string)
		if !ok {
			return dst, fmt.Errorf("%s: hex is missing or not text", m.Name)
		}
		if wire, err = hex.AppendDecode(wire[:0], []byte(text)); err != nil {
			return dst, fmt.Errorf("%s: hex: %w", m.Name, err)
		}
		return m.AppendJSON(dst, wire)
	}
}
