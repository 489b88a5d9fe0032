// A list of work that was cut to its beginning, with and without a word to what it had.
//
// expects: possible
package beyond_length

type job struct {
	payload [8 << 10]byte
	next    *job
}

type queue struct{ jobs []*job }

var queues []*queue

func fill() *queue {
	pending := &queue{}
	queues = append(queues, pending)
	for i := 0; i < 1000; i++ {
		pending.jobs = append(pending.jobs, &job{})
	}
	return pending
}

func Fault() {
	pending := fill()
	pending.jobs = pending.jobs[:10]
}

func Twin() {
	pending := fill()
	for i := 10; i < len(pending.jobs); i++ {
		pending.jobs[i] = nil
	}
	pending.jobs = pending.jobs[:10]
}
