package agentprocess

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Binary builds vpp-operator once, with the race detector if this program has it,
// and returns its path.
var Binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "vpp-operator-binary-")
	if err != nil {
		return "", err
	}
	built = folder
	args := []string{"build", "-o", folder}
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(context.Background(), "go", append(args, "github.com/vpp-operator/vpp-operator/cmd/vpp-operator")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return filepath.Join(folder, "vpp-operator"), nil
})

// built is the folder of the binary, "" if there is none.
var built string

// RemoveBinary removes what Binary has built. TestMain calls it when all tests are
// over.
func RemoveBinary() error {
	if built == "" {
		return nil
	}
	return os.RemoveAll(built)
}
