// connections has a goroutine beside each connection that closes it when the server or the connection itself is to end,
// and does nothing until then. Connections come one after the other, and each stays for a while.
package main

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

func serve(server context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(server)
	defer cancel()
	go func() {
		<-ctx.Done()
		conn.Close()
	}()
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 16<<10), 16<<10)
	for lines.Scan() {
		conn.Write(append(lines.Bytes(), '\n'))
	}
}

func visit(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	answers := bufio.NewReaderSize(conn, 4<<10)
	for i := 0; i < 20; i++ {
		conn.Write([]byte("hello\n"))
		answers.ReadString('\n')
		time.Sleep(50 * time.Millisecond)
	}
}

func main() {
	server, stop := context.WithCancel(context.Background())
	defer stop()
	listener := load.Must(net.Listen("tcp", "127.0.0.1:0"))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(server, conn)
		}
	}()
	go load.Forever(5*time.Millisecond, func(int) {
		go visit(listener.Addr().String())
		var asked sync.WaitGroup
		asked.Add(20)
		for i := 0; i < 20; i++ { // other work comes and goes
			go asked.Done()
		}
		asked.Wait()
	})
	load.Look()
}
