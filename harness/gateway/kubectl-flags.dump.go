// Prints what the real kubectl accepts on its command line: every command with its flags, `-f,--filename=` for one that
// needs a value and `-w,--watch` for one that does not. kubectl-flags.json is this program's output:
//
//	cp environments/node/hyperkube/go.* harness/gateway/kubectl-flags.dump.go $DIR
//	cd $DIR && go run kubectl-flags.dump.go > .../harness/gateway/kubectl-flags.json
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/component-base/logs"
	kubectl "k8s.io/kubectl/pkg/cmd"
)

type command struct {
	Aliases []string `json:"aliases,omitempty"`
	Flags   string   `json:"flags"`
}

func main() {
	root := kubectl.NewDefaultKubectlCommand()
	root.InitDefaultHelpCmd()
	logs.AddFlags(root.PersistentFlags())
	commands := map[string]command{}
	walk(root, root, commands)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(commands)
}

func walk(root, c *cobra.Command, commands map[string]command) {
	c.InitDefaultHelpFlag()
	c.InheritedFlags()
	path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "kubectl"), " ")
	var flags []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if c == root || root.PersistentFlags().Lookup(f.Name) != f {
			flags = append(flags, word(f))
		}
	})
	if c == root {
		root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
			if c.LocalNonPersistentFlags().Lookup(f.Name) == nil && !contains(flags, word(f)) {
				flags = append(flags, word(f))
			}
		})
	}
	commands[path] = command{c.Aliases, strings.Join(flags, " ")}
	for _, sub := range c.Commands() {
		walk(root, sub, commands)
	}
}

func word(f *pflag.Flag) string {
	text := "--" + f.Name
	if f.Shorthand != "" {
		text = "-" + f.Shorthand + "," + text
	}
	if f.NoOptDefVal == "" {
		text += "="
	}
	return text
}

func contains(words []string, w string) bool {
	for _, have := range words {
		if have == w {
			return true
		}
	}
	return false
}
