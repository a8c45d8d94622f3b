package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// headerFields say nothing to a person.
var headerFields = map[string]bool{"_vl_msg_id": true, "client_index": true, "context": true}

// writeMessageText writes an API message, given as JSON, as a block for people:
// its name, and below it a line per field in wire order.
func writeMessageText(w io.Writer, name string, line []byte) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	v, err := readOrdered(dec)
	if err != nil {
		return err
	}
	fields, _ := v.([]member)
	var kept []member
	for _, m := range fields {
		if !headerFields[m.name] {
			kept = append(kept, m)
		}
	}
	var b strings.Builder
	b.WriteString(name + "\n")
	writeMembers(&b, kept, "  ", "  ")
	_, err = io.WriteString(w, b.String())
	return err
}

// member is a name and value of a JSON object, whose order is kept.
type member struct {
	name  string
	value any // []member, []any, string, json.Number, bool or nil
}

func readOrdered(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := []member{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := readOrdered(dec)
			if err != nil {
				return nil, err
			}
			members = append(members, member{fmt.Sprint(name), value})
		}
		_, err = dec.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			value, err := readOrdered(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = dec.Token()
		return list, err
	}
	return token, nil
}

// writeMembers writes a line per member; first is what stands before the first
// of them, indent before the others.
func writeMembers(b *strings.Builder, members []member, first, indent string) {
	for i, m := range members {
		if i > 0 {
			first = indent
		}
		b.WriteString(first + m.name + ":")
		writeValue(b, m.value, indent)
	}
}

// writeValue writes what stands behind a name that is indented by indent.
func writeValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case []member:
		b.WriteByte('\n')
		writeMembers(b, v, indent+"  ", indent+"  ")
	case []any:
		if !isNested(v) {
			parts := make([]string, len(v))
			for i := range v {
				parts[i] = scalarText(v[i])
			}
			b.WriteString(" [" + strings.Join(parts, ", ") + "]\n")
			return
		}
		b.WriteByte('\n')
		for _, e := range v {
			if members, ok := e.([]member); ok && len(members) > 0 {
				writeMembers(b, members, indent+"- ", indent+"  ")
				continue
			}
			b.WriteString(indent + "-")
			writeValue(b, e, indent+"  ")
		}
	case string:
		v = strings.TrimRight(v, "\r\n")
		if !strings.Contains(v, "\n") {
			b.WriteString(" " + scalarText(v) + "\n")
			return
		}
		b.WriteByte('\n')
		for line := range strings.Lines(v) {
			b.WriteString(indent + "  | " + printable(strings.TrimRight(line, "\r\n")) + "\n")
		}
	default:
		b.WriteString(" " + scalarText(v) + "\n")
	}
}

// isNested tells a list that does not fit on a line.
func isNested(list []any) bool {
	for _, v := range list {
		switch v := v.(type) {
		case []member, []any:
			return true
		case string:
			if strings.ContainsAny(v, "\n,") {
				return true
			}
		}
	}
	return false
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return `""`
		}
		return printable(v)
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}

// printable quotes text that would do something to a terminal; tabs are fine.
func printable(s string) string {
	for _, r := range s {
		if r != '\t' && !unicode.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}
