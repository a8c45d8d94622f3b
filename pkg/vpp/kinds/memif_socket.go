package kinds

import (
	"context"
	"fmt"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// kindMemifSocket is the kind of entries in the ledger for memif sockets that
// we gave to VPP. The key is the path, the alias VPP's number for it.
const kindMemifSocket = "MemifSocket"

type memifSocketDetails struct {
	SocketID       uint32
	SocketFilename string
}

type memifSocketRequest struct {
	IsAdd          bool
	SocketID       uint32
	SocketFilename string
}

var (
	socketsDump   = vpp.NewMethod[nothing, memifSocketDetails]("memif_socket_filename_dump")
	socketAddDel  = vpp.NewMethod[memifSocketRequest, retval]("memif_socket_filename_add_del")
	socketAddDel2 = vpp.NewMethod[memifSocketRequest, retval]("memif_socket_filename_add_del_v2")
)

// memifSockets are the paths of sockets by their number.
func memifSockets(ctx context.Context, c vpp.Caller) (map[uint32]string, error) {
	paths := map[uint32]string{}
	for d, err := range socketsDump.Dump(ctx, c, nil) {
		if err != nil {
			return nil, err
		}
		paths[d.SocketID] = d.SocketFilename
	}
	return paths, nil
}

// openMemifSocket makes sure that VPP has a socket and returns its number. One
// that somebody else gave to VPP is used too, and stays theirs. Ours begin at
// 1: 0 is VPP's own.
func openMemifSocket(ctx context.Context, v *state.View, path string) (uint32, error) {
	paths, err := memifSockets(ctx, v.Caller())
	if err != nil {
		return 0, err
	}
	for n, p := range paths {
		if p == path {
			return n, nil
		}
	}
	id := state.ID{Kind: kindMemifSocket, Key: path}
	var n uint32
	if e, ok := v.Ledger().Get(id); ok {
		_, _ = fmt.Sscan(e.Alias, &n) // 0 where it cannot be read
	}
	if _, taken := paths[n]; taken || n == 0 {
		for n = 1; ; n++ {
			_, taken := paths[n]
			other, noted := v.Ledger().Find(kindMemifSocket, fmt.Sprint(n))
			if !taken && (!noted || other == id) {
				break
			}
		}
	}
	if err := v.Ledger().Put(id, state.Entry{Alias: fmt.Sprint(n), Kept: true}); err != nil {
		return 0, err
	}
	return n, setMemifSocket(ctx, v.Caller(), &memifSocketRequest{IsAdd: true, SocketID: n, SocketFilename: path})
}

// closeMemifSocket takes a socket of ours back from VPP once nothing uses it.
func closeMemifSocket(ctx context.Context, v *state.View, path string) error {
	id := state.ID{Kind: kindMemifSocket, Key: path}
	e, ours := v.Ledger().Get(id)
	if !ours {
		return nil
	}
	paths, err := memifSockets(ctx, v.Caller())
	if err != nil {
		return err
	}
	var n uint32
	if _, err := fmt.Sscan(e.Alias, &n); err != nil || paths[n] != path {
		return v.Ledger().Delete(id)
	}
	for d, err := range memifDump.Dump(ctx, v.Caller(), nil) {
		if err != nil {
			return err
		}
		if d.SocketID == n {
			return nil // another memif uses it
		}
	}
	if err := setMemifSocket(ctx, v.Caller(), &memifSocketRequest{SocketID: n, SocketFilename: path}); err != nil {
		return err
	}
	return v.Ledger().Delete(id)
}

func setMemifSocket(ctx context.Context, c vpp.Caller, q *memifSocketRequest) error {
	m := socketAddDel
	if socketAddDel2.Check(c) == nil {
		m = socketAddDel2
	}
	_, err := m.Call(ctx, c, q)
	return err
}
