// A slice that was full of pointers once, and one that still is.
//
// expects: possible
package sparse_array

type item struct {
	next *item
	id   int
}

var items []*item

func fill() {
	items = make([]*item, 1<<20)
	for i := range items {
		items[i] = &item{id: i}
	}
}

func Fault() {
	fill()
	for i := range items {
		if i%100 != 0 {
			items[i] = nil
		}
	}
}

func Twin() {
	fill()
}
