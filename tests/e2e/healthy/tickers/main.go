// tickers has thousands of timers and tickers, all of them in use: a watchdog for each of its peers, which is pushed on
// whenever the peer says something, and work that is to be done at a time.
package main

import (
	"sync"
	"sync/atomic"
	"time"

	"holdfast.test/healthy/load"
)

const peers, later = 4000, 1000

type peer struct {
	watchdog *time.Timer
	seen     atomic.Int64
	lost     atomic.Bool
	state    [2000]byte
}

type cluster struct {
	mu    sync.Mutex
	peers []*peer
}

func (c *cluster) add() {
	one := &peer{}
	one.watchdog = time.AfterFunc(30*time.Second, func() { one.lost.Store(true) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers = append(c.peers, one)
}

func (c *cluster) heard(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.peers[i%len(c.peers)]
	one.seen.Add(1)
	one.watchdog.Reset(30 * time.Second)
}

func gossip(stop chan struct{}) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

func main() {
	c, stop := &cluster{}, make(chan struct{})
	for i := 0; i < peers; i++ {
		c.add()
	}
	for i := 0; i < 50; i++ {
		go gossip(stop)
	}
	for i := 0; i < later; i++ {
		report := make([]byte, 3000)
		time.AfterFunc(time.Hour+time.Duration(i)*time.Second, func() { report[0]++ })
	}
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 40; i++ {
			c.heard(round*40 + i)
		}
	})
	load.Look()
	close(stop)
}
