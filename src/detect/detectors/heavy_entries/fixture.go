// A cache of a thousand pages, of which a few are large; and one of pages of one size.
//
// expects: possible
package heavy_entries

type page struct {
	next *page
	body []byte
}

var pages = map[int]*page{}

func fill(size func(i int) int) {
	for i := 0; i < 3_000; i++ {
		delete(pages, i-1_000)
		pages[i] = &page{body: make([]byte, size(i))}
	}
}

func Fault() {
	fill(func(i int) int {
		if i%100 == 0 {
			return 2 << 20
		}
		return 1 << 10
	})
}

func Twin() {
	fill(func(int) int { return 16 << 10 })
}
