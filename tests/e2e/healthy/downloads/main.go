// downloads has clients that read long answers slowly, begun one after the other while other requests come and go. The
// connection of each has goroutines that wait until its answer has been read.
package main

import (
	"io"
	"net"
	"net/http"
	"time"

	"holdfast.test/healthy/load"
)

func slowly(w http.ResponseWriter, r *http.Request) {
	block := make([]byte, 64<<10)
	for r.Context().Err() == nil {
		w.Write(block)
		w.(http.Flusher).Flush()
		time.Sleep(200 * time.Millisecond)
	}
}

func get(client *http.Client, address string) {
	reply, err := client.Get(address)
	if err != nil {
		return
	}
	defer reply.Body.Close()
	io.CopyBuffer(struct{ io.Writer }{io.Discard}, reply.Body, make([]byte, 4<<10))
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", slowly)
	mux.HandleFunc("/fast", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") })
	listener := load.Must(net.Listen("tcp", "127.0.0.1:0"))
	go http.Serve(listener, mux)
	client, base := &http.Client{Transport: &http.Transport{}}, "http://"+listener.Addr().String()
	go func() {
		for i := 0; i < 120; i++ {
			go get(client, base+"/slow")
			for n := 0; n < 5; n++ {
				get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, base+"/fast")
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	load.Look()
}
