// tunnels copies between pairs of connections, most of which say nothing for a long time, through pipes with a goroutine
// on either side; some callers wait for an answer that may take hours.
package main

import (
	"io"
	"net"
	"time"

	"holdfast.test/healthy/load"
)

func echo(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, 32<<10))
		}()
	}
}

func tunnel(to string) net.Conn {
	near, far := net.Pipe()
	conn := load.Must(net.Dial("tcp", to))
	go io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{far}, make([]byte, 32<<10))
	go io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{conn}, make([]byte, 32<<10))
	return near
}

func main() {
	listener := load.Must(net.Listen("tcp", "127.0.0.1:0"))
	go echo(listener)
	for i := 0; i < 100; i++ {
		conn := tunnel(listener.Addr().String())
		go func() {
			answer := make([]byte, 4096)
			for {
				if _, err := conn.Read(answer); err != nil {
					return
				}
			}
		}()
		if i%10 == 0 {
			go load.Forever(5*time.Millisecond, func(int) { conn.Write(make([]byte, 1000)) })
		}
	}
	load.Look()
}
