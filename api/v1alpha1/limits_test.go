package v1alpha1

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Each limit that the schemas set in a spec holds: the value just beyond it is
// refused, by an error that names the field and says what the limit is. The
// samples and the edge have a value for each.
func TestLimitsHold(t *testing.T) {
	t.Parallel()
	objects := samples(t)
	for kind, specs := range accepted() {
		for _, spec := range specs {
			objects = append(objects, object(t, kind, spec))
		}
	}
	tried := map[string]bool{}
	for _, d := range objects {
		kind := d["kind"].(string)
		c := crdOf(t, kind)
		c.admit(d, nil) // for the defaults
		spec := c.structural.Properties["spec"]
		mutate(d["spec"], &spec, "spec", func(v any) { d["spec"] = v }, func(path string, set func(any), value any, s *schema.Structural) {
			for _, l := range limitsOf(s) {
				limit := kind + " " + index.ReplaceAllString(path, "") + " " + l.name
				if tried[limit] {
					continue
				}
				tried[limit] = true
				beyond := l.beyond(value)
				set(beyond)
				obj := runtime.DeepCopyJSON(d)
				set(value)
				errs := c.admit(obj, nil)
				if !slices.ContainsFunc(errs, func(err *field.Error) bool { return err.Field == path+l.below && strings.Contains(err.Error(), l.says) }) {
					t.Errorf("%s %s: %s: want an error with %q; got %v", kind, path+l.below, l.name, l.says, errs)
				}
			}
		})
	}
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range crds {
		c.walk(func(path string, s *schema.Structural) {
			if path != "spec" && !strings.HasPrefix(path, "spec.") {
				return
			}
			for _, l := range limitsOf(s) {
				if !tried[kind+" "+path+" "+l.name] {
					t.Errorf("%s %s: no sample has it, so its %s is not tried", kind, path, l.name)
				}
			}
			if other := otherLimits(s); other != "" {
				t.Errorf("%s %s: nothing here tries %s", kind, path, other)
			}
		})
	}
}

// limit is what a schema forbids.
type limit struct {
	name   string
	beyond func(value any) any // just outside of it, made of a value inside
	below  string              // the error's path, from the value's
	says   string              // a part of the error
}

// limitsOf are the limits of s itself.
func limitsOf(s *schema.Structural) []limit {
	v := s.ValueValidation
	if v == nil {
		return nil
	}
	var all []limit
	add := func(name string, beyond any, says string, args ...any) {
		all = append(all, limit{name: name, beyond: func(any) any { return beyond }, says: fmt.Sprintf(says, args...)})
	}
	if v.Minimum != nil {
		add("minimum", int64(*v.Minimum)-1, "should be greater than or equal to %d", int64(*v.Minimum))
	}
	if v.Maximum != nil {
		add("maximum", int64(*v.Maximum)+1, "should be less than or equal to %d", int64(*v.Maximum))
	}
	if v.MultipleOf != nil {
		add("multipleOf", int64(*v.MultipleOf)+1, "should be a multiple of %d", int64(*v.MultipleOf))
	}
	if v.Enum != nil {
		var beyond any = "Nonsense"
		if s.Type == "integer" {
			beyond = int64(63)
		}
		var values []string
		for _, e := range v.Enum {
			values = append(values, fmt.Sprintf("%q", fmt.Sprint(e.Object)))
		}
		add("enum", beyond, "supported values: %s", strings.Join(values, ", "))
	}
	if v.MinLength != nil {
		add("minLength", strings.Repeat("a", int(*v.MinLength)-1), "should be at least %d chars long", *v.MinLength)
	}
	if v.MaxLength != nil {
		add("maxLength", strings.Repeat("a", int(*v.MaxLength)+1), "may not be more than %d bytes", *v.MaxLength)
	}
	if v.Pattern != "" {
		add("pattern", "a b", "should match '%s'", v.Pattern)
	}
	if v.MinItems != nil {
		add("minItems", make([]any, *v.MinItems-1), "should have at least %d items", *v.MinItems)
	}
	if v.MaxItems != nil {
		all = append(all, limit{name: "maxItems", beyond: func(value any) any {
			return slices.Repeat(value.([]any)[:1], int(*v.MaxItems)+1)
		}, says: fmt.Sprintf("must have at most %d items", *v.MaxItems)})
	}
	for _, name := range v.Required {
		if child := s.Properties[name]; child.Default.Object != nil {
			continue // is filled in
		}
		all = append(all, limit{name: "required " + name, beyond: func(value any) any {
			without := maps.Clone(value.(document))
			delete(without, name)
			return without
		}, below: "." + name, says: "Required value"})
	}
	return all
}

// otherLimits are those that limitsOf does not know.
func otherLimits(s *schema.Structural) string {
	v := s.ValueValidation
	switch {
	case s.AdditionalProperties != nil:
		return "what is in a map"
	case v == nil:
		return ""
	case v.ExclusiveMinimum || v.ExclusiveMaximum:
		return "exclusive limits"
	case v.UniqueItems:
		return "uniqueItems"
	case v.MinProperties != nil || v.MaxProperties != nil:
		return "how many properties there are"
	case v.Format != "" && v.Format != "int32" && v.Format != "int64":
		return "format " + v.Format
	case len(v.AllOf) > 0 || len(v.AnyOf) > 0 || len(v.OneOf) > 0 || v.Not != nil:
		return "allOf, anyOf, oneOf and not"
	}
	return ""
}

// mutate visits value and all that is in it, with a way to set each to another.
// Of an empty list there is nothing to try.
func mutate(value any, s *schema.Structural, path string, set func(any), visit func(path string, set func(any), value any, s *schema.Structural)) {
	switch value := value.(type) {
	case document:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			child := s.Properties[key]
			mutate(value[key], &child, path+"."+key, func(v any) { value[key] = v }, visit)
		}
	case []any:
		if len(value) == 0 {
			return
		}
		for i := range value {
			mutate(value[i], s.Items, fmt.Sprintf("%s[%d]", path, i), func(v any) { value[i] = v }, visit)
		}
	}
	visit(path, set, value, s)
}
