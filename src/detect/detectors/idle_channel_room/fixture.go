// Clients with channels that have room for many large events, and clients whose channels have little.
//
// expects: possible
package idle_channel_room

type event struct {
	topic   string
	payload [240]byte
}

type client struct {
	name   string
	events chan event
}

var clients, modest []*client

func connect(room int) *client {
	c := &client{name: "client", events: make(chan event, room)}
	for i := 0; i < room; i++ { // a busy moment
		c.events <- event{topic: "hello"}
	}
	for i := 1; i < room; i++ {
		<-c.events
	}
	return c
}

func Fault() {
	for i := 0; i < 200; i++ {
		clients = append(clients, connect(256))
	}
}

func Twin() {
	for i := 0; i < 200; i++ {
		modest = append(modest, connect(4))
	}
}
