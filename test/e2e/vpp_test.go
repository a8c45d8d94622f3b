package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/vpp-operator/vpp-operator/pkg/vpp"
	"github.com/vpp-operator/vpp-operator/pkg/vpp/vpptest"
)

// target is the VPP of a scenario, simulated or real.
type target interface {
	Socket() string
	Stop()
}

// realVPP is the path of the real VPP to test with, "" for the simulated one.
func realVPP() string { return os.Getenv(vpptest.BinEnv) }

// startVPP starts a scenario's VPP. In the simulated one there is a device, and
// it has workers.
func startVPP() (v target, simulated *vpptest.VPP, err error) {
	if bin := realVPP(); bin != "" {
		r, err := vpptest.NewReal(bin)
		if err != nil {
			return nil, nil, err
		}
		return r, nil, nil
	}
	if simulated, err = vpptest.New(vpptest.WithDevice("GigabitEthernet0/8/0"), vpptest.WithWorkers(2)); err != nil {
		return nil, nil, err
	}
	return simulated, simulated, nil
}

// stopVPP kills the process; its socket's file stays.
func (s *scenario) stopVPP() {
	if s.simulated != nil {
		s.simulated.Crash()
	} else if r, ok := s.vpp.(*vpptest.Real); ok {
		r.Kill()
	}
}

// startBoot starts the next boot, ending the present one if it lives; the
// simulated VPP can be without plugins from then on.
func (s *scenario) startBoot(flags ...string) error {
	var without []string
	for ; len(flags) > 1 && flags[0] == "-without"; flags = flags[2:] {
		without = append(without, flags[1])
	}
	r, isReal := s.vpp.(*vpptest.Real)
	n, isNode := s.vpp.(*nodeVPP)
	switch {
	case len(flags) == 0 && isNode:
		return n.restart(s)
	case len(flags) > 0, isReal && len(without) > 0:
		return usage("vpp start|restart [-without PLUGIN]...")
	case isReal:
		return r.Restart()
	}
	return s.simulated.Restart(vpptest.WithoutModule(without...))
}

func (s *scenario) freezeVPP(frozen bool) error {
	r, isReal := s.vpp.(*vpptest.Real)
	switch {
	case isReal && frozen:
		return r.Freeze()
	case isReal:
		return r.Thaw()
	case frozen:
		s.simulated.Freeze()
	default:
		s.simulated.Thaw()
	}
	return nil
}

// call is somebody else's call of VPP.
type call struct{ message, fields string }

// others are what somebody else has in every VPP before the agent comes: a table,
// an interface in it with an address, and routes of the API's own source.
var others = []call{
	{"ip_table_add_del", `{"table": {"table_id": 4000, "name": "somebody"}}`},
	{"create_loopback_instance", `{"is_specified": true, "user_instance": 9999, "mac_address": "02:00:00:00:99:99"}`},
	{"sw_interface_tag_add_del", `{"is_add": true, "sw_if_index": index(loop9999), "tag": "somebody/loop"}`},
	{"sw_interface_set_table", `{"sw_if_index": index(loop9999), "vrf_id": 4000}`},
	{"sw_interface_add_del_address", `{"is_add": true, "sw_if_index": index(loop9999), "prefix": "198.18.0.1/24"}`},
	{"ip_route_add_del", `{"route": {"table_id": 4000, "prefix": "198.19.0.0/16", "paths": [{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": 4294967295}]}}`},
	{"ip_route_add_del", `{"route": {"table_id": 0, "prefix": "198.19.1.0/24", "paths": [{"type": "FIB_API_PATH_TYPE_DROP", "sw_if_index": 4294967295}]}}`},
}

// errNoNumber is that VPP has nothing of a name that a call has the number of.
var errNoNumber = errors.New("VPP does not have it")

// booted has somebody else's things made in a new VPP, in a session of its own.
// What they put on something of the agent's has to wait for that.
func (s *scenario) booted(ctx context.Context) error {
	if s.hand != nil {
		if err := s.hand.Close(); err != nil {
			return err
		}
	}
	s.hand = vpp.NewClient(vpp.Options{Socket: s.vpp.Socket(), Name: "somebody", StateDir: "-"})
	for _, c := range s.others {
		var refused error
		err := s.eventually(func(context.Context) error {
			refused = s.make(ctx, c)
			if errors.Is(refused, errNoNumber) {
				return refused
			}
			return nil
		})
		if err == nil {
			err = refused
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scenario) make(ctx context.Context, c call) error {
	_, err := s.call(ctx, c)
	return err
}

var numberCall = regexp.MustCompile(`(index|source|acl|macacl|policy)\(([^)]*)\)`)

// call makes somebody else's call and returns the answer, a line a message.
// In its fields index(NAME) stands for the index of an interface, source(NAME)
// for the number of a FIB source, acl(TAG) and macacl(TAG) for that of an access
// list and policy(TAG) for that of the policy that has it, as they are now.
func (s *scenario) call(ctx context.Context, c call) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	session, err := s.hand.WaitConnected(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.message, err)
	}
	names := map[string]uint32{}
	if numberCall.MatchString(c.fields) {
		if names, err = numbersOf(ctx, session); err != nil {
			return "", err
		}
	}
	var unknown error
	fields := numberCall.ReplaceAllStringFunc(c.fields, func(text string) string {
		number, ok := names[text]
		if !ok {
			unknown = fmt.Errorf("%s: %s: %w", c.message, text, errNoNumber)
		}
		return strconv.FormatUint(uint64(number), 10)
	})
	if unknown != nil {
		return "", unknown
	}
	if service := session.Schema().Service(c.message); service == nil || !service.Stream {
		answer, err := vpp.InvokeJSON(ctx, session, c.message, []byte(fields))
		return string(answer) + "\n", err
	}
	var text strings.Builder
	for line, err := range vpp.InvokeStreamJSON(ctx, session, c.message, []byte(fields)) {
		if err != nil {
			return text.String(), err
		}
		text.Write(line)
		text.WriteByte('\n')
	}
	return text.String(), nil
}

// numbersOf are what calls may name: those of interfaces, by VPP's names and by
// ours, of FIB sources, of access lists of both sorts and of policies.
func numbersOf(ctx context.Context, s *vpp.Session) (map[string]uint32, error) {
	names := map[string]uint32{}
	all, err := dump(ctx, s, interfaces, interfaceRequest{none})
	for _, d := range all {
		names["index("+d.InterfaceName+")"] = d.SwIfIndex
		if name, ok := strings.CutPrefix(d.Tag, mark); ok {
			names["index("+name+")"] = d.SwIfIndex
		}
	}
	if err != nil {
		return nil, err
	}
	registered, err := dump(ctx, s, sources, empty{})
	for _, d := range registered {
		names["source("+strings.TrimRight(d.Src.Name, "\x00")+")"] = uint32(d.Src.ID)
	}
	if err != nil {
		return nil, err
	}
	lists, err := dump(ctx, s, acls, ofACL{none})
	tags := map[uint32]string{}
	for _, d := range lists {
		names["acl("+d.Tag+")"], tags[d.ACLIndex] = d.ACLIndex, d.Tag
	}
	if err != nil {
		return nil, err
	}
	ofMAC, err := dump(ctx, s, macACLs, ofACL{none})
	for _, d := range ofMAC {
		names["macacl("+d.Tag+")"] = d.ACLIndex
	}
	if err != nil {
		return nil, err
	}
	steered, err := dump(ctx, s, policies, empty{})
	for _, d := range steered {
		names["policy("+tags[d.Policy.ACLIndex]+")"] = d.Policy.PolicyID
	}
	return names, err
}

// facts reads what VPP holds.
func (s *scenario) facts(ctx context.Context) ([]fact, error) {
	session, err := s.hand.WaitConnected(ctx)
	if err != nil {
		return nil, err
	}
	return readFacts(ctx, session)
}
