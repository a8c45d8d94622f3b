// Package scale shows what the operator costs where there is much of
// everything: a test counts what one change among many routes asks of the API
// server and of VPP, and benchmarks measure times and memory.
//
//	go test ./test/e2e/scale   counts, with 100,000 routes
//	make bench-operator        the benchmarks
//
// The VPP is a simulated one, unless VPP_BIN names a real one. The benchmarks
// compare with what the machine can do in the same minute: with the client
// alone, or with the API server alone. A goal that a ratio is for is told beside
// it; no time is ever asserted.
package scale
