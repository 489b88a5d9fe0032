//go:build race

package main

// With the race detector a sync.Pool throws away a quarter of what is put into it, at random.
const poolKeepsAll = false
