module holdfast.test/leaks/ristretto

go 1.19

require github.com/dgraph-io/ristretto v0.2.0

require (
	github.com/cespare/xxhash/v2 v2.1.1 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/sys v0.11.0 // indirect
)
