package vpptest

import "strings"

// memifSocketKind is the sockets of shared-memory interfaces.
func memifSocketKind() kind {
	return kind{
		modules: []moduleRows{{name: "memif", version: 0xd48ac702, semver: "3.1.0", rows: join(
			callRows("memif_socket_filename_add_del", 0xa2ce1a10, "bool is_add; u32 socket_id; string socket_filename[108]"),
			replyingRows("memif_socket_filename_add_del_v2", 0x34223bdf,
				"bool is_add; u32 socket_id default=4294967295; string socket_filename[]", 0x9f29bdb9, "u32 socket_id"),
			dumpRows("memif_socket_filename_dump", 0x51077d14, "", "memif_socket_filename_details", 0x7ff326f7,
				"u32 socket_id; string socket_filename[108]"),
		)}},
		serve: serveMemifSocket,
	}
}

// runtimeDir is where VPP puts what it is given no folder for.
const runtimeDir = "/run/vpp"

// memifSocket is a socket and the interfaces on it by their id there. They all
// are masters or all slaves.
type memifSocket struct {
	filename   string
	master     bool
	interfaces map[uint32]*memif
}

// memifSockets are all sockets by their id.
type memifSockets map[uint32]*memifSocket

func newMemifSockets(*state) memifSockets { return memifSockets{} }

// addDel answers as memif_socket_filename_add_del does. An added socket that
// is there already stays.
func (s memifSockets) addDel(add bool, id uint32, filename string) int32 {
	socket := s[id]
	if !strings.HasPrefix(filename, "/") && !strings.HasPrefix(filename, "@") && !strings.HasPrefix(filename, "abstract:") {
		filename = runtimeDir + "/" + filename
	}
	switch {
	case id == none, !add && socket == nil, add && filename == runtimeDir+"/":
		return retInvalidArgument
	case !add && len(socket.interfaces) > 0:
		return retUnexpectedIntfState
	case !add:
		delete(s, id)
	case socket == nil:
		s[id] = &memifSocket{filename: filename, interfaces: map[uint32]*memif{}}
	case socket.filename != filename:
		return retEntryAlreadyExists
	}
	return retOK
}

type (
	memifSocketAddDel struct {
		IsAdd          bool
		SocketID       uint32
		SocketFilename string
	}
	memifSocketAddDelReply struct {
		Retval   int32
		SocketID uint32
	}
	memifSocketDetails struct {
		SocketID       uint32
		SocketFilename string
	}
)

func serveMemifSocket(r *registry) {
	s := part(r.state, newMemifSockets)
	s.addDel(true, 0, "memif.sock")
	onRetval(r, "memif_socket_filename_add_del", func(_ *call, m *memifSocketAddDel) int32 {
		if m.SocketID == 0 {
			return retInvalidArgument
		}
		return s.addDel(m.IsAdd, m.SocketID, m.SocketFilename)
	})
	reply := sends[memifSocketAddDelReply](r, "memif_socket_filename_add_del_v2_reply")
	seed := uint32(0)
	on(r, "memif_socket_filename_add_del_v2", func(c *call, m *memifSocketAddDel) {
		id := m.SocketID
		if id == 0 {
			reply.send(c, &memifSocketAddDelReply{retInvalidArgument, 0})
			return
		}
		for m.IsAdd && id == none || s[id] != nil && m.SocketID == none {
			seed = seed*1664525 + 1013904223 // scattered, as VPP's choice is
			id = seed
		}
		reply.send(c, &memifSocketAddDelReply{s.addDel(m.IsAdd, id, m.SocketFilename), id})
	})
	details := sends[memifSocketDetails](r, "memif_socket_filename_details")
	on(r, "memif_socket_filename_dump", func(c *call, _ *empty) {
		for id, socket := range s {
			details.send(c, &memifSocketDetails{id, socket.filename})
		}
	})
}
