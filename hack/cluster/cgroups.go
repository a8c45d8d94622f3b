package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const groupRoot = "/sys/fs/cgroup"

// neededControllers are those that the kubelet insists on.
var neededControllers = []string{"cpu", "cpuacct", "cpuset", "memory", "pids"}

// isUnified tells whether the machine has version 2 of cgroups alone.
func isUnified() bool {
	var stat unix.Statfs_t
	return unix.Statfs(groupRoot, &stat) == nil && stat.Type == unix.CGROUP2_SUPER_MAGIC
}

// hierarchies are the folders of all mounted hierarchies: the one of version 2, or
// one a controller.
func hierarchies() ([]string, error) {
	if isUnified() {
		return []string{groupRoot}, nil
	}
	entries, err := os.ReadDir(groupRoot)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		folder := filepath.Join(groupRoot, e.Name())
		var stat unix.Statfs_t
		// Beside those of version 1 there may be one of version 2, without controllers.
		if e.IsDir() && unix.Statfs(folder, &stat) == nil &&
			(stat.Type == unix.CGROUP_SUPER_MAGIC || stat.Type == unix.CGROUP2_SUPER_MAGIC) {
			folders = append(folders, folder)
		}
	}
	return folders, nil
}

// checkGroups returns an error unless groups can be made here.
func checkGroups() error {
	if isUnified() {
		text, err := os.ReadFile(filepath.Join(groupRoot, "cgroup.subtree_control"))
		if err != nil {
			return err
		}
		for _, name := range neededControllers {
			if name != "cpuacct" && !slices.Contains(strings.Fields(string(text)), name) {
				return fmt.Errorf("%s/cgroup.subtree_control lacks %s", groupRoot, name)
			}
		}
	} else {
		for _, name := range neededControllers {
			if _, err := os.Stat(filepath.Join(groupRoot, name)); err != nil {
				return err
			}
		}
	}
	probe := fmt.Sprintf("%sprobe-%d", groupPrefix, os.Getpid())
	return errors.Join(makeGroups(probe), removeGroups(probe))
}

// makeGroups makes the cgroup name in every hierarchy.
func makeGroups(name string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, folder := range all {
		group := filepath.Join(folder, name)
		if err := os.Mkdir(group, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // as others are
			return err
		}
		if isUnified() {
			continue
		}
		// A cpuset of version 1 begins without any CPU and memory.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(folder, file))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(group, file), bytes.TrimSpace(value), 0o600)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// removeGroups removes the cgroup name, with those in it, from every hierarchy.
// Nothing runs in it any more, which the kernel may take a moment to see.
func removeGroups(name string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, folder := range all {
		var groups []string
		root := filepath.Join(folder, name)
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				groups = append(groups, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, group := range slices.Backward(groups) {
			if err := removeGroup(group); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeGroup(path string) error {
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := syscall.Rmdir(path)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) {
			return fmt.Errorf("remove cgroup %s: %w", path, err)
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("remove cgroup %s: %w", path, err)
		case <-again.C:
		}
	}
}
