// Package binproto is the language of VPP's binary API: its schema (the
// .api.json descriptions that VPP ships and also hands out itself), its types
// and its bytes. It does no I/O beyond reading schema files it is pointed at
// and knows nothing of sockets, sessions or Kubernetes; pkg/vpp builds the
// client on top of it.
//
// A [Schema] is immutable once built, safe for concurrent use, and carries no
// global state: the schemas of two VPP releases live side by side.
//
// Two codecs share it. The typed codec ([Bind]) compiles a Go struct and a
// message into a plan once; from then on encoding into a caller's buffer and
// decoding into a reused value allocate nothing. The dynamic codec
// ([Message.AppendFields], [Message.DecodeFields], [Message.AppendFromJSON],
// [Message.AppendJSON]) needs nothing at compile time and covers every
// message of every VPP.
package binproto
