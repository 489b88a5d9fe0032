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

func (p *point) sum() int64 { return p.x + p.y + p.z + p.t }

type summed interface {
	sum() int64
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
	sums    []summed
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
		sums = append(sums, &readPoints(i)[i+100])
	}
}

func Twin() {
	for i := 0; i < batches; i++ {
		p, q, r := readPoints(i)[17*i], readPoints(i)[i+100], readRecords(i)[rows-1-i]
		points[i] = &p
		records = append(records, &r)
		sums = append(sums, &q)
	}
}
