package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// format is the form of output; "" is what suits the subcommand best.
type format string

const (
	formatJSON format = "json"
	formatYAML format = "yaml"
	formatText format = "text"
)

var formats = []string{string(formatJSON), string(formatYAML), string(formatText)}

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "format" }

func (f *format) Set(s string) error {
	if !slices.Contains(formats, s) {
		return fmt.Errorf("must be one of %s", strings.Join(formats, ", "))
	}
	*f = format(s)
	return nil
}

// printer writes what a command has to say, each item in the format that was
// asked for: JSON as a line, YAML as a document, text as the item likes.
type printer struct {
	w      *bufio.Writer
	format format
	items  int
}

// printer writes to w, in the given format unless the user chose one.
func (a *app) printer(w io.Writer, otherwise format) *printer {
	f := a.output
	if f == "" {
		f = otherwise
	}
	return &printer{w: bufio.NewWriterSize(w, 64<<10), format: f}
}

// message writes an API message given as its line of JSON.
func (p *printer) message(name string, line []byte) error {
	return p.item(line, func(w io.Writer) error {
		if p.items > 0 {
			name = "\n" + name // between blocks
		}
		return writeMessageText(w, name, line)
	})
}

// value writes a value of our own: what its text function says, or as JSON
// with its exported fields.
func (p *printer) value(v any, text func(w io.Writer) error) error {
	var line []byte
	if p.format != formatText {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return err
		}
		line = bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
	}
	return p.item(line, text)
}

func (p *printer) item(line []byte, text func(w io.Writer) error) error {
	defer func() { p.items++ }()
	switch p.format {
	case formatText:
		return text(p.w)
	case formatYAML:
		doc, err := yaml.JSONToYAML(line)
		if err != nil {
			return err
		}
		if p.items > 0 {
			line = append([]byte("---\n"), doc...)
		} else {
			line = doc
		}
	default:
		line = append(line, '\n')
	}
	_, err := p.w.Write(line)
	return err
}

// flush hands over what was written so far.
func (p *printer) flush() error { return p.w.Flush() }

// finish is flush for the end of a command that may have failed.
func (p *printer) finish(err error) error {
	if ferr := p.flush(); ferr != nil {
		return ferr
	}
	return err
}
