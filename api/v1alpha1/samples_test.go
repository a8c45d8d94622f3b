package v1alpha1

import (
	"path/filepath"
	"testing"
)

// What users are shown is accepted, and there is something for every kind and
// every type of interface.
func TestSamplesAreAccepted(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, d := range samples(t) {
		c := crdOf(t, d["kind"].(string))
		for _, err := range c.admit(d, nil) {
			t.Errorf("%s: %v", d["metadata"].(document)["name"], err)
		}
		shown[c.kind] = true
		if c.kind == "Interface" {
			for field := range d["spec"].(document) {
				shown[field] = true
			}
		}
	}
	crds, err := loadCRDs()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range crds {
		if !shown[kind] {
			t.Errorf("no sample of kind %s", kind)
		}
		if kind != "Interface" {
			continue
		}
		for field, s := range c.structural.Properties["spec"].Properties {
			if s.Type == "object" && !shown[field] {
				t.Errorf("no sample of an Interface that is a %s", field)
			}
		}
	}
}

// samples are all objects in config/samples that are of our group.
func samples(t *testing.T) []document {
	t.Helper()
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var found []document
	for _, file := range files {
		for _, d := range documents(t, file) {
			if d["apiVersion"] == GroupVersion.String() {
				found = append(found, d)
			}
		}
	}
	return found
}
