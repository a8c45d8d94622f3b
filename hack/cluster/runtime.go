package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// runtimePrograms run containers; Debian has them in the packages named.
var (
	runtimePrograms = []string{"containerd", "containerd-shim-runc-v2", "ctr", "runc"}
	runtimePackages = []string{"containerd", "runc"}
)

// findRuntime returns the folder of the programs that run containers, or "" where
// PATH has them. Where it has not, Debian's packages are unpacked into the user's
// cache: nothing is installed.
func findRuntime(ctx context.Context, progress io.Writer) (string, error) {
	absent := absentPrograms("")
	if len(absent) == 0 {
		return "", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "vpp-operator", "containerd")
	bin := filepath.Join(folder, "bin")
	if len(absentPrograms(bin)) == 0 {
		return bin, nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "", fmt.Errorf("%s not found, nor apt-get to fetch them", strings.Join(absent, ", "))
	}
	_, _ = fmt.Fprintf(progress, "fetching %s from Debian, once\n", strings.Join(runtimePackages, " and "))
	if err := unpackRuntime(ctx, folder); err != nil {
		return "", fmt.Errorf("%s not found, and not had from Debian: %w", strings.Join(absent, ", "), err)
	}
	if absent := absentPrograms(bin); len(absent) > 0 {
		return "", fmt.Errorf("%s not found, nor in Debian's packages", strings.Join(absent, ", "))
	}
	return bin, nil
}

// absentPrograms are those that neither the folder nor, where it is "", PATH has.
func absentPrograms(folder string) (absent []string) {
	for _, name := range runtimePrograms {
		if folder != "" {
			name = filepath.Join(folder, name)
		}
		if _, err := exec.LookPath(name); err != nil {
			absent = append(absent, filepath.Base(name))
		}
	}
	return absent
}

// unpackRuntime makes the folder, in one step.
func unpackRuntime(ctx context.Context, folder string) (err error) {
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(folder), "containerd-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	run := func(name string, args ...string) error {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = work
		if out, err := cmd.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return fmt.Errorf("%s: %w: %s", name, err, lines[len(lines)-1])
		}
		return nil
	}
	// Lists of packages of our own: the machine's may be absent or old.
	for _, sub := range []string{"lists/partial", "cache/archives/partial", "root", "bin"} {
		if err := os.MkdirAll(filepath.Join(work, sub), 0o755); err != nil { //nolint:gosec // apt-get's own user reads it
			return err
		}
	}
	apt := []string{
		"-o", "Dir::State::lists=" + filepath.Join(work, "lists"), "-o", "Dir::Cache=" + filepath.Join(work, "cache"),
		"-o", "APT::Sandbox::User=root", "-qq",
	}
	if err := run("apt-get", append(apt, "update")...); err != nil {
		return err
	}
	if err := run("apt-get", append(append(apt, "download"), runtimePackages...)...); err != nil {
		return err
	}
	packages, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range packages {
		if err := run("dpkg-deb", "-x", file, "root"); err != nil {
			return err
		}
	}
	for _, name := range runtimePrograms {
		for _, place := range []string{"usr/bin", "usr/sbin"} {
			from := filepath.Join(work, "root", place, name)
			if _, err := os.Stat(from); err == nil {
				if err := os.Rename(from, filepath.Join(work, "bin", name)); err != nil {
					return err
				}
			}
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(folder, "bin")); err != nil {
		return err
	}
	return os.Rename(filepath.Join(work, "bin"), filepath.Join(folder, "bin"))
}
