//go:build go1.21

package main

import "runtime"

var zooPinner runtime.Pinner

func init() {
	extras = append(extras, func() {
		for i := 0; i < 10; i++ {
			p := newNode(i)
			zooPinner.Pin(p)
			if i < 2 {
				zooPinner.Pin(p)
			}
		}
	})
}
