// pubsub has subscribers of which some are slow: their bounded queues are full, and what does not fit is dropped.
package main

import (
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type event struct {
	topic string
	body  []byte
}

type subscriber struct {
	inbox   chan *event
	dropped int
}

type broker struct {
	mu     sync.RWMutex
	topics map[string][]*subscriber
}

func (b *broker) subscribe(topic string, room int) *subscriber {
	s := &subscriber{inbox: make(chan *event, room)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.topics[topic] = append(b.topics[topic], s)
	return s
}

func (b *broker) publish(one *event) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, s := range b.topics[one.topic] {
		select {
		case s.inbox <- one:
		default:
			s.dropped++
		}
	}
}

func consume(s *subscriber, pause time.Duration) {
	for range s.inbox {
		time.Sleep(pause)
	}
}

var hub = &broker{topics: map[string][]*subscriber{}}

func main() {
	for i := 0; i < 20; i++ {
		go consume(hub.subscribe("prices", 256), 0)
		go consume(hub.subscribe("prices", 256), 100*time.Millisecond)
		go consume(hub.subscribe("orders", 16), time.Millisecond)
	}
	go load.Forever(time.Millisecond, func(int) { hub.publish(&event{"prices", make([]byte, 4000)}) })
	go load.Forever(time.Millisecond, func(int) { hub.publish(&event{"orders", make([]byte, 400)}) })
	load.Look()
}
