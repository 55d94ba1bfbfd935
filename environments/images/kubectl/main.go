// kubectl from its own module.
//
// Why Go: `go install k8s.io/kubernetes/cmd/kubectl@version` cannot work (its staging modules have no versions there),
// but the library it is made of can be linked by a main package of our own.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"

	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
