// Package controllers is the agent's side towards Kubernetes: it watches the
// objects of one node, compiles their specs into items of pkg/vpp/state, and
// writes what became of them into their statuses.
//
//	informers ──► reconciler ──► compile ──► state.Engine
//	    ▲                                        │ Changed
//	API server ◄── statusWriter ◄── report ◄─────┘ Walk
//
// A kind is one small file with two pure functions, compile and report, and a
// line in [objectKinds]; everything else is the same for all of them. What is
// deleted goes through [pruneGuard] first, because an accident is not a wish,
// and what is desired is kept in a file, because the API server may be behind
// VPP. [Run] puts the parts together.
package controllers
