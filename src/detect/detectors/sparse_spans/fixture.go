// Of many records one in fifty lives on, each in a span of its own; and the same with all of them.
//
// expects: possible
package sparse_spans

type record struct {
	next *record
	text [184]byte
}

var kept []*record

func fill(every int) {
	const count = 400_000
	all := make([]*record, count)
	for i := range all {
		all[i] = new(record)
	}
	for i := 0; i < count; i += every {
		kept = append(kept, all[i])
	}
}

func Fault() {
	fill(50)
}

func Twin() {
	fill(1)
}
