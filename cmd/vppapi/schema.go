package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/vpp-operator/vpp-operator/pkg/binproto"
	"github.com/vpp-operator/vpp-operator/pkg/vpp"
)

func (a *app) newSchemaCommand() *cobra.Command {
	var (
		dir   string
		force bool
	)
	cmd := &cobra.Command{
		Use:   "schema --output DIR",
		Short: "Write VPP's API as files",
		Long: `Ask VPP for its API and write a file MODULE.api.json for each module into a
directory, for --api-dir and other tools. Files that hold something else are
replaced only with --force. VPP stops its workers while it tells its API.`,
		Example: "  vppapi schema --output api\n  vppapi describe ip_route_add_del_v2 --api-dir api",
		Args:    asUsage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usagef("--output DIR is required")
			}
			opts, err := a.unlearnedOptions()
			if err != nil {
				return err
			}
			var text []byte
			err = connected(cmd.Context(), opts, func(ctx context.Context, s *vpp.Session) error {
				text, err = s.FetchAPI(ctx)
				return err
			})
			if err != nil {
				return err
			}
			files, err := splitAPI(text)
			if err != nil {
				return err
			}
			if err := writeFiles(dir, files, force); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d modules in %s\n", len(files), dir)
			return err
		},
	}
	// It stands in for the global flag of this name.
	cmd.Flags().StringVarP(&dir, "output", "o", "", "directory to write to; it is made if need be")
	cmd.Flags().BoolVar(&force, "force", false, "replace files that hold something else")
	if err := cmd.MarkFlagDirname("output"); err != nil {
		panic(err) // the flag's name is misspelt
	}
	return cmd
}

// moduleName keeps a module's name from being a path.
var moduleName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// splitAPI takes VPP's array of modules apart: file name → content, as VPP
// gave it.
func splitAPI(text []byte) (map[string][]byte, error) {
	var modules []json.RawMessage
	if err := json.Unmarshal(bytes.TrimRight(text, "\x00"), &modules); err != nil {
		return nil, fmt.Errorf("VPP's description of its API: %w", err)
	}
	files := make(map[string][]byte, len(modules))
	for i, m := range modules {
		var head struct{ Module string }
		if err := json.Unmarshal(m, &head); err != nil {
			return nil, fmt.Errorf("VPP's description of its API, module %d: %w", i, err)
		}
		name := head.Module + binproto.Suffix
		if _, twice := files[name]; twice || !moduleName.MatchString(head.Module) {
			return nil, fmt.Errorf("VPP's description of its API, module %d: unusable name %.80q", i, head.Module)
		}
		files[name] = append(m, '\n')
	}
	return files, nil
}

// writeFiles writes all files or, as far as can be told beforehand, none.
func writeFiles(dir string, files map[string][]byte, force bool) (err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	const partial = ".partial"
	defer func() {
		if err != nil {
			for name := range files {
				_ = os.Remove(filepath.Join(dir, name+partial))
			}
		}
	}()
	for name, content := range files {
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && !force && !bytes.Equal(old, content) {
			return fmt.Errorf("%s holds something else: --force replaces it", path)
		}
		if err := writeFile(path+partial, content); err != nil {
			return err
		}
	}
	for name := range files {
		path := filepath.Join(dir, name)
		if err := os.Rename(path+partial, path); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
