// yamux: a connection that carries many streams, one after the other. The table of those that were being opened was not
// cleared of the ones that had closed (libp2p/go-yamux#29).
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/libp2p/go-yamux"
)

func serve(session *yamux.Session) {
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		go func() {
			io.Copy(stream, stream)
			stream.Close()
		}()
	}
}

func main() {
	near, far := net.Pipe()
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard
	server, err := yamux.Server(far, config)
	if err != nil {
		panic(err)
	}
	go serve(server)
	client, err := yamux.Client(near, config)
	if err != nil {
		panic(err)
	}
	open := func() error {
		stream, err := client.OpenStream()
		if err == nil {
			stream.Reset()
		}
		return err
	}
	for i := 0; i < 200000; i++ {
		if err := open(); err != nil {
			panic(err)
		}
	}
	go func() { // and so on, while it is looked at
		for open() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
	client.Close()
}

// ready prints a line when the program may be looked at, and returns when its input ends. The collections are those that
// a program has had after some hours.
func ready() {
	for i := 0; i < 25; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
