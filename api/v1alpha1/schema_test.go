package v1alpha1

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// oldest is the oldest release of Kubernetes that the CRDs are for. Its CEL
// takes no more than what the release before it knew.
var oldest = version.MajorMinor(1, 32)

// An API server says of each CRD that it is valid; that includes what its
// rules may cost at most, with every list and string as long as allowed.
func TestCRDsAreAccepted(t *testing.T) {
	t.Parallel()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	if want, got := (len(scheme.KnownTypes(GroupVersion))-len(metaTypes()))/2, len(crds); got != want {
		t.Errorf("%d CRDs for %d kinds", got, want)
	}
	for kind, c := range crds {
		t.Run(kind, func(t *testing.T) {
			for _, err := range crdvalidation.ValidateCustomResourceDefinition(t.Context(), c.definition) {
				t.Error(err)
			}
			spec := c.definition.Spec
			if spec.Scope != apiextensions.ClusterScoped || len(spec.Names.Categories) != 1 || len(spec.Names.ShortNames) != 1 {
				t.Errorf("scope %s, categories %v, short names %v", spec.Scope, spec.Names.Categories, spec.Names.ShortNames)
			}
			if !strings.HasPrefix(spec.Names.ShortNames[0], "vpp") {
				t.Errorf("short name %s does not begin with vpp", spec.Names.ShortNames[0])
			}
			inNode := spec.Names.Categories[0] == "vpp" // objects of a node are found by it
			selectable := slices.ContainsFunc(slices.Concat(spec.SelectableFields, spec.Versions[0].SelectableFields),
				func(f apiextensions.SelectableField) bool { return f.JSONPath == ".spec.nodeName" })
			if selectable != inNode {
				t.Errorf("in category vpp: %t, spec.nodeName selectable: %t", inNode, selectable)
			}
			object, err := scheme.New(GroupVersion.WithKind(kind))
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := object.(Object); ok != inNode {
				t.Errorf("in category vpp: %t, an Object: %t", inNode, ok)
			}
		})
	}
}

// metaTypes are the types that every group has.
func metaTypes() map[string]bool {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, GroupVersion)
	names := map[string]bool{}
	for name := range scheme.KnownTypes(GroupVersion) {
		names[name] = true
	}
	return names
}

// The oldest release understands every rule and format.
func TestRulesAreOldEnough(t *testing.T) {
	t.Parallel()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	env := environment.MustBaseEnvSet(oldest.SubtractMinor(1))
	for kind, c := range crds {
		c.walk(func(path string, s *schema.Structural) {
			if len(s.XValidations) == 0 {
				return
			}
			results, err := cel.Compile(s, model.SchemaDeclType(s, path == ""), celconfig.PerCallLimit, env, cel.NewExpressionsEnvLoader())
			if err != nil {
				t.Fatalf("%s %s: %v", kind, path, err)
			}
			for i, r := range results {
				if r.Error != nil {
					t.Errorf("%s %s: %s: %v", kind, path, s.XValidations[i].Rule, r.Error)
				}
			}
		})
	}
}

// Every field says what it is, which is what kubectl explain shows, and every
// list how it is merged.
func TestEveryFieldIsExplained(t *testing.T) {
	t.Parallel()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range crds {
		explained := map[string]bool{"": true, "metadata": true} // an item by its list
		c.walk(func(path string, s *schema.Structural) {
			explained[path] = explained[path] || s.Description != ""
			if !explained[path] {
				t.Errorf("%s %s: no description", kind, path)
			}
			if s.Type == "array" && s.XListType == nil {
				t.Errorf("%s %s: no list type", kind, path)
			}
		})
	}
}

// A struct of a spec in which nothing is required is merged as one, as are the
// lists that others are in. Otherwise server-side apply takes it away with the
// last of its fields that is left out, though {} was applied, and mixes what two
// users say of a union.
func TestStructsThatMayBeEmptyAreAtomic(t *testing.T) {
	t.Parallel()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range crds {
		var atomic []string // paths of lists that are merged as one
		c.walk(func(path string, s *schema.Structural) {
			if s.XListType != nil && *s.XListType == "atomic" {
				atomic = append(atomic, path)
			}
			inList := slices.ContainsFunc(atomic, func(list string) bool { return strings.HasPrefix(path+".", list+".") })
			if inList || !strings.HasPrefix(path, "spec.") || s.Type != "object" || len(s.Properties) == 0 {
				return
			}
			if required := s.ValueValidation; required != nil && len(required.Required) > 0 {
				return
			}
			if s.XMapType == nil || *s.XMapType != "atomic" {
				t.Errorf("%s %s: nothing in it is required: want +structType=atomic", kind, path)
			}
		})
	}
}
