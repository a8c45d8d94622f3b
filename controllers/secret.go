package controllers

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/pkg/vpp/kinds"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/state"
)

// secrets holds the values that specs refer to, from the Secrets of one
// namespace, and tells the engine which of those that items need are there.
// Values go to the engine when a step asks for them and nowhere else: no log,
// no status, no error has them.
type secrets struct {
	engine engine
	salt   []byte

	mu     sync.Mutex
	values map[string]map[string][]byte // by name and key
	needs  map[state.Owner][]state.ID
	count  map[state.ID]int // of owners that need it
}

func newSecrets(ledger *state.Ledger) (*secrets, error) {
	salt, err := keptSalt(ledger)
	return &secrets{
		salt:   salt,
		values: map[string]map[string][]byte{},
		needs:  map[state.Owner][]state.ID{},
		count:  map[state.ID]int{},
	}, err
}

// keptSalt is the node's own key of digests. It is kept, so that an agent knows
// by the digests in the ledger what has changed while none ran; who has the
// ledger, which is root's, may try guesses by it and learns nothing else.
func keptSalt(ledger *state.Ledger) ([]byte, error) {
	const size = sha256.Size
	id := state.ID{Kind: kinds.KindSecret, Key: "salt"} // those of values have a slash
	var salt []byte
	if e, ok := ledger.Get(id); ok && json.Unmarshal(e.Data, &salt) == nil && len(salt) == size {
		return salt, nil
	}
	salt = make([]byte, size)
	_, _ = rand.Read(salt) // never fails
	data, err := json.Marshal(salt)
	if err == nil {
		err = ledger.Put(id, state.Entry{Data: data, Kept: true})
	}
	return salt, err
}

func isSecret(id state.ID) bool { return id.Kind == kinds.KindSecret }

// read is what the engine asks for a value.
func (s *secrets) read(name, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[name][key]
	if !ok {
		return nil, &state.WaitError{For: fmt.Sprintf("key %s of Secret %s", key, name)}
	}
	return value, nil
}

// need notes what an owner needs.
func (s *secrets) need(o state.Owner, ids []state.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.needs[o]
	if len(before) == 0 && len(ids) == 0 {
		return
	}
	if s.needs[o] = ids; len(ids) == 0 {
		delete(s.needs, o)
	}
	for _, id := range ids {
		if s.count[id]++; s.count[id] == 1 {
			s.tell(id)
		}
	}
	for _, id := range before {
		if s.count[id]--; s.count[id] == 0 {
			delete(s.count, id)
			s.engine.RemoveExternal(id)
		}
	}
}

// observe takes notice of a Secret that is new or has changed.
func (s *secrets) observe(o *corev1.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[o.Name] = o.Data
	s.tellAll(o.Name)
}

// gone takes notice of a Secret that was deleted.
func (s *secrets) gone(o metav1.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, o.GetName())
	s.tellAll(o.GetName())
}

func (s *secrets) tellAll(name string) {
	for id := range s.count {
		if n, _, _ := strings.Cut(id.Key, "/"); n == name {
			s.tell(id)
		}
	}
}

// tell says whether a value is there. Its version is a digest of it, since a
// Secret may change without it. The ledger keeps it for what was made with it.
func (s *secrets) tell(id state.ID) {
	name, key, _ := strings.Cut(id.Key, "/")
	value, ok := s.values[name][key]
	if !ok {
		s.engine.RemoveExternal(id)
		return
	}
	digest := hmac.New(sha256.New, s.salt)
	digest.Write(value)
	s.engine.SetExternal(id, hex.EncodeToString(digest.Sum(nil)))
}
