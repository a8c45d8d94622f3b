package install

import (
	"encoding/json"
	"testing"

	lua "github.com/yuin/gopher-lua"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// TestArgoCDHealth runs config/argocd/health.lua as Argo CD does: with its
// interpreter and no more of Lua's libraries than it loads.
func TestArgoCDHealth(t *testing.T) {
	t.Parallel()
	const generation = 2
	condition := func(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: "told"}
	}
	ready := func(status metav1.ConditionStatus, reason string, also ...string) []metav1.Condition {
		conditions := []metav1.Condition{condition(v1alpha1.ConditionReady, status, reason)}
		for _, kind := range also {
			conditions = append(conditions, condition(kind, metav1.ConditionTrue, reason))
		}
		return conditions
	}
	const (
		yes, no, unknown     = metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown
		reconciling, stalled = v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled
	)
	for _, tc := range []struct {
		kind            string
		observed        int64
		conditions      []metav1.Condition
		health, message string
	}{
		{"Route", 0, nil, "Progressing", "The node's agent has not told about it yet"},
		{"Route", 2, ready(yes, v1alpha1.ReasonProgrammed), "Healthy", "Programmed: told"},
		{"Route", 2, ready(yes, v1alpha1.ReasonUnverified), "Healthy", "Unverified: told"},
		{"Route", 1, ready(yes, v1alpha1.ReasonProgrammed), "Progressing", "The node's agent has not handled the latest change yet"},
		{"Route", 1, ready(no, v1alpha1.ReasonInvalidSpec, stalled), "Progressing", "The node's agent has not handled the latest change yet"},
		{"Route", 2, ready(no, v1alpha1.ReasonWaitingForDependency, reconciling), "Progressing", "WaitingForDependency: told"},
		{"Route", 2, ready(no, v1alpha1.ReasonVPPDisconnected, reconciling), "Progressing", "VPPDisconnected: told"},
		{"Route", 1, ready(no, v1alpha1.ReasonPaused, reconciling), "Suspended", "Paused: told"},
		{"Route", 2, ready(no, v1alpha1.ReasonRejectedByVPP, stalled), "Degraded", "RejectedByVPP: told"},
		{"Route", 2, ready(no, v1alpha1.ReasonDrifted), "Degraded", "Drifted: told"},
		{"Route", 2, ready(no, v1alpha1.ReasonOverridden), "Degraded", "Overridden: told"},
		{"Route", 1, ready(unknown, v1alpha1.ReasonAgentLost), "Unknown", "AgentLost: told"},
		{"VPPNode", 2, ready(yes, v1alpha1.ReasonSynced), "Healthy", "Synced: told"},
		{"VPPNode", 2, ready(no, v1alpha1.ReasonSyncing), "Progressing", "Syncing: told"},
		{"VPPNode", 2, append(ready(yes, v1alpha1.ReasonSynced), condition(v1alpha1.ConditionPruneHeld, yes, v1alpha1.ReasonMassDeletion)),
			"Suspended", "MassDeletion: told"},
	} {
		text, err := json.Marshal(map[string]any{
			"kind":     tc.kind,
			"metadata": map[string]any{"generation": generation},
			"status":   v1alpha1.ObjectStatus{ObservedGeneration: tc.observed, Conditions: tc.conditions},
		})
		if err != nil {
			t.Fatal(err)
		}
		health, message := argoCDHealth(t, text)
		if health != tc.health || message != tc.message {
			t.Errorf("%s: %s (%s), want %s (%s)", text, health, message, tc.health, tc.message)
		}
	}
	if health, _ := argoCDHealth(t, []byte(`{"kind": "VRF", "metadata": {"generation": 1}}`)); health != "Progressing" {
		t.Errorf("without status: %s, want Progressing", health)
	}
}

func argoCDHealth(t *testing.T, object []byte) (health, message string) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(object, &fields); err != nil {
		t.Fatal(err)
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, open := range []lua.LGFunction{lua.OpenPackage, lua.OpenBase, lua.OpenTable} {
		state.Push(state.NewFunction(open))
		state.Call(0, 0)
	}
	state.SetGlobal("obj", luaValue(state, fields))
	if err := state.DoFile("../../../config/argocd/health.lua"); err != nil {
		t.Fatal(err)
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns a %s, want a table", state.Get(-1).Type())
	}
	return answer.RawGetString("status").String(), answer.RawGetString("message").String()
}

// luaValue is a value of JSON in Lua.
func luaValue(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, field := range value {
			table.RawSetString(key, luaValue(state, field))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(luaValue(state, item))
		}
		return table
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case bool:
		return lua.LBool(value)
	}
	return lua.LNil
}
