// Command metrics-docs writes docs/metrics.md: the text of metrics.md.tmpl with
// tables of the metrics that an agent registers.
//
//	go run ./hack/metrics-docs docs/metrics.md
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/vpp-operator/vpp-operator/controllers"
)

//go:generate go run . ../../docs/metrics.md

//go:embed metrics.md.tmpl
var text string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: metrics-docs FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "metrics-docs:", err)
		os.Exit(1)
	}
}

func write(file string) error {
	all, err := registered()
	if err != nil {
		return err
	}
	page, err := render(all)
	if err != nil {
		return err
	}
	return os.WriteFile(file, page, 0o644) //nolint:gosec // G306: everybody may read the docs
}

// metric is what is told of one.
type metric struct {
	name, help string
	labels     []string
}

// kind is the metric's type, which a descriptor does not tell: it follows from
// the name, by Prometheus' own rules for names.
func (m metric) kind() string {
	switch {
	case strings.HasSuffix(m.name, "_total"):
		return "counter"
	case strings.HasSuffix(m.name, "_duration_seconds"):
		return "histogram"
	}
	return "gauge"
}

// registered are the metrics of an agent, by name.
func registered() ([]metric, error) {
	// An agent that is told to end before it begins registers them all the same,
	// and does nothing else.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var list collectors
	err := controllers.Run(ctx, controllers.Options{
		NodeName: "node", Namespace: "vpp-system", Config: &rest.Config{Host: "http://127.0.0.1:0"}, Socket: os.DevNull,
		MetricsAddress: "0", HealthAddress: "0", Registry: &list, Log: logr.Discard(),
	})
	if err != nil {
		return nil, fmt.Errorf("run an agent: %w", err)
	}
	var all []metric
	for _, c := range list {
		ch := make(chan *prometheus.Desc)
		go func() {
			defer close(ch)
			c.Describe(ch)
		}()
		for d := range ch {
			if ofTheProcess.MatchString(d.String()) {
				continue
			}
			m, parseErr := parse(d.String())
			err = errors.Join(err, parseErr)
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	return all, err
}

// collectors is a registry that takes note of who registers.
type collectors []prometheus.Collector

// Register implements prometheus.Registerer.
func (l *collectors) Register(c prometheus.Collector) error {
	*l = append(*l, c)
	return nil
}

// MustRegister implements prometheus.Registerer.
func (l *collectors) MustRegister(cs ...prometheus.Collector) { *l = append(*l, cs...) }

// Unregister implements prometheus.Registerer.
func (l *collectors) Unregister(prometheus.Collector) bool { return true }

// described is how a descriptor prints itself, the only way it tells anything.
var described = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), (?:unit: "", )?constLabels: \{\}, variableLabels: \{(.*)\}\}$`)

// ofTheProcess are metrics of every Go program, which differ from release to
// release of Go.
var ofTheProcess = regexp.MustCompile(`^Desc\{fqName: "(go|process)_`)

func parse(desc string) (metric, error) {
	part := described.FindStringSubmatch(desc)
	if part == nil {
		return metric{}, fmt.Errorf("cannot read %s", desc)
	}
	name, err := strconv.Unquote(part[1])
	help, helpErr := strconv.Unquote(part[2])
	m := metric{name: name, help: help}
	if part[3] != "" {
		m.labels = strings.Split(part[3], ",")
	}
	return m, errors.Join(err, helpErr)
}

// render fills in the text. Every metric must be in one of its tables.
func render(all []metric) ([]byte, error) {
	shown := map[string]bool{}
	table := func(prefix string) (string, error) {
		var out strings.Builder
		out.WriteString("| metric | type | labels | |\n|---|---|---|---|\n")
		for _, m := range all {
			if !strings.HasPrefix(m.name, prefix) {
				continue
			}
			shown[m.name] = true
			labels := ""
			if len(m.labels) > 0 {
				labels = "`" + strings.Join(m.labels, "`, `") + "`"
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", m.name, m.kind(), labels, strings.ReplaceAll(m.help, "|", `\|`))
		}
		return strings.TrimSuffix(out.String(), "\n"), nil
	}
	t, err := template.New("metrics.md.tmpl").Funcs(template.FuncMap{"table": table}).Parse(text)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, nil); err != nil {
		return nil, err
	}
	for _, m := range all {
		if !shown[m.name] {
			return nil, fmt.Errorf("metric %s is in no table of metrics.md.tmpl", m.name)
		}
	}
	return page.Bytes(), nil
}
