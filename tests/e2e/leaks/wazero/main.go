// wazero: programs that are compiled, used and closed. What was compiled pointed at itself in a circle, so its
// finalizer, which gives back the machine code, never ran (wazero#1600, pull request 1608).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero"
)

// program is a module with a function that gives back its number.
func program(n int) []byte {
	code := []byte{0, 'a', 's', 'm', 1, 0, 0, 0, // magic, version
		1, 5, 1, 0x60, 0, 1, 0x7f, // types: () -> i32
		3, 2, 1, 0, // functions: one of type 0
		7, 5, 1, 1, 'f', 0, 0, // exports: f
		10, 8, 1, 6, 0, 0x41} // code: one body without locals; i32.const
	return append(code, byte(n&0x7f)|0x80, byte(n>>7&0x7f)|0x80, byte(n>>14&0x3f), 0x0b)
}

func main() {
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	for i := 0; i < 4000; i++ {
		compiled, err := engine.CompileModule(ctx, program(i))
		if err != nil {
			panic(err)
		}
		compiled.Close(ctx)
	}
	ready()
	engine.Close(ctx)
}

// ready prints a line when the program may be looked at, and returns when its input ends. The collections are those that
// a program has had after some hours.
func ready() {
	for i := 0; i < 25; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
