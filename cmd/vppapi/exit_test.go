package main

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"testing"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func itoa[T ~uint16 | ~uint32](n T) string { return strconv.FormatUint(uint64(n), 10) }

func TestExitCode(t *testing.T) {
	t.Parallel()
	refusal := &vpp.Error{Message: "m", Outcome: vpp.ErrRefused, Err: &vpp.RetvalError{Retval: -3}}
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, exitOK},
		{"retval", refusal, exitRefused},
		{"usage", usagef("x"), exitUsage},
		{"codec", &vpp.Error{Outcome: vpp.ErrRefused, Err: &binproto.Error{Err: binproto.ErrRange}}, exitUsage},
		{"no such message", fmt.Errorf("x: %w", vpp.ErrNoMessage), exitUsage},
		{"guard that asked VPP", fmt.Errorf("%w: %w", vpp.ErrGuarded, refusal), exitUsage},
		{"disconnected", fmt.Errorf("x: %w", vpp.ErrDisconnected), exitNoConnection},
		{"closed", vpp.ErrClosed, exitNoConnection},
		{"no VPP there", vpp.ErrProtocol, exitNoConnection},
		{"timeout", fmt.Errorf("x: %w", vpp.ErrTimeout), exitTimeout},
		{"timeout in the handshake", fmt.Errorf("%w: %w", vpp.ErrDisconnected, vpp.ErrTimeout), exitTimeout},
		{"interrupted", fmt.Errorf("%w: %w", errInterrupted, vpp.ErrTimeout), exitInterrupted},
		{"reader gone", fmt.Errorf("write: %w", syscall.EPIPE), exitPipe},
		{"anything else", context.Canceled, exitUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}
