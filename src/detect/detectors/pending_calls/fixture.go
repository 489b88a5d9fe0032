// Requests that a timer of each keeps for an hour, and requests that stop it. A core does not tell the time, so nobody
// knows when its timers are due.
//
// expects: possible
// targets: live,hold
package pending_calls

import "time"

type request struct {
	id   int
	body []byte
}

func (r *request) expire() { r.body = nil }

func serve(id int) (*request, *time.Timer) {
	r := &request{id: id, body: make([]byte, 16<<10)}
	return r, time.AfterFunc(time.Hour, func() { r.expire() })
}

func Fault() {
	for i := 0; i < 500; i++ {
		serve(i)
	}
}

func Twin() {
	for i := 0; i < 500; i++ {
		_, timer := serve(i)
		timer.Stop()
	}
}
