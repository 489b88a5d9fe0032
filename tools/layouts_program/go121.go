//go:build go1.21

package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

func init() {
	newer = append(newer, func() {
		var pinner runtime.Pinner
		pinner.Pin(new(int))
		pinner.Unpin()
		base, cancel := context.WithCancelCause(context.WithoutCancel(context.Background()))
		stop := context.AfterFunc(base, func() {})
		cancel(nil)
		fmt.Println(stop(), context.Cause(base), sync.OnceValue(func() int { return 1 })())
	})
}
