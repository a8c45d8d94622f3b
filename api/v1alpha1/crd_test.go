package v1alpha1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

type document = map[string]any

// crd is a CRD and what an API server makes of it: the same code, without the
// server.
type crd struct {
	kind       string
	definition *apiextensions.CustomResourceDefinition
	structural *schema.Structural
	schema     validation.SchemaValidator
	cel        *cel.Validator
}

// loadCRDs reads config/crd/bases, by kind.
var loadCRDs = sync.OnceValues(func() (map[string]*crd, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(apiextensions.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	files, err := filepath.Glob("../../config/crd/bases/*.yaml")
	if err != nil {
		return nil, err
	}
	crds := map[string]*crd{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		v1 := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, v1); err != nil {
			return nil, err
		}
		scheme.Default(v1)
		v1.Status.StoredVersions = []string{"v1alpha1"} // as on create
		c := &crd{kind: v1.Spec.Names.Kind, definition: &apiextensions.CustomResourceDefinition{}}
		if err := scheme.Convert(v1, c.definition, nil); err != nil {
			return nil, err
		}
		// The internal form moves what all versions share to the top.
		props := c.definition.Spec.Validation
		if props == nil {
			props = c.definition.Spec.Versions[0].Schema
		}
		if c.structural, err = schema.NewStructural(props.OpenAPIV3Schema); err != nil {
			return nil, err
		}
		if c.schema, _, err = validation.NewSchemaValidator(props.OpenAPIV3Schema); err != nil {
			return nil, err
		}
		c.cel = cel.NewValidator(c.structural, true, celconfig.PerCallLimit)
		crds[c.kind] = c
	}
	return crds, nil
})

func crdOf(t *testing.T, kind string) *crd {
	t.Helper()
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	c := crds[kind]
	if c == nil {
		t.Fatalf("no CRD for kind %q", kind)
	}
	return c
}

// admit does to obj what an API server does on create, or on update where old
// is not nil: unknown fields are errors, defaults are filled in, then
// everything is checked.
func (c *crd) admit(obj, old document) field.ErrorList {
	var errs field.ErrorList
	for _, path := range pruning.PruneWithOptions(obj, c.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
		errs = append(errs, field.Forbidden(field.NewPath(path), "unknown field"))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(obj, c.structural)
	defaulting.Default(obj, c.structural)
	errs = append(errs, validation.ValidateCustomResource(nil, obj, c.schema)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.structural, obj)...)
	if slices.ContainsFunc(errs, func(err *field.Error) bool { return blocking[err.Type] }) {
		return errs // rules are not looked at then
	}
	var previous any
	if old != nil {
		defaulting.Default(old, c.structural)
		previous = old
	}
	broken, _ := c.cel.Validate(context.Background(), nil, c.structural, obj, previous, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

// blocking are the errors after which an API server does not run rules.
var blocking = map[field.ErrorType]bool{
	field.ErrorTypeNotSupported: true,
	field.ErrorTypeRequired:     true,
	field.ErrorTypeTooLong:      true,
	field.ErrorTypeTooMany:      true,
	field.ErrorTypeTypeInvalid:  true,
}

// rule is a CEL rule of a CRD.
type rule struct {
	path    string // of the field it complains about, without indices
	message string
	text    string
}

// rules are all CEL rules of c.
func (c *crd) rules() []rule {
	var found []rule
	c.walk(func(path string, s *schema.Structural) {
		for _, r := range s.XValidations {
			found = append(found, rule{path: strings.TrimPrefix(path+r.FieldPath, "."), message: r.Message, text: r.Rule})
		}
	})
	return found
}

// walk visits all of the schema, depth first.
func (c *crd) walk(visit func(path string, s *schema.Structural)) { walk("", c.structural, visit) }

func walk(path string, s *schema.Structural, visit func(string, *schema.Structural)) {
	visit(path, s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		child := s.Properties[name]
		walk(strings.TrimPrefix(path+"."+name, "."), &child, visit)
	}
	if s.Items != nil {
		walk(path, s.Items, visit)
	}
}

// index is what stands in brackets in the path of an error.
var index = regexp.MustCompile(`\[[^]]*\]`)

// parse reads YAML as an API server would see it: integers are int64.
func parse(t *testing.T, text string) document {
	t.Helper()
	json, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	var d document
	if err := utiljson.Unmarshal(json, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// documents reads all of a file.
func documents(t *testing.T, file string) []document {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := parse(t, string(text)); d != nil {
			found = append(found, d)
		}
	}
}
