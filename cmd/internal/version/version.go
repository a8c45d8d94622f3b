// Package version tells what the commands were built from.
package version

import (
	"cmp"
	"runtime/debug"
)

// version is set by the linker; see the Makefile.
var version string

// String is the version this program was built from, "unknown" where nobody knows.
func String() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return cmp.Or(info.Main.Version, "unknown")
	}
	return "unknown"
}
