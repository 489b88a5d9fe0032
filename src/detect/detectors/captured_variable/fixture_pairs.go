// Handlers of success and of failure that stay registered and have the same request, and such that a table has as well.
//
// expects: possible
package captured_variable_pairs

type request struct {
	id   int
	body []byte
}

type bus struct {
	done, failed []func() int
}

var events bus
var open = map[int]*request{}

func (b *bus) onDone(handler func() int)   { b.done = append(b.done, handler) }
func (b *bus) onFailed(handler func() int) { b.failed = append(b.failed, handler) }

func register(id int) *request {
	r := &request{id: id, body: make([]byte, 64<<10)}
	events.onDone(func() int { return r.id })
	events.onFailed(func() int { return -len(r.body) })
	return r
}

func Fault() {
	for i := 0; i < 200; i++ {
		register(i)
	}
}

func Twin() {
	for i := 0; i < 200; i++ {
		open[i] = register(i)
	}
}
