package vpp

import "encoding/binary"

// Every message on the socket stands behind a frame header of 16 bytes of
// which only the length counts.
const (
	frameHeader = 16
	frameLength = 8 // offset of the length, u32 big-endian

	// DefaultMaxSend and DefaultMaxReceive cap the size of a message. A length
	// near 2^32 crashes VPP; replies of several MB are normal.
	DefaultMaxSend    = 16 << 20
	DefaultMaxReceive = 256 << 20

	mostMaxSend = 1 << 30
)

func putFrameLength(frame []byte, n int) {
	binary.BigEndian.PutUint32(frame[frameLength:], uint32(n))
}
