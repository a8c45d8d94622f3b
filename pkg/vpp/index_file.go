package vpp

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// indexFile remembers this session's client index on disk while the session
// lives. VPP can take the end of a client that goes without sockclnt_delete
// for "no data yet" and then spins on the dead socket; enough of them hang it.
// A later client finds the file and makes VPP forget the dead one.
//
// The file is locked as long as its owner lives, so that nobody has to trust
// process ids across containers. nil is a memory that remembers nothing.
type indexFile struct {
	dir  string
	path string
	file *os.File
}

// indexRecord is what the file says.
type indexRecord struct {
	Socket string `json:"socket"`
	// Boot tells this socket file from that of the next boot of VPP.
	Boot  string `json:"boot"`
	Index uint32 `json:"clientIndex"`
	Name  string `json:"name"`
	PID   int    `json:"pid"`
}

const indexSuffix = ".client.json"

// indexDir is the folder beside the socket where clients remember themselves.
const indexDir = "vpp-operator-clients"

var indexFiles atomic.Uint64 // sessions of this process

// rememberIndex writes the file. Where that is impossible the session works
// all the same: remembering is a precaution.
func rememberIndex(o Options, boot string, index uint32) *indexFile {
	if o.StateDir == "-" {
		return nil
	}
	m := &indexFile{dir: o.StateDir}
	if m.dir == "" {
		m.dir = filepath.Join(filepath.Dir(o.Socket), indexDir)
	}
	if err := m.write(o, boot, index); err != nil {
		o.Log.V(1).Info("Cannot remember the client index; an unclean end of this process may cost VPP CPU time",
			"stateDir", m.dir, "reason", err.Error())
		return nil
	}
	return m
}

func (m *indexFile) write(o Options, boot string, index uint32) error {
	record, err := json.Marshal(indexRecord{Socket: o.Socket, Boot: boot, Index: index, Name: o.Name, PID: os.Getpid()})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("%d-%d-%d%s", os.Getpid(), time.Now().UnixNano(), indexFiles.Add(1), indexSuffix)
	m.path = filepath.Join(m.dir, name)
	// Written and locked under a name nobody looks for, so that no other client
	// ever sees it unlocked.
	f, err := os.OpenFile(m.path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	m.file = f
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		_, err = f.Write(record)
	}
	if err == nil {
		err = os.Rename(m.path+".new", m.path)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(m.path + ".new")
	}
	return err
}

// socketBoot tells one boot of VPP from the next: each makes its socket anew.
func socketBoot(socket string) (string, error) {
	info, err := os.Stat(socket)
	if err != nil {
		return "", err
	}
	inode := uint64(0)
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	return strconv.FormatUint(inode, 10) + "@" + strconv.FormatInt(info.ModTime().UnixNano(), 10), nil
}

// forgetIf removes the file if VPP knows that the client is gone; otherwise it
// stays, unlocked, for the next client to reap.
func (m *indexFile) forgetIf(known bool) {
	if m == nil {
		return
	}
	if known {
		_ = os.Remove(m.path)
	}
	_ = m.file.Close()
}

// reapOthers makes VPP forget the clients of this socket that died without a
// word.
func (m *indexFile) reapOthers(s *Session) {
	if m == nil {
		return
	}
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(m.dir, e.Name())
		if !strings.HasSuffix(e.Name(), indexSuffix) || path == m.path {
			continue
		}
		if err := reap(s, path); err != nil {
			s.opts.Log.V(1).Info("Cannot reap a dead client", "file", path, "reason", err.Error())
		}
	}
}

// reap handles one file: still locked means alive.
func reap(s *Session, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // alive
	}
	var r indexRecord
	if err := json.NewDecoder(f).Decode(&r); err == nil && r.Boot == s.boot && r.Index != s.index {
		if err := s.wakeDead(r.Index); err != nil {
			return err
		}
		s.opts.Log.Info("Made VPP forget a client that ended uncleanly", "clientIndex", r.Index, "name", r.Name, "pid", r.PID)
	}
	return os.Remove(path)
}

// wakeDead sends a control_ping in the name of a dead client. VPP fails to
// write the reply to its socket and forgets it. Where the index has been given
// to a living client, that one gets a reply it did not ask for and drops it.
func (s *Session) wakeDead(index uint32) error {
	info := s.info("control_ping")
	ctx, cancel := context.WithTimeout(context.Background(), s.opts.Timeout)
	defer cancel()
	frame := make([]byte, frameHeader+10)
	putFrameLength(frame, 10)
	msg := frame[frameHeader:]
	binary.BigEndian.PutUint16(msg, info.id)
	binary.BigEndian.PutUint32(msg[2:], index)
	s.out.mu.Lock()
	s.out.out = append(s.out.out, frame...)
	info.stats.sent(len(msg))
	if s.opts.Trace != nil {
		s.trace(Sent, info, 0, msg)
	}
	s.out.mu.Unlock()
	// Our own ping behind it: when it is answered VPP has handled the other.
	c := newRawCall(s, info, func(dst []byte) ([]byte, error) { return info.msg.AppendFields(dst, nil) })
	return c.run(ctx)
}
