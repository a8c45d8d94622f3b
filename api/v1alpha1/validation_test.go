package v1alpha1

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// refusal is a spec that an API server must refuse, for one reason, and what
// it says then.
type refusal struct {
	name string
	// spec is merged into the kind's base, which is accepted; null takes a field
	// away. metadata.name is set from objectName where given.
	spec       string
	objectName string
	// path is the field named, message a part of what is said.
	path, message string
}

// change is an update that must be refused, from base with old merged into it
// to base with new merged into it.
type change struct {
	name, old, new string
	path, message  string
}

// kindCase is what is tried of a kind.
type kindCase struct {
	kind string
	// base is a spec with what the kind requires and nothing else.
	base     string
	refusals []refusal
	changes  []change
	// accepted are at the edge of the rules, but right, and maximal, by name, as
	// large as can be: each is merged into base.
	accepted []string
	maximal  map[string]string
	// updates are accepted changes: each from one to the other, merged into base.
	updates [][2]string
}

// kindCases list every kind; a new one adds its line.
func kindCases() []kindCase {
	return []kindCase{
		accessListCase,
		macAccessListCase,
		bridgeDomainCase,
		crossConnectCase,
		deterministicNATCase,
		interfaceCase,
		l3CrossConnectCase,
		mssClampCase,
		nat44Case,
		nat44MappingCase,
		neighborCase,
		portMirrorCase,
		reversePathFilterCase,
		nat64Case,
		policerCase,
		policyRouteCase,
		routeCase,
		vppNodeCase,
		vrfCase,
	}
}

const (
	long49 = "a23456789-123456789-123456789-123456789-123456789"
	long50 = long49 + "0"
)

// common are refused of every object. %s stands for what makes an Interface one.
var common = []refusal{
	{name: "no node", spec: `{nodeName: null}`, path: "spec.nodeName", message: "Required value"},
	{name: "empty node", spec: `{nodeName: ""}`, path: "spec.nodeName", message: "at least 1 chars long"},
	{name: "node in capitals", spec: `{nodeName: Node1}`, path: "spec.nodeName", message: "should match"},
	{name: "name too long", spec: `{name: ` + long50 + `}`, path: "spec.name", message: "may not be more than 49"},
	{name: "empty name", spec: `{name: ""}`, path: "spec.name", message: "at least 1 chars long"},
	{name: "name with a slash", spec: `{name: a/b}`, path: "spec.name", message: "should match"},
	{name: "metadata.name too long for a name", objectName: long50, spec: `{}`, path: "", message: "spec.name is required where metadata.name is longer than 49 characters"},
	{name: "unknown field", spec: `{color: blue}`, path: "spec.color", message: "unknown field"},
}

var commonChanges = []change{
	{"other node", `{}`, `{nodeName: node2}`, "spec.nodeName", "nodeName is immutable"},
	{"other name", `{name: a}`, `{name: b}`, "spec.name", "name is immutable"},
	{"name added", `{}`, `{name: a}`, "spec.name", "name is immutable"},
	{"name removed", `{name: a}`, `{}`, "spec.name", "name is immutable"},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, k := range kindCases() {
		c, refusals, changes := crdOf(t, k.kind), k.refusals, k.changes
		if k.kind != "VPPNode" { // which is no object on a node
			refusals = slices.Concat(refusals, common)
			changes = slices.Concat(changes, commonChanges)
		}
		for _, tc := range refusals {
			t.Run(k.kind+"/"+tc.name, func(t *testing.T) {
				obj := object(t, k.kind, tc.spec)
				if tc.objectName != "" {
					obj["metadata"].(document)["name"] = tc.objectName
				}
				expect(t, c, c.admit(obj, nil), tc.path, tc.message)
			})
		}
		for _, tc := range changes {
			t.Run(k.kind+"/update: "+tc.name, func(t *testing.T) {
				expect(t, c, c.admit(object(t, k.kind, tc.new), object(t, k.kind, tc.old)), tc.path, tc.message)
			})
		}
	}
	everyRuleWasBroken(t)
}

// object is the kind's base with spec merged into it. An Interface that spec
// makes none of the types is a loopback.
func object(t *testing.T, kind, spec string) document {
	t.Helper()
	merged := merge(parse(t, baseOf(t, kind)), parse(t, spec))
	if kind == "Interface" && !isTyped(t, merged) {
		merged["loopback"] = document{}
	}
	return document{
		"apiVersion": GroupVersion.String(), "kind": kind,
		"metadata": document{"name": "object"}, "spec": merged,
	}
}

// baseOf is the base of a kind.
func baseOf(t *testing.T, kind string) string {
	t.Helper()
	for _, k := range kindCases() {
		if k.kind == kind {
			return k.base
		}
	}
	t.Fatalf("no case of kind %s", kind)
	return ""
}

// isTyped tells whether the spec of an Interface has a field that could be its
// type; a null counts.
func isTyped(t *testing.T, spec document) bool {
	for name, s := range crdOf(t, "Interface").structural.Properties["spec"].Properties {
		if _, ok := spec[name]; ok && s.Type == "object" {
			return true
		}
	}
	return false
}

// merge is JSON merge patch (RFC 7386), but leaves nulls of its own depth's
// absent fields in place so that they can be told.
func merge(into, patch document) document {
	for key, value := range patch {
		child, isObject := value.(document)
		old, wasObject := into[key].(document)
		switch {
		case isObject && wasObject:
			into[key] = merge(old, child)
		case value == nil && into[key] != nil:
			delete(into, key)
		default:
			into[key] = value
		}
	}
	return into
}

// broken are the rules that some case broke, as kind, path and message.
var broken sync.Map

func expect(t *testing.T, c *crd, errs field.ErrorList, path, message string) {
	t.Helper()
	for _, err := range errs {
		broken.Store(c.kind+" "+index.ReplaceAllString(errorPath(err), "")+" "+err.Detail, true)
	}
	if len(errs) != 1 || index.ReplaceAllString(errorPath(errs[0]), "") != path || !strings.Contains(errs[0].Error(), message) {
		t.Errorf("want one error, at %q with %q; got %d:", path, message, len(errs))
		for _, err := range errs {
			t.Errorf("\tat %q: %v", errorPath(err), err)
		}
	}
}

func errorPath(err *field.Error) string {
	if err.Field == "<nil>" { // the root
		return ""
	}
	return err.Field
}

// Each CEL rule of each CRD was broken by a case above.
func everyRuleWasBroken(t *testing.T) {
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range crds {
		untested := map[string]string{} // by the rule's text: types are used in several places
		tested := map[string]bool{}
		for _, r := range c.rules() {
			if r.message == "" {
				t.Errorf("%s %s: rule without message: %s", kind, r.path, r.text)
			}
			if _, ok := broken.Load(fmt.Sprintf("%s %s %s", kind, r.path, r.message)); ok {
				tested[r.text] = true
			} else {
				untested[r.text] = r.path + ": " + r.message
			}
		}
		maps.DeleteFunc(untested, func(text, _ string) bool { return tested[text] })
		for _, where := range untested {
			t.Errorf("no case breaks the rule of %s at %s", kind, where)
		}
	}
}
