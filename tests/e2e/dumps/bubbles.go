//go:build go1.25

package main

import (
	"os"
	"testing"
	"testing/synctest"
)

func init() {
	ends["bubble"] = func() {
		park(1)
		one := []testing.InternalTest{{Name: "Bubble", F: func(t *testing.T) {
			synctest.Test(t, func(*testing.T) {
				inside := make(chan int)
				for i := 0; i < 2; i++ {
					go func() { <-inside }()
				}
				synctest.Wait()
				tell("goroutine")
				os.Exit(0)
			})
		}}}
		testing.Main(func(string, string) (bool, error) { return true, nil }, one, nil, nil)
	}
}
