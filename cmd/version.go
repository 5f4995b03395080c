package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
)

func newVersion(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of mxlogin",
		Args:  exactly(0, ""),
		RunE:  func(*cobra.Command, []string) error { return runVersion(r) },
	}
}

// version is the JSON of version.
type version struct {
	Version string `json:"version" doc:"version of mxlogin; devel for a build without one"`
	Commit  string `json:"commit" doc:"revision it was built from; empty where it is not known"`
	Go      string `json:"go" doc:"version of Go"`
	OS      string `json:"os" doc:"operating system, as Go names it"`
	Arch    string `json:"arch" doc:"architecture, as Go names it"`
}

// runVersion touches no file: the format comes from flags and environment.
func runVersion(r *run) error {
	v := buildVersion()
	if r.wantsJSON() {
		return r.printer(output.JSON).JSON(v)
	}
	commit := ""
	if v.Commit != "" {
		commit = " (" + v.Commit + ")"
	}
	return r.printer(output.Text).Lines(fmt.Sprintf("mxlogin %s%s, %s, %s/%s", v.Version, commit, v.Go, v.OS, v.Arch))
}

// buildVersion tells what the Go toolchain has noted in the binary.
func buildVersion() version {
	v := version{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			v.Commit = setting.Value[:min(12, len(setting.Value))]
		}
	}
	return v
}

// addVersionFlag has the program told of by --version as well.
func addVersionFlag(root *cobra.Command, r *run) {
	var wanted bool
	root.Flags().BoolVar(&wanted, "version", false, "show the version of mxlogin")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if wanted {
			return runVersion(r)
		}
		return cmd.Help()
	}
}
