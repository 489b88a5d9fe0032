// Readings by their value, of which most could not be computed, and a table that leaves these out.
//
// expects: proven
package dead_keys_nan

import "math"

type reading struct {
	raw  [200]byte
	next *reading
}

var (
	byRatio = map[float64]*reading{}
	none    float64
)

func record(good, total float64) float64 { return good / total }

func Fault() {
	for i := 0; i < 20_000; i++ {
		byRatio[record(0, none)] = &reading{} // 0 / 0
		byRatio[float64(i%100)] = &reading{}
	}
}

func Twin() {
	for i := 0; i < 20_000; i++ {
		ratio := record(float64(i), float64(i%2))
		if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
			ratio = -float64(i)
		}
		byRatio[ratio] = &reading{}
	}
}
