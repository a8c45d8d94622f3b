package vpptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// commonTypes are the types that several modules use, one a line:
//
//	struct NAME fields       union NAME fields
//	enum NAME base MEMBER=n… alias NAME target[length]
//
// A kind adds its own in the same form.
const commonTypes = `
alias interface_index u32
alias ip4_address u8[4]
alias ip6_address u8[16]
alias mac_address u8[6]
alias timestamp f64
enum address_family u8 ADDRESS_IP4=0 ADDRESS_IP6=1
union address_union ip4_address ip4 case=ADDRESS_IP4; ip6_address ip6 case=ADDRESS_IP6
struct address address_family af; address_union un discriminator=af
struct prefix address address; u8 len
alias address_with_prefix prefix
`

// typeTable holds the types by bare name.
type typeTable map[string]typeRow

type typeRow struct {
	section string // struct, union, enum, alias
	text    string
	fields  []fieldText
	members []any // of an enum, its base behind them
}

func (t typeTable) add(text string) error {
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if words[0] == "" {
			continue
		}
		if len(words) != 3 || !slices.Contains([]string{"struct", "union", "enum", "alias"}, words[0]) {
			return fmt.Errorf("API table: type %q: want \"section name definition\"", line)
		}
		r := typeRow{section: words[0], text: words[2]}
		if old, ok := t[words[1]]; ok {
			if old.section != r.section || old.text != r.text {
				return fmt.Errorf("API table: type %s is defined twice and differently", words[1])
			}
			continue
		}
		var err error
		switch r.section {
		case "struct", "union":
			r.fields, err = parseFields(r.text)
		case "enum":
			r.members, err = parseEnum(r.text)
		}
		if err != nil {
			return fmt.Errorf("API table: type %s: %w", words[1], err)
		}
		t[words[1]] = r
	}
	return nil
}

var baseTypes = [...]string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f64", "bool", "string"}

// wireName is a type's name as fields of the JSON refer to it.
func wireName(bare string) string {
	if slices.Contains(baseTypes[:], bare) {
		return bare
	}
	return "vl_api_" + bare + "_t"
}

// use marks a type and what it is made of.
func (t typeTable) use(bare string, used map[string]bool) error {
	if wireName(bare) == bare || used[bare] {
		return nil
	}
	r, ok := t[bare]
	if !ok {
		return fmt.Errorf("unknown type %s", bare)
	}
	used[bare] = true
	if r.section == "alias" {
		target, _, _ := strings.Cut(r.text, "[")
		return t.use(target, used)
	}
	for _, f := range r.fields {
		if err := t.use(f.typ, used); err != nil {
			return fmt.Errorf("%s.%s: %w", bare, f.name, err)
		}
	}
	return nil
}

// json renders the used types into the sections of a module, sorted by name.
// That they refer forward is as in VPP's own files.
func (t typeTable) json(used map[string]bool) map[string]any {
	structs, unions, enums, aliases := []any{}, []any{}, []any{}, map[string]any{}
	names := make([]string, 0, len(used))
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := t[name]
		switch r.section {
		case "alias":
			target, length, isArray := strings.Cut(strings.TrimSuffix(r.text, "]"), "[")
			a := map[string]any{"type": wireName(target)}
			if n, err := strconv.Atoi(length); isArray && err == nil {
				a["length"] = n
			}
			aliases[name] = a
		case "enum":
			enums = append(enums, append([]any{name}, r.members...))
		default:
			item := []any{name}
			for _, f := range r.fields {
				item = append(item, f.json())
			}
			if r.section == "union" {
				unions = append(unions, item)
			} else {
				structs = append(structs, item)
			}
		}
	}
	return map[string]any{"types": structs, "unions": unions, "enums": enums, "enumflags": []any{}, "aliases": aliases}
}

// parseEnum reads "base MEMBER=n…".
func parseEnum(text string) ([]any, error) {
	words := strings.Fields(text)
	var members []any
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		n, err := strconv.ParseInt(value, 0, 64)
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", w, err)
		}
		members = append(members, []any{name, n})
	}
	return append(members, map[string]any{"enumtype": words[0]}), nil
}
