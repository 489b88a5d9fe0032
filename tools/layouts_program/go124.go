//go:build go1.24

package main

import (
	"fmt"
	"runtime"
	"weak"
)

func init() {
	newer = append(newer, func() {
		object := new([64]byte)
		pointer := weak.Make(object)
		cleanup := runtime.AddCleanup(object, func(n int) {}, 1)
		cleanup.Stop()
		fmt.Println(pointer.Value())
	})
}
