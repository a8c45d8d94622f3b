package kinds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// hiddenField is a field that VPP cannot show, and its value as text. Secrets
// are named here and never told: the text of a secret's field is its reference.
type hiddenField struct{ name, value string }

// hide adds a field unless it is as by default.
func hide[T comparable](list []hiddenField, name string, value, standard T) []hiddenField {
	if value == standard {
		return list
	}
	return append(list, hiddenField{name, fmt.Sprint(value)})
}

// hidden are the fields of an interface that VPP cannot show and that are not
// as by default.
func (i *Interface) hidden() []hiddenField {
	list := i.Type.hidden()
	list = hide(list, "promiscuous", i.Promiscuous, false)
	return hide(list, "directedBroadcast", i.DirectedBroadcast, false)
}

// digest stands for what VPP cannot show of an interface: "name:hash" for each
// such field that is not as by default, and a word that tells it from nothing.
func digest(i *Interface) string {
	words := []string{"v1"}
	for _, f := range i.hidden() {
		sum := sha256.Sum256([]byte(f.name + "\x00" + f.value))
		words = append(words, f.name+":"+hex.EncodeToString(sum[:8]))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// hiddenDifferences names the fields in which two digests differ. Where one is
// not known nothing does.
func hiddenDifferences(want, last string) []string {
	if want == "" || last == "" || want == last {
		return nil
	}
	w, l := strings.Fields(want), strings.Fields(last)
	var names []string
	for _, word := range append(slices.Clone(w), l...) {
		name, _, _ := strings.Cut(word, ":")
		if slices.Contains(w, word) != slices.Contains(l, word) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// hiddenNames are the names in a digest.
func hiddenNames(digest string) []string {
	var names []string
	for word := range strings.FieldsSeq(digest) {
		if name, _, ok := strings.Cut(word, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}
