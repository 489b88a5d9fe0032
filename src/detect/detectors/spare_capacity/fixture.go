// Messages with room for 64 KiB each that hold a few bytes, and messages that ask for what they need.
//
// expects: possible
package spare_capacity

type message struct {
	body []byte
	next *message
}

var messages []*message

func keep(body []byte) {
	messages = append(messages, &message{body: append(body, "hello"...)})
}

func Fault() {
	for i := 0; i < 500; i++ {
		keep(make([]byte, 0, 64<<10))
	}
}

func Twin() {
	for i := 0; i < 500; i++ {
		keep(make([]byte, 0, 8))
	}
}
