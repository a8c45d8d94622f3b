package v1alpha1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// pages are what users read.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	return texts
}

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// Objects of ours that the documentation shows are accepted.
func TestDocumentedObjectsAreAccepted(t *testing.T) {
	t.Parallel()
	shown := 0
	for file, text := range pages(t) {
		for _, block := range yamlBlock.FindAllStringSubmatch(text, -1) {
			for part := range strings.SplitSeq(block[1], "---\n") {
				d := parse(t, part)
				if d["apiVersion"] != GroupVersion.String() {
					continue
				}
				shown++
				for _, err := range crdOf(t, d["kind"].(string)).admit(d, nil) {
					t.Errorf("%s: %s: %v", file, d["metadata"].(document)["name"], err)
				}
			}
		}
	}
	if shown == 0 {
		t.Error("none was found")
	}
}

// What an object's Ready or a VPPNode's conditions may say is looked up in
// docs/operations.md: each reason has a row in a table.
func TestReasonsAreDocumented(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "condition_types.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(pages(t)["../../docs/operations.md"], "## Troubleshooting by reason")
	if !found {
		t.Fatal("docs/operations.md has no section on troubleshooting")
	}
	reasons := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		reasons++
		reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
			return strings.HasPrefix(line, "|") && strings.Contains(line, "`"+reason+"`")
		}) {
			t.Errorf("docs/operations.md has no row for the reason %s", reason)
		}
		return true
	})
	if reasons == 0 {
		t.Error("condition_types.go has no reasons")
	}
}

var (
	firstCell = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)
	fieldPath = regexp.MustCompile("`([a-zA-Z0-9.]+)`")
)

// Each kind has a row, with its short name, where the kinds are listed, and a
// section of its own, whose table of changes names fields that the kind has.
func TestKindsAreDocumented(t *testing.T) {
	t.Parallel()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	texts := pages(t)
	for kind, c := range crds {
		row := regexp.MustCompile(`(?m)^\| (\w+, )*` + kind + `(, \w+)* \|.*` + "`" + c.definition.Spec.Names.ShortNames[0] + "`")
		if !row.MatchString(texts["../../docs/concepts.md"]) {
			t.Errorf("docs/concepts.md has no row for %s, %s", kind, c.definition.Spec.Names.ShortNames[0])
		}
		_, section, found := strings.Cut(texts["../../docs/kinds.md"], "\n## "+kind+"\n")
		if !found {
			t.Errorf("docs/kinds.md has no section on %s", kind)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		has := map[string]bool{}
		c.walk(func(path string, _ *schema.Structural) { has[path[strings.LastIndex(path, ".")+1:]] = true })
		for _, cell := range firstCell.FindAllStringSubmatch(section, -1) {
			for _, path := range fieldPath.FindAllStringSubmatch(cell[1], -1) {
				for name := range strings.SplitSeq(path[1], ".") {
					if !has[name] {
						t.Errorf("docs/kinds.md, %s: there is no field %s", kind, path[1])
					}
				}
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	code    = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
)

// Links between the pages, and into the repository, lead somewhere; those of
// api.md, which is generated, are not looked at.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for file, text := range all {
		if file == "../../docs/api.md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s is not there", file, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s: %s: no such heading", file, m[1])
			}
		}
	}
}

// anchors are the names that headings have in links.
func anchors(text string) []string {
	var names []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= '0' && r <= '9', r >= 'a' && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(h[1]))
		names = append(names, name)
	}
	return names
}
