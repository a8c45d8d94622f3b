// Package samples reads the objects of config/samples, for who applies those that
// the VPPs at hand can do.
package samples

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Read reads the objects of a folder.
func Read(folder string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	files, err := fs.Glob(os.DirFS(folder), "*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if name == "kustomization.yaml" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		for doc := range strings.SplitSeq(string(data), "\n---\n") {
			o := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if len(o.Object) > 0 {
				objects = append(objects, o)
			}
		}
	}
	return objects, nil
}

// Devices are the physical interfaces that the samples configure, as a simulated VPP
// is told of them: NAME or NAME=MAC.
func Devices() []string {
	return []string{"GigabitEthernet0/8/0", "GigabitEthernet0/9/0=52:54:00:00:00:09"}
}

// Possible leaves out the objects whose spec lacks says cannot be had on a node, and
// what refers to them.
func Possible(objects []*unstructured.Unstructured, lacks func(node string, spec map[string]any) bool) []*unstructured.Unstructured {
	gone := map[string]bool{} // "node interface"
	for {
		before := len(objects)
		objects = slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool {
			spec, _, _ := unstructured.NestedMap(o.Object, "spec")
			node, _ := spec["nodeName"].(string)
			impossible := lacks(node, spec)
			walk(spec, func(key string, value any) {
				if name, ok := value.(string); ok && refers(key) && gone[node+" "+name] {
					impossible = true
				}
			})
			if impossible && o.GetKind() == "Interface" {
				name, _ := spec["name"].(string)
				gone[node+" "+name] = true
			}
			return impossible
		})
		if len(objects) == before {
			return objects
		}
	}
}

// refers tells whether a field names an interface, or several. (Ends of tunnels are
// addresses, which no interface is called.)
func refers(field string) bool {
	switch field {
	case "parent", "unnumbered", "peer", "source", "destination":
		return true
	}
	return strings.HasSuffix(strings.ToLower(field), "interface") || strings.HasSuffix(field, "Interfaces")
}

// walk visits all values, those of a list by the list's field.
func walk(value any, visit func(key string, value any)) {
	walkField("", value, visit)
}

func walkField(key string, value any, visit func(key string, value any)) {
	visit(key, value)
	switch v := value.(type) {
	case map[string]any:
		for key, x := range v {
			walkField(key, x, visit)
		}
	case []any:
		for _, x := range v {
			walkField(key, x, visit)
		}
	}
}
