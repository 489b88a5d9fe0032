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
	handler := http.HandlerFunc(home)
	for i := 0; i < 20000; i++ {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", fmt.Sprintf("/page/%d", i), nil))
	}
	ready()
}

// ready prints a line when the program may be looked at, and returns when its input ends.
func ready() {
	runtime.GC()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
