// esbuild: builds that are cancelled and begun again, as an editor does with each key. Those that parsed a file could
// not get rid of the result (esbuild#4231).
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

const files = 200

func write(folder string) {
	var entry strings.Builder
	for i := 0; i < files; i++ {
		name := fmt.Sprintf("m%d.js", i)
		fmt.Fprintf(&entry, "import {f%d} from './%s'; console.log(f%d(1));\n", i, name, i)
		body := strings.Repeat(fmt.Sprintf("export function g%d(x) { return x * %d }\n", i, i), 1) +
			fmt.Sprintf("export function f%d(x) { return [x, %s] }\n", i, strings.Repeat("x + 1, ", 500))
		os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600)
	}
	os.WriteFile(filepath.Join(folder, "entry.js"), []byte(entry.String()), 0o600)
}

func main() {
	folder, err := os.MkdirTemp("", "esbuild-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	write(folder)
	build, failed := api.Context(api.BuildOptions{EntryPoints: []string{filepath.Join(folder, "entry.js")}, Bundle: true, LogLevel: api.LogLevelSilent})
	if failed != nil {
		panic(failed)
	}
	for i := 0; i < 60; i++ {
		done := make(chan struct{})
		go func() {
			build.Rebuild()
			close(done)
		}()
		time.Sleep(3 * time.Millisecond)
		build.Cancel()
		<-done
	}
	ready()
	build.Dispose()
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
