// Package depot is a library that lies in the folder vendor.
package depot

var kept [][]byte

//go:noinline
func Store(n int) {
	for i := 0; i < n; i++ {
		kept = append(kept, make([]byte, 512))
	}
}
