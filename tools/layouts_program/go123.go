//go:build go1.23

package main

import (
	"fmt"
	"iter"
	"slices"
	"unique"
)

func init() {
	newer = append(newer, func() {
		handle := unique.Make("a")
		next, stop := iter.Pull(slices.Values([]int{1}))
		fmt.Println(next())
		stop()
		fmt.Println(handle.Value())
	})
}
