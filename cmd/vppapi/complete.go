package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// completionTimeout is how long somebody who pressed Tab waits for VPP.
const completionTimeout = time.Second

// completeFirst completes the first argument from names of the API; without
// an API there are none, and nothing is said.
func (a *app) completeFirst(names func(*binproto.Schema) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		a.timeout = min(a.timeout, completionTimeout)
		schema, err := a.schema(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found := slices.DeleteFunc(names(schema), func(name string) bool { return !strings.HasPrefix(name, begun) })
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}
}

func messageNames(schema *binproto.Schema) []string {
	messages, _ := schema.Messages()
	names := make([]string, len(messages))
	for i, m := range messages {
		names[i] = m.Name
	}
	return names
}

func requestNames(schema *binproto.Schema) []string {
	var names []string
	for _, s := range schema.Services() {
		names = append(names, s.Request)
	}
	return names
}

func eventNames(schema *binproto.Schema) []string {
	var names []string
	for _, s := range schema.Services() {
		names = append(names, s.Events...)
	}
	return names
}

// describableNames are those of messages and, where they have begun, types.
func describableNames(schema *binproto.Schema) []string {
	names := messageNames(schema)
	for _, t := range schema.Types() {
		names = append(names, t.Name)
	}
	return names
}
