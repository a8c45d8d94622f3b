package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// ErrLedgerInUse says that another process looks after the same VPP.
var ErrLedgerInUse = errors.New("in use by another process")

// lockLedger takes a lock that ends with the process, however it ends. The file
// beside the ledger tells whose it is; it stays, since who removed it could
// remove another's.
func lockLedger(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		const most = 32
		pid, _ := io.ReadAll(io.LimitReader(f, most))
		err = fmt.Errorf("%w (PID %s, as its own Pod or container counts)", ErrLedgerInUse, strings.TrimSpace(string(pid)))
	case err == nil:
		if err = f.Truncate(0); err == nil {
			_, err = fmt.Fprintln(f, os.Getpid())
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
