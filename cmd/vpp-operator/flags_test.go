package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// The table of flags in docs/operations.md is the agent's: each flag has its
// environment variable and its default there, and there is no other.
func TestFlagsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` .*$").FindAllStringSubmatch(string(text), -1) {
		told = append(told, row[1])
	}
	newAgentCommand().Flags().VisitAll(func(f *pflag.Flag) {
		i := slices.Index(told, f.Name)
		if i < 0 {
			t.Errorf("--%s is not in the table", f.Name)
			return
		}
		told = slices.Delete(told, i, i+1)
		row := fmt.Sprintf("| `--%s` | `%s` | ", f.Name, environmentName(f.Name))
		if f.DefValue != "" && f.DefValue != "[]" {
			row += "`" + f.DefValue + "` |"
		}
		if !strings.Contains(string(text), "\n"+row) {
			t.Errorf("no row begins %s", row)
		}
	})
	if len(told) > 0 {
		t.Errorf("the agent has no flags %q", told)
	}
}
