// sessions: a handler that reads a session from a cookie. The sessions of each request were kept in a global map by the
// request, and only a wrapper that had to be thought of cleared it (gorilla/sessions#55).
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"time"

	"github.com/gorilla/sessions"
)

var store = sessions.NewCookieStore([]byte("something-very-secret"))

func home(w http.ResponseWriter, r *http.Request) {
	session, _ := store.Get(r, "visitor")
	session.Values["page"] = r.URL.Path
	fmt.Fprintln(w, "hello")
}

func main() {
	visit := func(i int) {
		home(httptest.NewRecorder(), httptest.NewRequest("GET", fmt.Sprintf("/page/%d", i), nil))
	}
	for i := 0; i < 20000; i++ {
		visit(i)
	}
	go func() { // and so on, while it is looked at
		for i := 20000; ; i++ {
			visit(i)
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
