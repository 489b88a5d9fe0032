// A database handle for each request that is not closed, but kept in a list, and one that all share.
//
// expects: possible
package library_goroutines

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"time"
)

type none struct{}

func (none) Open(string) (driver.Conn, error) { return nil, errors.New("no database here") }

var handles []*sql.DB

func request(handle *sql.DB) {
	handles = append(handles, handle)
	var ended sync.WaitGroup
	for i := 0; i < 10; i++ { // what else a request does
		ended.Add(1)
		go ended.Done()
	}
	ended.Wait()
}

func Fault() {
	sql.Register("none", none{})
	for i := 0; i < 600; i++ {
		handle, _ := sql.Open("none", "")
		request(handle)
	}
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	sql.Register("none", none{})
	handle, _ := sql.Open("none", "")
	for i := 0; i < 600; i++ {
		request(handle)
	}
	time.Sleep(50 * time.Millisecond)
}
