// Package mqtt holds messages in a variable, and has a goroutine that waits.
package mqtt

type Message struct {
	next    *Message
	payload []byte
}

var backlog *Message

func Connect(messages int) {
	for i := 0; i < messages; i++ {
		backlog = &Message{backlog, make([]byte, 512)}
	}
	go receive(make(chan *Message))
}

//go:noinline
func receive(from chan *Message) {
	for message := range from {
		backlog = message
	}
}
