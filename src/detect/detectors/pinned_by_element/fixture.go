// A few elements of slices that were read as a whole, kept by their addresses; and the same copied.
//
// expects: strong
package pinned_by_element

const (
	batches = 40
	rows    = 10000
)

type point struct {
	x, y, z, t int64
}

type record struct {
	id   int
	note *note
	next *record
}

type note struct {
	text [48]byte
}

var (
	points  = map[int]*point{}
	records []*record
)

func readPoints(batch int) []point {
	all := make([]point, rows)
	for i := range all {
		all[i].x = int64(batch * i)
	}
	return all
}

func readRecords(batch int) []record {
	all := make([]record, rows)
	for i := range all {
		all[i].id = batch * i
		all[i].note = &note{}
	}
	return all
}

func Fault() {
	for i := 0; i < batches; i++ {
		points[i] = &readPoints(i)[17*i]
		records = append(records, &readRecords(i)[rows-1-i])
	}
}

func Twin() {
	for i := 0; i < batches; i++ {
		p, r := readPoints(i)[17*i], readRecords(i)[rows-1-i]
		points[i] = &p
		records = append(records, &r)
	}
}
