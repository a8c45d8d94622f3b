package e2e

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// plainFaults need nothing but the name of a message.
var plainFaults = map[string]func(pattern string) *vpptest.Fault{
	"lose-request": vpptest.LoseRequest, "lose-reply": vpptest.LoseReply,
	"hold": vpptest.Hold, "withhold": vpptest.Withhold,
	"cut-before": vpptest.CutBefore, "cut-after": vpptest.CutAfter,
	"crash-before": vpptest.CrashBefore, "crash-after": vpptest.CrashAfter,
	"restart-before": vpptest.RestartBefore, "restart-after": vpptest.RestartAfter,
	"duplicate": vpptest.Duplicate, "swap": vpptest.Swap,
}

// fault has something go wrong in the simulated VPP.
func fault(s *scenario, _ *script, _ bool, args []string) error {
	const how = "fault NAME MESSAGE [ARGUMENT] [times=N] [after=N], fault fired|release|clear"
	switch {
	case s.simulated == nil:
		return errors.New("only the simulated VPP has faults: begin with [!simulated] skip")
	case len(args) == 1:
		return s.changeFaults(args[0])
	case len(args) < 2:
		return usage(how)
	}
	name, pattern, rest := args[0], args[1], args[2:]
	var f *vpptest.Fault
	switch {
	case name == "refuse" && len(rest) > 0:
		retval, err := strconv.ParseInt(rest[0], 10, 32)
		if err != nil {
			return err
		}
		f, rest = vpptest.Refuse(pattern, int32(retval)), rest[1:]
	case name == "delay" && len(rest) > 0:
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err
		}
		f, rest = vpptest.Delay(pattern, d), rest[1:]
	case plainFaults[name] != nil:
		f = plainFaults[name](pattern)
	default:
		return usage(how)
	}
	for _, arg := range rest {
		key, count, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(count)
		switch {
		case err != nil:
			return usage(how)
		case key == "times":
			f.Times(n)
		case key == "after":
			f.After(n)
		default:
			return usage(how)
		}
	}
	s.faults = append(s.faults, s.simulated.Fault(f))
	return nil
}

// changeFaults is about the fault made last, or all of them.
func (s *scenario) changeFaults(what string) error {
	if len(s.faults) == 0 {
		return errors.New("there is no fault")
	}
	last := s.faults[len(s.faults)-1]
	switch what {
	case "fired":
		ctx, cancel := context.WithTimeout(s.ctx, patience)
		defer cancel()
		select {
		case <-last.Fired():
			return nil
		case <-ctx.Done():
			return fmt.Errorf("the fault does not strike: %w", ctx.Err())
		}
	case "release":
		last.Release()
		return nil
	case "clear":
		for _, f := range s.faults {
			f.Release()
		}
		s.simulated.ClearFaults()
		s.faults = nil
		return nil
	}
	return usage("fault fired|release|clear")
}
