package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	// What is tested is built while the tests run: with this a change of it makes
	// earlier results void.
	_ "github.com/vpp-operator/vpp-operator/controllers"
	"github.com/vpp-operator/vpp-operator/test/e2e/agentprocess"
)

// patience bounds every wait; nothing is concluded from how long one takes.
const patience = 3 * time.Minute

// sharedCluster is for all scenarios that leave the API server alone.
var sharedCluster = sync.OnceValues(startCluster)

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard()) // what libraries have to say
	ctrllog.SetLogger(logr.Discard())
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given { // scenarios mostly wait: more of them than cores
		_ = flag.Set("test.parallel", "4")
	}
	code := m.Run()
	if used {
		if c, err := sharedCluster(); err == nil {
			_ = c.end()
		}
		_ = agentprocess.RemoveBinary()
	}
	os.Exit(code)
}

// used tells whether there is something to end.
var used bool

func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane and agents")
	}
	used = true
	c, err := sharedCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	testscript.Run(t, params("scenarios", c))
}

// TestAlone runs, one after the other, those that stop the API server or delete
// CRDs.
func TestAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane and agents")
	}
	used = true
	t.Parallel()
	c, err := startCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
	testscript.RunT(inTurn{t}, params(filepath.Join("scenarios", "alone"), c))
}

// inTurn runs scripts one after the other.
type inTurn struct{ *testing.T }

func (inTurn) Parallel() {}

func (inTurn) Verbose() bool { return testing.Verbose() }

func (t inTurn) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(inTurn{t}) })
}

func params(folder string, c *cluster) testscript.Params {
	return testscript.Params{
		Dir:                folder,
		RequireUniqueNames: true,
		Cmds:               commands(),
		Setup:              func(env *testscript.Env) error { return newScenario(env, c) },
		Condition: func(name string) (bool, error) {
			switch name {
			case "simulated": // faults can be had
				return realVPP() == "", nil
			case "tap": // taps can be made
				_, err := os.Stat("/dev/vhost-net")
				return realVPP() == "" || err == nil, nil
			case "packets": // packets can be sent
				_, err := exec.LookPath("ip")
				return realVPP() != "" && err == nil && os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("there is no condition %s", name)
		},
	}
}
