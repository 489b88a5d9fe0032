// plugin: a program with a second module loaded at run time, which has data, types and functions of its own.
package main

import (
	"os"
	"path/filepath"
	"plugin"

	"holdfast.test/programs/truth"
)

var fromPlugin any

func main() {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	p, err := plugin.Open(filepath.Join(filepath.Dir(self), "lib.so"))
	if err != nil {
		panic(err)
	}
	start, err := p.Lookup("Start")
	if err != nil {
		panic(err)
	}
	fromPlugin = start.(func(int) any)(5000)
	truth.Hold("PluginGlobal", "", 5000, 0)
	truth.Ready()
}
