// collector_limit has the collector's percentage switched off and a memory limit instead, as a batch job that has a
// machine of its own may: it lets garbage grow up to the limit.
package main

import (
	"runtime/debug"
	"time"

	"holdfast.test/healthy/load"
)

type row struct {
	values [60]float64
	next   *row
}

func main() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(200 << 20)
	var kept *row
	for i := 0; i < 40000; i++ {
		kept = &row{next: kept}
	}
	sink := make([]*row, 100)
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 100; i++ {
			sink[i] = &row{}
		}
	})
	load.Look()
	kept.values[0]++
}
