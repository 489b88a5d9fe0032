// Queries whose rows nobody closes, so that later ones wait for a connection; and the same with rows that somebody can
// still close.
//
// expects: possible
package goroutines_blocked_connections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"runtime"
	"time"
)

type (
	store      struct{}
	connection struct{}
	statement  struct{}
	numbers    struct{ next int64 }
)

func (store) Open(string) (driver.Conn, error)                { return &connection{}, nil }
func (*connection) Prepare(string) (driver.Stmt, error)       { return &statement{}, nil }
func (*connection) Close() error                              { return nil }
func (*connection) Begin() (driver.Tx, error)                 { return nil, driver.ErrSkip }
func (*statement) Close() error                               { return nil }
func (*statement) NumInput() int                              { return -1 }
func (*statement) Exec([]driver.Value) (driver.Result, error) { return driver.ResultNoRows, nil }
func (*statement) Query([]driver.Value) (driver.Rows, error)  { return &numbers{}, nil }
func (*numbers) Columns() []string                            { return []string{"id"} }
func (*numbers) Close() error                                 { return nil }
func (n *numbers) Next(values []driver.Value) error {
	if n.next++; n.next > 10 {
		return io.EOF
	}
	values[0] = n.next
	return nil
}

var (
	db   *sql.DB
	kept = make(chan *sql.Rows, 100)
)

func exists(keeps bool) bool {
	ctx, cancel := context.WithCancel(context.Background())
	rows, err := db.QueryContext(ctx, "select id from t")
	if err != nil {
		cancel()
		return false
	}
	if keeps {
		kept <- rows
	}
	return rows.Next()
}

func request(keeps bool) {
	body := make([]byte, 64<<10)
	exists(keeps)
	runtime.KeepAlive(&body)
}

func start(keeps bool) {
	sql.Register("numbers", store{})
	db, _ = sql.Open("numbers", "")
	db.SetMaxOpenConns(20)
	for i := 0; i < 80; i++ {
		go request(keeps)
	}
	time.Sleep(100 * time.Millisecond)
}

func Fault() { start(false) }

func Twin() { start(true) }
