// streams has connections with many streams each, as gRPC has: for each stream a goroutine that waits for messages, a
// queue, and a context; most streams are quiet for a long time.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const connections, streamsOfEach = 10, 40

type stream struct {
	id      uint32
	inbox   chan []byte
	ctx     context.Context
	cancel  context.CancelFunc
	window  int
	session *session
}

type session struct {
	conn    net.Conn
	out     chan []byte
	mu      sync.Mutex
	streams map[uint32]*stream
	ctx     context.Context
	cancel  context.CancelFunc
}

func newSession(conn net.Conn) *session {
	s := &session{conn: conn, out: make(chan []byte, 16), streams: map[uint32]*stream{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.write()
	go s.read()
	return s
}

func (s *session) open(id uint32) *stream {
	one := &stream{id: id, inbox: make(chan []byte, 8), window: 64 << 10, session: s}
	one.ctx, one.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[id] = one
	return one
}

func (s *session) find(id uint32) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[id]
}

func (s *session) read() {
	defer s.cancel()
	in, head := bufio.NewReaderSize(s.conn, 32<<10), make([]byte, 8)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[4:]))
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if to := s.find(binary.BigEndian.Uint32(head)); to != nil {
			select {
			case to.inbox <- body:
			case <-to.ctx.Done():
			}
		}
	}
}

func (s *session) write() {
	out := bufio.NewWriterSize(s.conn, 32<<10)
	for {
		select {
		case frame := <-s.out:
			out.Write(frame)
			out.Flush()
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *stream) send(body []byte) {
	frame := make([]byte, 8, 8+len(body))
	binary.BigEndian.PutUint32(frame, s.id)
	binary.BigEndian.PutUint32(frame[4:], uint32(len(body)))
	select {
	case s.session.out <- append(frame, body...):
	case <-s.ctx.Done():
	}
}

// handle answers each message of a stream until the stream ends.
func (s *stream) handle() {
	kept := make([]byte, 32<<10)
	for {
		select {
		case body := <-s.inbox:
			copy(kept, body)
			s.send(kept[:len(body)])
		case <-s.ctx.Done():
			return
		}
	}
}

func main() {
	listener := load.Must(net.Listen("tcp", "127.0.0.1:0"))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s := newSession(conn)
			for id := uint32(0); id < streamsOfEach; id++ {
				go s.open(id).handle()
			}
		}
	}()
	for i := 0; i < connections; i++ {
		s := newSession(load.Must(net.Dial("tcp", listener.Addr().String())))
		for id := uint32(0); id < streamsOfEach; id++ {
			one := s.open(id)
			go func() {
				for range one.inbox {
				}
			}()
			if id == 0 {
				go load.Forever(5*time.Millisecond, func(int) { one.send(make([]byte, 3000)) })
			}
		}
	}
	load.Look()
}
