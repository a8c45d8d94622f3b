package vpptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// ErrStopped is returned by what needs a VPP that was not stopped.
var ErrStopped = errors.New("simulated VPP is stopped")

// VPP is a simulated VPP. All methods may be called from any goroutine, except
// from inside the function given to [Rewrite]. Stop must be called once it is
// no longer needed; [Start] sees to that.
type VPP struct {
	path    string
	tempDir string // removed by Stop
	log     logr.Logger
	api     *apiTable
	kinds   []kind
	faults  faultList

	// Options that outlast a boot; changed under life.
	release    string
	missing    map[string]bool
	crcs       map[string]uint32
	streamPage int
	lingering  bool
	devices    []string
	workers    uint32
	linux      linux // under mu

	life    sync.Mutex // Restart and Stop
	stopped bool
	bg      sync.WaitGroup // restarts that a fault asked for

	mu      sync.Mutex
	boot    *boot
	reason  string        // why the current boot died
	thawed  chan struct{} // nil while not frozen
	waiters atomic.Int32
	signal  chan struct{} // closed when something changed
}

// Option configures a VPP, at [New] or from a [VPP.Restart] on.
type Option func(*VPP)

// WithSocket sets the path of the socket; the default is in a new temporary
// directory.
func WithSocket(path string) Option { return func(v *VPP) { v.path = path } }

// WithRelease sets what show_version reports; the default is "26.06-release".
// Messages and behaviour remain those of 26.06.
func WithRelease(release string) Option { return func(v *VPP) { v.release = release } }

// WithLogger sets the logger; the default discards.
func WithLogger(log logr.Logger) Option { return func(v *VPP) { v.log = log } }

// WithStreamPage sets how many details a modern stream sends before it answers
// EAGAIN with a cursor; the default is 64.
func WithStreamPage(n int) Option { return func(v *VPP) { v.streamPage = max(n, 1) } }

// WithoutModule takes modules away, as if the plugin was not loaded: "lldp".
func WithoutModule(modules ...string) Option { return without(modules) }

// WithoutMessage takes single messages away. Without "get_api_json" it is a
// VPP before 24.06.
func WithoutMessage(messages ...string) Option { return without(messages) }

func without(names []string) Option {
	return func(v *VPP) {
		for _, n := range names {
			v.missing[n] = true
		}
	}
}

// WithCRC gives a message another CRC, in the message table and in the JSON,
// as another release may have it. Its fields remain.
func WithCRC(message string, crc uint32) Option { return func(v *VPP) { v.crcs[message] = crc } }

// WithLingeringClients keeps clients that close without sockclnt_delete on
// VPP's books until it next fails to write to them, as the real one does after
// back-pressure. Their indices stay taken.
func WithLingeringClients() Option { return func(v *VPP) { v.lingering = true } }

// New starts a VPP.
func New(options ...Option) (*VPP, error) {
	v := &VPP{
		release: "26.06-release", missing: map[string]bool{}, crcs: map[string]uint32{},
		streamPage: 64, log: logr.Discard(), signal: make(chan struct{}), kinds: allKinds(),
	}
	for _, o := range options {
		o(v)
	}
	var err error
	if v.api, err = newAPITable(v.kinds); err != nil {
		return nil, err
	}
	if v.path == "" {
		// Not below a test's own directory, whose path may be longer than a
		// socket's can be.
		if v.tempDir, err = os.MkdirTemp("", "vpptest"); err != nil {
			return nil, fmt.Errorf("simulated VPP: %w", err)
		}
		v.path = filepath.Join(v.tempDir, "api.sock")
	}
	if err := v.start(); err != nil {
		_ = os.RemoveAll(v.tempDir)
		return nil, err
	}
	return v, nil
}

// TB is the part of testing.TB that [Start] needs.
type TB interface {
	// Helper is testing.TB's.
	Helper()
	// Fatalf is testing.TB's.
	Fatalf(format string, args ...any)
	// Cleanup is testing.TB's.
	Cleanup(func())
}

// Start starts a VPP for a test, fails the test if that fails, and stops it
// when the test ends.
func Start(tb TB, options ...Option) *VPP {
	tb.Helper()
	// The go command takes a result from its cache where nothing that the tests
	// read has changed. Main reads this before they run, which does not count.
	_ = os.Getenv(BinEnv)
	v, err := New(options...)
	if err != nil {
		tb.Fatalf("start simulated VPP: %v", err)
		return nil
	}
	tb.Cleanup(v.Stop)
	return v
}

// start begins the next boot.
func (v *VPP) start() error {
	number := 1
	if old := v.current(); old != nil {
		number = old.number + 1
	}
	b, err := newBoot(v, number)
	if err != nil {
		return err
	}
	if err := os.Remove(v.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("simulated VPP: %w", err)
	}
	if err := b.listen(v.path); err != nil {
		return err
	}
	v.mu.Lock()
	v.boot, v.reason = b, ""
	v.mu.Unlock()
	b.wg.Go(b.accept)
	b.log.Info("serving", "socket", v.path, "release", b.release, "messages", len(b.table))
	v.changed()
	return nil
}

// Socket is the path of the API socket.
func (v *VPP) Socket() string { return v.path }

// Stop ends the process, waits for all its goroutines and removes the socket.
// It may be called more than once.
func (v *VPP) Stop() {
	v.life.Lock()
	if !v.stopped {
		v.stopped = true
		b := v.current()
		b.kill()
		b.wg.Wait()
		_ = os.Remove(v.path)
		if v.tempDir != "" {
			_ = os.RemoveAll(v.tempDir)
		}
	}
	v.life.Unlock()
	v.bg.Wait()
}

// Restart ends the process, if it still lives, and starts the next boot with
// everything forgotten: other message ids, another pid, indices from the
// start. Options hold from now on. It returns when the new one is listening.
func (v *VPP) Restart(options ...Option) error {
	v.life.Lock()
	defer v.life.Unlock()
	return v.restartLocked(options...)
}

func (v *VPP) restartLocked(options ...Option) error {
	if v.stopped {
		return ErrStopped
	}
	b := v.current()
	b.kill()
	b.wg.Wait()
	v.Thaw() // the new process was never stopped
	for _, o := range options {
		o(v)
	}
	if err := v.start(); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}

// restartSoon is Restart for a goroutine that the restart would wait for.
func (v *VPP) restartSoon(b *boot) {
	b.kill()
	v.bg.Go(func() {
		v.life.Lock()
		defer v.life.Unlock()
		if v.current() != b { // somebody else was faster
			return
		}
		if err := v.restartLocked(); err != nil && !errors.Is(err, ErrStopped) {
			b.log.Error(err, "no next boot")
		}
	})
}

// Crash ends the process and leaves its socket behind: connecting is refused
// until [VPP.Restart].
func (v *VPP) Crash() { v.crash(v.current(), "told to") }

func (v *VPP) crash(b *boot, reason string) {
	b.log.Info("process died", "reason", reason)
	v.mu.Lock()
	if v.boot == b && v.reason == "" {
		v.reason = reason
	}
	v.mu.Unlock()
	b.kill()
	v.changed()
}

// Crashed tells why the current boot has died by a lethal request, a fault or
// [VPP.Crash]; "" while it lives.
func (v *VPP) Crashed() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reason
}

func (v *VPP) current() *boot {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.boot
}

// Boot numbers the process's life, from 1.
func (v *VPP) Boot() int { return v.current().number }

// PID is the process id that this boot reports.
func (v *VPP) PID() uint32 { return v.current().pid }

// MessageID is a message's id in this boot, 0 if it does not have it.
func (v *VPP) MessageID(name string) uint16 { return v.current().ids[name] }

// Calls counts the requests of that name which this boot has acted on.
func (v *VPP) Calls(name string) int {
	if h := v.current().byName[name]; h != nil {
		return int(h.calls.Load())
	}
	return 0
}

// Ignored counts the messages of this boot that VPP would warn about and drop:
// unknown ids, replies sent as requests, truncated ones. A good client sends
// none.
func (v *VPP) Ignored() int { return int(v.current().ignored.Load()) }

// Client is a client on VPP's books.
type Client struct {
	// Index is its client_index.
	Index uint32
	// Name is what it called itself, "" before its handshake.
	Name string
}

// Clients lists the clients of this boot by index. It waits for the main
// thread.
func (v *VPP) Clients() []Client {
	b := v.current()
	b.main.Lock()
	defer b.main.Unlock()
	out := []Client{}
	for _, c := range b.clients.all() {
		out = append(out, Client{Index: c.clientIndex(), Name: c.name})
	}
	return out
}

// Freeze stops the process as SIGSTOP does: it reads and answers nothing,
// connections are accepted by the kernel only. It waits for the main thread.
func (v *VPP) Freeze() {
	b := v.current()
	b.main.Lock()
	defer b.main.Unlock()
	v.mu.Lock()
	if v.thawed == nil {
		v.thawed = make(chan struct{})
	}
	v.mu.Unlock()
	b.setDeadlines(time.Unix(1, 0)) // wakes whoever reads or writes
}

// Thaw lets a frozen process go on.
func (v *VPP) Thaw() {
	v.mu.Lock()
	thawed := v.thawed
	v.thawed = nil
	b := v.boot
	v.mu.Unlock()
	if thawed != nil {
		b.setDeadlines(time.Time{})
		close(thawed)
	}
}

func (b *boot) setDeadlines(t time.Time) {
	b.connMu.Lock()
	defer b.connMu.Unlock()
	for c := range b.conns {
		_ = c.conn.SetDeadline(t) // fails on a closed one only
	}
}

func (v *VPP) isFrozen() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.thawed != nil
}

// waitThawed waits while frozen; false when the process is dead.
func (v *VPP) waitThawed(b *boot) bool {
	for {
		v.mu.Lock()
		thawed := v.thawed
		v.mu.Unlock()
		if thawed == nil {
			return !b.dead()
		}
		select {
		case <-thawed:
		case <-b.gone:
			return false
		}
	}
}

// changed wakes those in Await.
func (v *VPP) changed() {
	if v.waiters.Load() == 0 {
		return
	}
	v.mu.Lock()
	close(v.signal)
	v.signal = make(chan struct{})
	v.mu.Unlock()
}

// Await waits until a condition on this VPP holds, such as
//
//	v.Await(ctx, func() bool { return v.Calls("ip_route_add_del_v2") >= 3 })
//
// It is tested whenever VPP has handled messages, a client came or went, or
// the process died or started. The error is the context's.
func (v *VPP) Await(ctx context.Context, condition func() bool) error {
	v.waiters.Add(1)
	defer v.waiters.Add(-1)
	for {
		v.mu.Lock()
		signal := v.signal
		v.mu.Unlock()
		if condition() {
			return nil
		}
		select {
		case <-signal:
		case <-ctx.Done():
			return fmt.Errorf("waiting for simulated VPP: %w", ctx.Err())
		}
	}
}
