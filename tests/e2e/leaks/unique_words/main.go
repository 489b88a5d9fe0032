// unique_words: the words of documents are made unique. The part of a document was kept as it is, and with it the whole
// document (golang/go#69370, mended in Go 1.23.2).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	"unique"
)

var titles []unique.Handle[string]

func main() {
	for i := 0; i < 200; i++ {
		document := fmt.Sprintf("title-%d ", i) + strings.Repeat("and the rest of the document ", 4000)
		title, _, _ := strings.Cut(document, " ")
		titles = append(titles, unique.Make(title))
	}
	ready()
	runtime.KeepAlive(titles)
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
