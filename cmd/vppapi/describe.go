package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func (a *app) newDescribeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "describe MESSAGE|TYPE",
		Short: "Show what a message or type consists of",
		Long: `Show a message with its fields, what it is answered with, and the types it uses;
or a type. Types may be named with or without vl_api_ and _t.`,
		Example:           "  vppapi describe ip_route_add_del_v2\n  vppapi describe fib_path_type",
		Args:              asUsage(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeFirst(describableNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			schema, err := a.schema(cmd.Context())
			if err != nil {
				return err
			}
			out := a.printer(cmd.OutOrStdout(), formatText)
			if m := schema.Message(args[0]); m != nil {
				d := describeMessage(schema, m)
				return out.finish(out.value(d, d.text))
			}
			if t := schema.Type(args[0]); t != nil {
				d := describeTypes(t)
				return out.finish(out.value(d, d.text))
			}
			return fmt.Errorf("no such message or type: %.80q", args[0])
		},
	}
}

// messageDescription is all there is to say about a message.
type messageDescription struct {
	messageSummary
	Comment string             `json:"comment,omitempty"`
	Fields  []fieldDescription `json:"fields"`
	// Types are those that the fields use, each before what it uses itself.
	Types []typeDescription `json:"types,omitempty"`
}

// typeDescription is all there is to say about a type.
type typeDescription struct {
	Name string `json:"name"`
	// Kind is the wire class; an enumflag's is "enumflag".
	Kind    string `json:"kind"`
	AliasOf string `json:"aliasOf,omitempty"`
	// Size in bytes, the least where it varies.
	Size   int  `json:"size"`
	Varies bool `json:"sizeVaries,omitempty"`
	// Text is an example of the text form, of types that have one.
	Text    string `json:"text,omitempty"`
	Comment string `json:"comment,omitempty"`
	// Base and Members are an enum's, Fields a structure's or a union's.
	Base    string              `json:"base,omitempty"`
	Members []memberDescription `json:"members,omitempty"`
	Fields  []fieldDescription  `json:"fields,omitempty"`
}

type memberDescription struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

type fieldDescription struct {
	Name string `json:"name"`
	// Type is as in the API language: u32, string[64], vl_api_mac_address_t[count].
	Type    string `json:"type"`
	Default any    `json:"default,omitempty"`
	// Limit bounds the bytes of a string, its NUL included.
	Limit int `json:"limit,omitempty"`
	// Counts is the list that this field counts.
	Counts string `json:"counts,omitempty"`
	// ChosenBy is the field that tells which arm of this union counts, Case
	// the value by which it chooses this arm.
	ChosenBy string `json:"chosenBy,omitempty"`
	Case     string `json:"case,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

// typesDescription is a type with those it uses.
type typesDescription struct {
	typeDescription
	Types []typeDescription `json:"types,omitempty"`
}

func describeMessage(schema *binproto.Schema, m *binproto.Message) *messageDescription {
	c := parseComment(m.Comment)
	d := &messageDescription{
		messageSummary: newSummarizer(schema).summary(m),
		Comment:        c.text,
		Fields:         describeFields(m.Fields, c),
	}
	d.Types = describeUsed(m.Body(), map[*binproto.Type]bool{})
	return d
}

func describeTypes(t *binproto.Type) *typesDescription {
	used := describeUsed(t, map[*binproto.Type]bool{t: true})
	return &typesDescription{typeDescription: describeType(t), Types: used}
}

// describeUsed describes the types that t uses and that are not yet seen.
func describeUsed(t *binproto.Type, seen map[*binproto.Type]bool) []typeDescription {
	var used []*binproto.Type
	switch {
	case t.Alias != nil:
		used = append(used, t.Alias)
	case t.Elem != nil:
		used = append(used, t.Elem)
	default:
		for _, f := range t.Fields {
			used = append(used, f.Type)
		}
	}
	var out []typeDescription
	for _, u := range used {
		if seen[u] {
			continue
		}
		seen[u] = true
		if u.Source != "" { // base types explain themselves
			out = append(out, describeType(u))
		}
		if u.Format == binproto.FormatNone { // others are written as text
			out = append(out, describeUsed(u, seen)...)
		}
	}
	return out
}

func describeType(t *binproto.Type) typeDescription {
	c := parseComment(t.Comment)
	size, fixed := t.Size()
	d := typeDescription{
		Name: t.Name, Kind: t.Kind.String(), Size: size, Varies: !fixed,
		Text: textForms[t.Format], Comment: c.text,
	}
	switch {
	case t.Alias != nil:
		d.AliasOf = t.Alias.Name
	case t.Enum != nil:
		if t.Enum.Flags {
			d.Kind = "enumflag"
		}
		d.Base = t.Enum.Base.String()
		for _, m := range t.Enum.Members {
			d.Members = append(d.Members, memberDescription(m))
		}
	case t.Elem != nil:
		d.AliasOf = fmt.Sprintf("%s[%d]", t.Elem.Name, t.Length)
	default:
		d.Fields = describeFields(t.Fields, c)
	}
	return d
}

func describeFields(fields []*binproto.Field, c comment) []fieldDescription {
	out := make([]fieldDescription, 0, len(fields))
	for _, f := range fields {
		out = append(out, fieldDescription{
			Name: f.Name, Type: f.TypeString(), Default: f.Default, Limit: f.Limit, Counts: f.CountFor,
			ChosenBy: f.Discriminator, Case: f.Case, Comment: c.fields[f.Name],
		})
	}
	return out
}

// textForms are examples of the text forms.
var textForms = map[binproto.Format]string{
	binproto.FormatIP4:       "192.0.2.1",
	binproto.FormatIP6:       "2001:db8::1",
	binproto.FormatAddress:   "192.0.2.1 or 2001:db8::1",
	binproto.FormatPrefix:    "192.0.2.0/24 or 2001:db8::/32",
	binproto.FormatIP4Prefix: "192.0.2.0/24",
	binproto.FormatIP6Prefix: "2001:db8::/32",
	binproto.FormatMAC:       "02:fe:00:00:00:01",
}
