// Versions that each keep the one before, and versions of which only the newest stays.
//
// expects: possible
package long_chain

type version struct {
	prev *version
	text [480]byte
}

var current *version

func Fault() {
	for i := 0; i < 20000; i++ {
		current = &version{prev: current}
	}
}

func Twin() {
	for i := 0; i < 20000; i++ {
		current = &version{}
	}
}
