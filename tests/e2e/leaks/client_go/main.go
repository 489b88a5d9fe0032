// client_go: a client for each of many calls, with a way to dial of its own. The global table of transports has the
// pointer to that in its keys, so that no entry is ever found again, and none was taken out (kubernetes#125818, #118703).
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"k8s.io/client-go/rest"
)

func client(n int) {
	config := &rest.Config{
		Host: "https://127.0.0.1:1",
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Duration(n)}).DialContext(ctx, network, address)
		},
		TLSClientConfig: rest.TLSClientConfig{Insecure: true},
	}
	if _, err := rest.HTTPClientFor(config); err != nil {
		panic(err)
	}
}

func main() {
	for i := 0; i < 12000; i++ {
		client(i)
	}
	go func() { // and so on, while it is looked at
		for i := 12000; ; i++ {
			client(i)
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
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
