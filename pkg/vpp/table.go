package vpp

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
)

// TableEntry is a message in VPP's table.
type TableEntry struct {
	// ID is the number of the message in this session only.
	ID   uint16
	Name string
	CRC  uint32
}

// NameCRC is the entry as VPP writes it: name_crc.
func (e TableEntry) NameCRC() string { return fmt.Sprintf("%s_%08x", e.Name, e.CRC) }

// MessageTable returns the messages that VPP has and whose name matches any of
// the patterns (see [binproto.MatchName]), all without one; sorted by name.
func (s *Session) MessageTable(patterns ...string) ([]TableEntry, error) {
	out := make([]TableEntry, 0, len(s.table))
	for nameCRC, id := range s.table {
		name, crc := splitNameCRC(nameCRC)
		ok, err := binproto.MatchName(name, patterns...)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, TableEntry{ID: id, Name: name, CRC: crc})
		}
	}
	slices.SortFunc(out, func(a, b TableEntry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func splitNameCRC(nameCRC string) (name string, crc uint32) {
	i := strings.LastIndexByte(nameCRC, '_')
	if i < 0 {
		return nameCRC, 0
	}
	v, err := strconv.ParseUint(nameCRC[i+1:], 16, 32)
	if err != nil {
		return nameCRC, 0
	}
	return nameCRC[:i], uint32(v)
}

// MissingMessage is a message that a program was written for and VPP lacks.
type MissingMessage struct {
	// Want is the name_crc asked for; Have is VPP's of the same name, "" where
	// there is none.
	Want, Have string
}

// Err is ErrNoMessage or ErrCRCMismatch with the names.
func (m MissingMessage) Err() error {
	if m.Have == "" {
		return fmt.Errorf("%w: %s", ErrNoMessage, m.Want)
	}
	return fmt.Errorf("%w: want %s, VPP has %s", ErrCRCMismatch, m.Want, m.Have)
}

// MissingMessages compares a list of name_crc with VPP's table and returns
// those that cannot be used.
func (s *Session) MissingMessages(nameCRCs []string) []MissingMessage {
	var missing []MissingMessage
	for _, want := range nameCRCs {
		if _, ok := s.table[want]; !ok {
			name, _ := splitNameCRC(want)
			missing = append(missing, MissingMessage{Want: want, Have: s.names[name]})
		}
	}
	return missing
}

// FetchAPI asks VPP for the descriptions of its API: a JSON array with one
// object per module, memclnt absent. VPP stops its workers meanwhile.
func (s *Session) FetchAPI(ctx context.Context) ([]byte, error) {
	if s.names["get_api_json"] == "" {
		return nil, refused("get_api_json", fmt.Errorf("%w in this VPP", ErrNoMessage))
	}
	return s.fetchAPI(ctx)
}

// Pack encodes a request for this session without sending it: with its id and
// our client_index, and a context of 0.
func (s *Session) Pack(request string, fields map[string]any) ([]byte, error) {
	info, err := s.resolve(request)
	if err != nil {
		return nil, err
	}
	msg, err := info.msg.AppendFields(nil, fields)
	if err != nil {
		return nil, refused(request, err)
	}
	binary.BigEndian.PutUint16(msg, info.id)
	if info.clientIndexAt > 0 {
		binary.BigEndian.PutUint32(msg[info.clientIndexAt:], s.index)
	}
	return msg, nil
}

// Unpack decodes a message of this session, whichever it is.
func (s *Session) Unpack(msg []byte) (*binproto.Message, map[string]any, error) {
	if len(msg) < 2 {
		return nil, nil, fmt.Errorf("%w: a message of %d bytes", ErrProtocol, len(msg))
	}
	id := int(binary.BigEndian.Uint16(msg))
	byID := *s.byID.Load()
	if id >= len(byID) || byID[id] == nil {
		return nil, nil, fmt.Errorf("%w: id %d", ErrNoMessage, id)
	}
	fields, err := byID[id].msg.DecodeFields(msg)
	return byID[id].msg, fields, err
}

// AddBuiltin gives a loader the memclnt messages, which neither get_api_json
// nor every set of API files has.
func AddBuiltin(l *binproto.Loader) error {
	return l.AddFallback("memclnt", []byte(memclntSchema))
}
