package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func (a *app) newPingCommand() *cobra.Command {
	var (
		count    int
		interval time.Duration
	)
	cmd := &cobra.Command{
		Use:   "ping",
		Short: "Ask VPP for signs of life and time them",
		Long: `Send control_pings, one after the other, and print how long each answer takes, in
the end a summary. The exit code is 4 if none was answered in time.`,
		Args: asUsage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if count < 0 || interval < 0 {
				return usagef("-n and --interval must not be negative")
			}
			opts, err := a.unlearnedOptions()
			if err != nil {
				return err
			}
			out := a.printer(cmd.OutOrStdout(), formatText)
			return out.finish(connected(cmd.Context(), opts, func(ctx context.Context, s *vpp.Session) error {
				return ping(ctx, out, s, count, interval)
			}))
		},
	}
	cmd.Flags().IntVarP(&count, "count", "n", 4, "how many to send, 0 for no end")
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between two of them")
	return cmd
}

// pingResult is the outcome of one ping.
type pingResult struct {
	Seq   int     `json:"seq"`
	Ms    float64 `json:"ms,omitempty"`
	Error string  `json:"error,omitempty"`
}

func (r pingResult) text(w io.Writer) error {
	if r.Error != "" {
		_, err := fmt.Fprintf(w, "ping %d: %s\n", r.Seq, r.Error)
		return err
	}
	_, err := fmt.Fprintf(w, "ping %d: %.3f ms\n", r.Seq, r.Ms)
	return err
}

// pingSummary is the outcome of all pings.
type pingSummary struct {
	Sent        int     `json:"sent"`
	Answered    int     `json:"answered"`
	LostPercent float64 `json:"lostPercent"`
	MinMs       float64 `json:"minMs,omitempty"`
	MeanMs      float64 `json:"meanMs,omitempty"`
	MaxMs       float64 `json:"maxMs,omitempty"`
}

func (s *pingSummary) add(ms float64) {
	if s.Answered++; s.Answered == 1 {
		s.MinMs = ms
	}
	s.MinMs, s.MaxMs = min(s.MinMs, ms), max(s.MaxMs, ms)
	s.MeanMs += (ms - s.MeanMs) / float64(s.Answered)
}

func (s *pingSummary) text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d sent, %d answered, %.4g%% lost", s.Sent, s.Answered, s.LostPercent)
	if err == nil && s.Answered > 0 {
		_, err = fmt.Fprintf(w, "; min/mean/max %.3f/%.3f/%.3f ms", s.MinMs, s.MeanMs, s.MaxMs)
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	return err
}

// ping pings until it has sent count, the session or ctx ends. An interruption
// is a regular end.
func ping(ctx context.Context, out *printer, s *vpp.Session, count int, interval time.Duration) error {
	var sum pingSummary
	var last error
	next := time.NewTimer(0)
	defer next.Stop()
loop:
	for count == 0 || sum.Sent < count {
		select {
		case <-ctx.Done():
			break loop
		case <-next.C:
		}
		next.Reset(interval)
		begin := time.Now()
		err := s.Ping(ctx)
		if ctx.Err() != nil {
			break
		}
		result := pingResult{Seq: sum.Sent + 1, Ms: milliseconds(time.Since(begin))}
		if sum.Sent++; err == nil {
			sum.add(result.Ms)
		} else {
			last = err
			result.Ms, result.Error = 0, pingError(err)
		}
		if err := out.finish(out.value(result, result.text)); err != nil {
			return err
		}
		if err != nil && !errors.Is(err, vpp.ErrTimeout) {
			break
		}
	}
	if sum.Sent > 0 {
		sum.LostPercent = 100 * float64(sum.Sent-sum.Answered) / float64(sum.Sent)
	}
	sum.MeanMs = math.Round(sum.MeanMs*1000) / 1000
	if err := out.value(&sum, sum.text); err != nil {
		return err
	}
	if sum.Answered > 0 && errors.Is(last, vpp.ErrTimeout) {
		return nil // some came through
	}
	return last
}

// pingError is the reason alone: timed out, connection lost.
func pingError(err error) string {
	if call, ok := errors.AsType[*vpp.Error](err); ok {
		err = call.Err
	}
	return err.Error()
}

// milliseconds are those of d, exact to a microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
