// A map from which nearly everything was deleted, and one that is full.
//
// expects: strong
package sparse_map

type session struct {
	user *session
	id   int
}

var sessions = map[int]*session{}

func fill() {
	for i := 0; i < 200_000; i++ {
		sessions[i] = &session{id: i}
	}
}

func Fault() {
	fill()
	for i := 0; i < 199_000; i++ {
		delete(sessions, i)
	}
}

func Twin() {
	fill()
}
