package vpp_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// withoutLeaks turns the result of all tests into a failure if goroutines of
// this package's clients outlive them.
func withoutLeaks(code int) int {
	if code != 0 {
		return code
	}
	patience := time.After(time.Minute) // for those that are just leaving
	for {
		left := goroutines()
		if len(left) == 0 {
			return 0
		}
		select {
		case <-patience:
			fmt.Fprintf(os.Stderr, "%d goroutines are left:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			return 1
		default:
			runtime.Gosched()
		}
	}
}

// goroutines are the stacks of the goroutines that run code of pkg/vpp.
func goroutines() (left []string) {
	buf := make([]byte, 16<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "/pkg/vpp.(") || strings.Contains(stack, "/pkg/vpp.watchSocket") {
			left = append(left, stack)
		}
	}
	return left
}
