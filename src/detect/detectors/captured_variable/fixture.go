// Handlers that stay registered and keep a request each, and handlers that keep only what they use.
//
// expects: possible
package captured_variable

type request struct {
	id   int
	body []byte
}

type bus struct {
	handlers []func() int
}

var events bus

func (b *bus) onDone(handler func() int) { b.handlers = append(b.handlers, handler) }

func serve(id int) *request {
	return &request{id: id, body: make([]byte, 64<<10)}
}

func Fault() {
	for i := 0; i < 200; i++ {
		r := serve(i)
		events.onDone(func() int { return r.id })
	}
}

func Twin() {
	for i := 0; i < 200; i++ {
		r := serve(i)
		id := r.id
		events.onDone(func() int { return id })
	}
}
