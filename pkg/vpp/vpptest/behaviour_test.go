package vpptest

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what VPP_API_SOCKET answers into testdata/behaviour")

// The scripts in testdata/behaviour say how VPP behaves. Each runs against a
// simulated VPP of its own and, where VPP_API_SOCKET names one, against a real
// VPP as well: scripts use instances and tables of their own, take away what
// they make and are the only ones at work on that VPP. Those that begin with
// "# Needs a fresh VPP" need VPP_API_FRESH to be set too: VPP has a trace of
// them for good. Those that begin with "# Needs the Linux interface NAME" or
// "# Needs the file PATH" run against a real one where there is such a thing,
// those that begin with "# Needs VPP RELEASE" where it is of that one or later.
// What a release answers otherwise is in a folder of its name, in a script that
// stands in for the one of the same name against a real VPP of that release.
//
// A line that begins with > is a command (script_test.go lists them); what
// stands below it, up to the next command, comment or empty line, is what it
// prints. Commands that only have a retval print it if it is not 0.
func TestBehaviour(t *testing.T) {
	files, err := filepath.Glob("testdata/behaviour/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	slices.SortStableFunc(files, byNeedOfEqualIndices)
	socket, fresh := os.Getenv("VPP_API_SOCKET"), os.Getenv("VPP_API_FRESH") != ""
	for release, names := range played {
		for _, name := range names {
			t.Run("simulated/"+release+"/"+name, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join("testdata/behaviour", release, name+".txt")
				runScript(t, file, Start(t, WithRelease(release+"-release")).Socket())
			})
		}
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run("simulated/"+name, func(t *testing.T) {
			t.Parallel()
			runScript(t, file, Start(t, WithoutLinuxInterface("vppmissing0")).Socket())
		})
		if socket == "" {
			continue
		}
		theirs := file
		if other := filepath.Join("testdata/behaviour", release(t, socket), name+".txt"); exists(other) {
			theirs = other
		}
		if (fresh || !needsFresh(t, theirs)) && hasNeeded(t, theirs, socket) {
			t.Run("real/"+name, func(t *testing.T) { runScript(t, theirs, socket) })
		}
	}
}

// played are the scripts of a release that a simulated VPP follows when it is to
// be of that: what else it answers is that of the newest.
var played = map[string][]string{"24.10": {"neighbor"}}

// byNeedOfEqualIndices puts the scripts on LLDP first: that takes a sw_if_index
// for a hw_if_index, and they are the same only as long as there was no
// sub-interface.
func byNeedOfEqualIndices(a, b string) int {
	order := func(file string) int {
		if strings.HasPrefix(filepath.Base(file), "lldp") {
			return 0
		}
		return 1
	}
	return order(a) - order(b)
}

func needsFresh(t *testing.T, file string) bool {
	_, needs := firstLine(t, file, "# Needs a fresh VPP")
	return needs
}

// hasNeeded tells whether this machine has the Linux interface or the file, or
// the real VPP is of the release, that a script needs, if it needs one.
func hasNeeded(t *testing.T, file, socket string) bool {
	if need, needs := firstLine(t, file, "# Needs VPP "); needs {
		return release(t, socket) >= need[:len("26.02")]
	}
	if name, needs := firstLine(t, file, "# Needs the Linux interface "); needs {
		_, err := net.InterfaceByName(strings.TrimSuffix(name, "."))
		return err == nil
	}
	if name, needs := firstLine(t, file, "# Needs the file "); needs {
		return exists(strings.TrimSuffix(name, "."))
	}
	return true
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// release is what a real VPP is of: "26.06".
func release(t *testing.T, socket string) string {
	c := dial(t, socket)
	defer c.goodbye()
	version := ask[showVersionReply](c, "show_version", empty{}).Version
	return version[:min(len("26.06"), len(version))]
}

// firstLine is what follows a prefix on a script's first line.
func firstLine(t *testing.T, file, prefix string) (rest string, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.CutPrefix(line, prefix)
}

func runScript(t *testing.T, file, socket string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newScript(dial(t, socket))
	if socket == os.Getenv("VPP_API_SOCKET") {
		s.sortIndices()
	}
	var got bytes.Buffer
	skipping := false
	for line := range strings.Lines(string(want)) {
		switch text := strings.TrimSpace(line); {
		case strings.HasPrefix(text, ">"):
			got.WriteString(line)
			skipping = true
			for _, l := range s.run(strings.Fields(text[1:])) {
				fmt.Fprintln(&got, l)
			}
		case text == "" || strings.HasPrefix(text, "#"):
			skipping = false
			got.WriteString(line)
		case !skipping:
			t.Fatalf("%s: output without a command: %s", file, text)
		}
	}
	s.c.goodbye()
	if bytes.Equal(got.Bytes(), want) {
		return
	}
	if *update && socket == os.Getenv("VPP_API_SOCKET") {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s (- wanted, + got):\n%s", file, lineDiff(string(want), got.String()))
}

// lineDiff is enough of a diff to see what a script got wrong.
func lineDiff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out strings.Builder
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			if strings.HasPrefix(a[0], ">") {
				fmt.Fprintln(&out, " "+a[0])
			}
			a, b = a[1:], b[1:]
		case len(a) > 0 && (len(b) == 0 || !strings.HasPrefix(a[0], ">") && a[0] != ""):
			fmt.Fprintln(&out, "-"+a[0])
			a = a[1:]
		default:
			fmt.Fprintln(&out, "+"+b[0])
			b = b[1:]
		}
	}
	return out.String()
}
