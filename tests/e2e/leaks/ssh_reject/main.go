// ssh_reject: a server that offers sessions and nothing else, and a client that asks for a tunnel again and again over one
// connection. The connection's list of channels kept those that were rejected (golang/go#35127).
package main

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/crypto/ssh"
)

func serve(listener net.Listener, config *ssh.ServerConfig) {
	connection, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		panic(err)
	}
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		channel.Reject(ssh.UnknownChannelType, "there are no tunnels here")
	}
}

func main() {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		panic(err)
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go serve(listener, config)
	client, err := ssh.Dial("tcp", listener.Addr().String(),
		&ssh.ClientConfig{User: "visitor", HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		panic(err)
	}
	tunnel := func() {
		if channel, _, err := client.OpenChannel("direct-tcpip", nil); err == nil {
			channel.Close()
		}
	}
	for i := 0; i < 10000; i++ {
		tunnel()
	}
	go func() { // and so on, while it is looked at
		for {
			tunnel()
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
