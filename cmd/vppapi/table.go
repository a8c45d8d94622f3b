package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func (a *app) newTableCommand() *cobra.Command {
	var check string
	cmd := &cobra.Command{
		Use:   "table [PATTERN]",
		Short: "Show VPP's message table, or check a program's needs against it",
		Long: `Show the messages that VPP has, with the ids they have in this boot and their CRCs.
With --check, compare a list of name_crc, one a line, with the table and say
which of them VPP lacks or has in another version; the exit code is then 2.`,
		Example: `  vppapi table loopback
  vppapi table --output json | jq -r '.name + "_" + .crc[2:]' > needed
  vppapi table --check needed --socket /run/vpp/other.sock`,
		Args:              asUsage(cobra.MaximumNArgs(1)),
		ValidArgsFunction: a.completeFirst(messageNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			var needs []string
			if check != "" {
				if len(args) > 0 {
					return usagef("--check takes no PATTERN")
				}
				var err error
				if needs, err = readNeeds(cmd.InOrStdin(), check); err != nil {
					return err
				}
			}
			opts, err := a.unlearnedOptions()
			if err != nil {
				return err
			}
			out := a.printer(cmd.OutOrStdout(), formatText)
			return out.finish(connected(cmd.Context(), opts, func(_ context.Context, s *vpp.Session) error {
				if check != "" {
					return checkNeeds(out, s, needs)
				}
				return showTable(out, s, args)
			}))
		},
	}
	cmd.Flags().StringVar(&check, "check", "", "file with a name_crc per line to look for in the table, - for standard input")
	return cmd
}

// tableEntry is a row of the table.
type tableEntry struct {
	ID   uint16 `json:"id"`
	Name string `json:"name"`
	CRC  string `json:"crc"`
}

func showTable(out *printer, s *vpp.Session, patterns []string) error {
	entries, err := s.MessageTable(patterns...)
	if err != nil {
		return usageError{err}
	}
	width := 0
	for _, e := range entries {
		width = max(width, len(e.Name))
	}
	for _, e := range entries {
		row := tableEntry{ID: e.ID, Name: e.Name, CRC: crcText(e.CRC)}
		if err := out.value(row, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%5d  %-*s  %s\n", row.ID, width, row.Name, row.CRC)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// unmetNeed is a message that VPP has not got as it is needed.
type unmetNeed struct {
	Want string `json:"want"`
	Have string `json:"have,omitempty"`
}

func checkNeeds(out *printer, s *vpp.Session, needs []string) error {
	missing := s.MissingMessages(needs)
	for _, m := range missing {
		if err := out.value(unmetNeed(m), func(w io.Writer) error {
			_, err := fmt.Fprintln(w, m.Err())
			return err
		}); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("VPP lacks %d of %d messages", len(missing), len(needs))
	}
	return nil
}

var nameCRC = regexp.MustCompile(`^[A-Za-z0-9_]+_[0-9a-f]{8}$`)

// readNeeds reads a list of name_crc; empty lines and those that begin with #
// are skipped.
func readNeeds(stdin io.Reader, file string) ([]string, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	var needs []string
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#':
		case nameCRC.MatchString(line):
			needs = append(needs, line)
		default:
			return nil, fmt.Errorf("%s, line %d: %.80q is not a name_crc", file, n, line)
		}
	}
	return needs, lines.Err()
}
