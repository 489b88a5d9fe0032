module holdfast.test/leaks/yamux

go 1.19

require github.com/libp2p/go-yamux v1.3.8

require github.com/libp2p/go-buffer-pool v0.0.2 // indirect
