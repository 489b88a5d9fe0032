// tenants has for each tenant a database handle, a client, a cache with a goroutine that cleans it, and a job that runs
// now and then: tenants come one after the other, and all of them stay customers.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type none struct{}

func (none) Open(string) (driver.Conn, error) { return nil, errors.New("no database here") }

type tenant struct {
	name   string
	db     *sql.DB
	client *http.Client
	cache  sync.Map
	limits [4000]byte
	notify chan string
}

var (
	mu      sync.Mutex
	tenants = map[string]*tenant{}
)

func (t *tenant) run(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.cache.Range(func(key, _ any) bool { t.cache.Delete(key); return true })
		case text := <-t.notify:
			t.cache.Store(text, time.Now())
		case <-ctx.Done():
			t.db.Close()
			return
		}
	}
}

func welcome(ctx context.Context, name string) {
	t := &tenant{name: name, db: load.Must(sql.Open("none", name)), client: &http.Client{Transport: &http.Transport{}}, notify: make(chan string)}
	mu.Lock()
	defer mu.Unlock()
	tenants[name] = t
	go t.run(ctx)
}

func main() {
	sql.Register("none", none{})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		for i := 0; i < 150; i++ {
			welcome(ctx, fmt.Sprint("tenant ", i))
			var asked sync.WaitGroup
			asked.Add(20)
			for n := 0; n < 20; n++ { // requests come and go
				go asked.Done()
			}
			asked.Wait()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	load.Look()
}
