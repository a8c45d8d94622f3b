package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func (d *messageDescription) text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  message of %s, CRC %s\n", d.Name, d.Module, d.CRC)
	switch {
	case d.Deprecated && d.ReplacedBy != "":
		fmt.Fprintf(&b, "Deprecated: use %s.\n", d.ReplacedBy)
	case d.Deprecated:
		b.WriteString("Deprecated.\n")
	case d.InProgress:
		b.WriteString("In progress: it may change.\n")
	}
	if d.Comment != "" {
		fmt.Fprintf(&b, "\n%s\n", d.Comment)
	}
	if answer := d.answer(); answer != "" {
		fmt.Fprintf(&b, "\n%s\n", answer)
	}
	b.WriteString("\nFields:\n")
	writeFields(&b, d.Fields)
	writeTypes(&b, d.Types)
	_, err := io.WriteString(w, b.String())
	return err
}

// answer says what a request brings, or where another message comes from.
func (d *messageDescription) answer() string {
	var lines []string
	switch {
	case d.StreamMessage != "":
		lines = append(lines, fmt.Sprintf("Answered with a stream of %s and then %s.", d.StreamMessage, d.Reply))
	case d.Stream:
		lines = append(lines, fmt.Sprintf("Answered with a stream of %s.", d.Reply))
	case d.Reply != "":
		lines = append(lines, fmt.Sprintf("Answered with %s.", d.Reply))
	case len(d.AnswerTo) > 0:
		lines = append(lines, fmt.Sprintf("Answers %s.", strings.Join(d.AnswerTo, ", ")))
	}
	if len(d.Events) > 0 {
		lines = append(lines, fmt.Sprintf("Brings the events %s.", strings.Join(d.Events, ", ")))
	}
	if len(d.EventOf) > 0 {
		lines = append(lines, fmt.Sprintf("Event of %s.", strings.Join(d.EventOf, ", ")))
	}
	return strings.Join(lines, "\n")
}

func (d *typesDescription) text(w io.Writer) error {
	var b strings.Builder
	writeType(&b, d.typeDescription)
	writeTypes(&b, d.Types)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTypes(b *strings.Builder, types []typeDescription) {
	for _, t := range types {
		b.WriteByte('\n')
		if t.Text != "" {
			t.Fields = nil // the text does
		}
		writeType(b, t)
	}
}

func writeType(b *strings.Builder, t typeDescription) {
	kind := t.Kind
	switch {
	case t.AliasOf != "":
		kind = "alias of " + t.AliasOf
	case t.Base != "":
		kind += " of " + t.Base
	case t.Kind == t.Name:
		kind = "base type"
	}
	fmt.Fprintf(b, "%s  %s", t.Name, kind)
	if t.Text != "" {
		fmt.Fprintf(b, ", written %s", t.Text)
	}
	b.WriteByte('\n')
	if t.Comment != "" {
		fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(t.Comment, "\n", "\n  "))
	}
	number := "%d"
	if t.Kind == "enumflag" {
		number = "%#x"
	}
	writeRows(b, func(row func(cells ...string)) {
		for _, m := range t.Members {
			row(m.Name, fmt.Sprintf(number, m.Value))
		}
	})
	writeFields(b, t.Fields)
}

func writeFields(b *strings.Builder, fields []fieldDescription) {
	writeRows(b, func(row func(cells ...string)) {
		for _, f := range fields {
			row(f.Name, f.Type, f.remarks())
		}
	})
}

// remarks are what else there is to say about a field.
func (f fieldDescription) remarks() string {
	var parts []string
	if f.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", f.Default))
	}
	if f.Limit > 0 {
		parts = append(parts, fmt.Sprintf("at most %d bytes", f.Limit-1))
	}
	if f.Counts != "" {
		parts = append(parts, "counts "+f.Counts)
	}
	if f.ChosenBy != "" {
		parts = append(parts, "chosen by "+f.ChosenBy)
	}
	if f.Case != "" {
		parts = append(parts, "if "+f.Case)
	}
	remarks := strings.Join(parts, ", ")
	switch {
	case remarks == "":
		return f.Comment
	case f.Comment == "":
		return "(" + remarks + ")"
	}
	return "(" + remarks + ") " + f.Comment
}

// writeRows writes rows of cells, indented and aligned.
func writeRows(b *strings.Builder, rows func(row func(cells ...string))) {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	rows(func(cells ...string) { fmt.Fprintf(t, "  %s\n", strings.Join(cells, "\t")) })
	_ = t.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}
