// A server that tells a table of each connection, and not when it has closed it; and one that tells both.
//
// expects: strong
package closed_but_held

import (
	"net"
	"sync"
)

var (
	mu    sync.Mutex
	conns = map[net.Conn]*[512]byte{} // with what was last read
	kept  []net.Conn
)

func serve(forget bool, connections int, stay int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	for i := 0; i < connections; i++ {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			panic(err)
		}
		s, err := l.Accept()
		if err != nil {
			panic(err)
		}
		mu.Lock()
		conns[s] = new([512]byte)
		mu.Unlock()
		if i < stay {
			kept = append(kept, c)
			continue
		}
		c.Close()
		s.Close()
		if !forget {
			continue
		}
		mu.Lock()
		delete(conns, s)
		mu.Unlock()
	}
}

func Fault() { serve(false, 2_000, 100) }

func Twin() { serve(true, 2_000, 200) }
