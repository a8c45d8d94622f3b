package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestAgentRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		args        []string
		environment map[string]string
		want        string
	}{
		"no node":               {nil, nil, "--node-name"},
		"argument":              {[]string{"n1"}, nil, "unknown command"},
		"log level":             {[]string{"--node-name=n1", "--log-level=loud"}, nil, "loud"},
		"no kubeconfig":         {[]string{"--node-name=n1", "--kubeconfig=/nonexistent"}, nil, "/nonexistent"},
		"by the environment":    {nil, map[string]string{"VPP_OPERATOR_NODE_NAME": "n1", "VPP_OPERATOR_KUBECONFIG": "/nonexistent"}, "/nonexistent"},
		"the flag wins":         {[]string{"--kubeconfig=/nonexistent/flag", "--node-name=n1"}, map[string]string{"VPP_OPERATOR_KUBECONFIG": "/nonexistent/environment"}, "/nonexistent/flag"},
		"nonsense environment":  {nil, map[string]string{"VPP_OPERATOR_METRICS_SECURE": "perhaps"}, "VPP_OPERATOR_METRICS_SECURE"},
		"empty is not left out": {[]string{}, map[string]string{"VPP_OPERATOR_NODE_NAME": ""}, "--node-name"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range tc.environment {
				t.Setenv(key, value)
			}
			cmd := newRootCommand()
			cmd.SetArgs(append([]string{"agent"}, tc.args...))
			cmd.SetOut(io.Discard)
			err := cmd.ExecuteContext(t.Context())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one of %s", err, tc.want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"version", "--version"} {
		cmd := newRootCommand()
		cmd.SetArgs([]string{arg})
		var out bytes.Buffer
		cmd.SetOut(&out)
		if err := cmd.ExecuteContext(t.Context()); err != nil || !strings.HasPrefix(out.String(), "vpp-operator ") {
			t.Errorf("%s: %q, %v", arg, &out, err)
		}
	}
}
