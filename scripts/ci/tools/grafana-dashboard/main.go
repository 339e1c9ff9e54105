// grafana-dashboard FILE: reads a dashboard by Grafana's own schema, strictly: a field that Grafana does not know, lacks or
// reads as another type is a finding. Panels' options and custom field settings are read by the schema of their kind.
// Prints every finding; ends with 1 where there is one.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: grafana-dashboard FILE")
		os.Exit(2)
	}
	if err := findings(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func findings(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	plugins.RegisterDefaultPlugins()
	var board dashboard.Dashboard
	if err := board.UnmarshalJSONStrict(raw); found(err) {
		return err
	}
	if err := board.Validate(); found(err) {
		return err
	}
	return nil
}

// found: the library answers an empty list as an error that is not nil.
func found(err error) bool {
	var list cog.BuildErrors
	return err != nil && (!errors.As(err, &list) || len(list) > 0)
}
