package main

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

func (a *app) newMessagesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "messages [PATTERN]",
		Short: "List the messages of the API",
		Long: `List the names of all messages, or of those that match PATTERN: a part of the
name, or the whole name with wildcards (*, ?, [a-z]).`,
		Example:           "  vppapi messages loopback\n  vppapi messages 'ip_*_dump' --output json",
		Args:              asUsage(cobra.MaximumNArgs(1)),
		ValidArgsFunction: a.completeFirst(messageNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			schema, err := a.schema(cmd.Context())
			if err != nil {
				return err
			}
			found, err := schema.Messages(args...)
			if err != nil {
				return usageError{err}
			}
			if len(found) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "vppapi: no message matches")
			}
			out := a.printer(cmd.OutOrStdout(), formatText)
			summarizer := newSummarizer(schema)
			for _, m := range found {
				if err := out.value(summarizer.summary(m), func(w io.Writer) error {
					_, err := fmt.Fprintln(w, m.Name)
					return err
				}); err != nil {
					return out.finish(err)
				}
			}
			return out.flush()
		},
	}
}

// messageSummary is what there is to say about a message short of its fields.
type messageSummary struct {
	Name   string `json:"name"`
	CRC    string `json:"crc"`
	Module string `json:"module"`
	// Of a request: what VPP answers, and what it sends from then on.
	Reply         string   `json:"reply,omitempty"`
	Stream        bool     `json:"stream,omitempty"`
	StreamMessage string   `json:"streamMessage,omitempty"`
	Events        []string `json:"events,omitempty"`
	// Of others: the requests that they answer, or that ask for them.
	AnswerTo []string `json:"answerTo,omitempty"`
	EventOf  []string `json:"eventOf,omitempty"`

	Deprecated bool   `json:"deprecated,omitempty"`
	InProgress bool   `json:"inProgress,omitempty"`
	ReplacedBy string `json:"replacedBy,omitempty"`
}

// summarizer summarizes messages of a schema.
type summarizer struct {
	schema  *binproto.Schema
	answers map[string][]string // message → requests that it answers
	events  map[string][]string // message → requests that ask for it
}

func newSummarizer(schema *binproto.Schema) *summarizer {
	s := &summarizer{schema, map[string][]string{}, map[string][]string{}}
	for _, service := range schema.Services() {
		for _, answer := range []string{service.Reply, service.StreamMessage} {
			if answer != "" {
				s.answers[answer] = append(s.answers[answer], service.Request)
			}
		}
		for _, event := range service.Events {
			s.events[event] = append(s.events[event], service.Request)
		}
	}
	return s
}

func (s *summarizer) summary(m *binproto.Message) messageSummary {
	sum := messageSummary{
		Name: m.Name, CRC: crcText(m.CRC), Module: strings.TrimSuffix(path.Base(m.Module), binproto.Suffix),
		AnswerTo: s.answers[m.Name], EventOf: s.events[m.Name],
		Deprecated: m.Deprecated, InProgress: m.InProgress, ReplacedBy: m.ReplacedBy,
	}
	if service := s.schema.Service(m.Name); service != nil {
		sum.Reply, sum.Stream, sum.StreamMessage, sum.Events = service.Reply, service.Stream, service.StreamMessage, service.Events
	}
	return sum
}

func crcText(crc uint32) string { return fmt.Sprintf("0x%08x", crc) }
