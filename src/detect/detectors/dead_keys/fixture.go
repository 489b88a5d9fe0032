// What is known of connections, of which most have been closed and dropped without a word to the table; and a table that
// is told.
//
// expects: strong
package dead_keys

type conn struct {
	address *[32]byte
	id      int
}

type state struct {
	last [400]byte
	next *state
}

var (
	states = map[*conn]*state{}
	open   []*conn
)

func dial(i int) *conn {
	c := &conn{address: new([32]byte), id: i}
	states[c] = &state{}
	return c
}

func Fault() {
	for i := 0; i < 20_000; i++ {
		c := dial(i)
		if i%100 == 0 {
			open = append(open, c)
		}
	}
}

func Twin() {
	for i := 0; i < 20_000; i++ {
		c := dial(i)
		if i%2 == 0 {
			open = append(open, c)
		} else {
			delete(states, c)
		}
	}
}
