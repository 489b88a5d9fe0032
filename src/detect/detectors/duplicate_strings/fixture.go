// Orders of which each has a copy of its country's name of its own, and orders that share them.
//
// expects: possible
// values
package duplicate_strings

import (
	"strconv"
	"strings"
)

type order struct {
	country string
	next    *order
}

var orders []*order

func fill(country func(i int) string) {
	for i := 0; i < 60_000; i++ {
		orders = append(orders, &order{country: country(i)})
	}
}

func name(i int) string {
	return "the country of number " + strconv.Itoa(i%50) + strings.Repeat(".", 20)
}

func Fault() {
	fill(name)
}

func Twin() {
	names := map[int]string{}
	fill(func(i int) string {
		if names[i%50] == "" {
			names[i%50] = name(i)
		}
		return names[i%50]
	})
}
