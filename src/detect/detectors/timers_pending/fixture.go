// Tickers that are dropped without a Stop, and tickers that are stopped. From Go 1.23 on the collector frees either, but
// up to 1.26 not in programs whose go line is older, as here.
//
// expects: strong
// last: 1.26
package timers_pending

import "time"

var sink int

func work(stops bool) {
	tick := time.NewTicker(time.Hour)
	select {
	case <-tick.C:
		sink++
	default:
	}
	if stops {
		tick.Stop()
	}
}

func Fault() {
	for i := 0; i < 10000; i++ {
		work(false)
	}
}

func Twin() {
	for i := 0; i < 10000; i++ {
		work(true)
	}
}
