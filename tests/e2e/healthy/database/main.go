// database asks a database through database/sql: its pool keeps idle connections, and each has the statements that were
// prepared on it.
package main

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"time"

	"holdfast.test/healthy/load"
)

type fake struct{}
type conn struct{ buffer [16 << 10]byte }
type stmt struct {
	conn *conn
	plan [4 << 10]byte
}
type rows struct{ left int }

func (fake) Open(string) (driver.Conn, error)              { return &conn{}, nil }
func (c *conn) Prepare(string) (driver.Stmt, error)        { return &stmt{conn: c}, nil }
func (c *conn) Close() error                               { return nil }
func (c *conn) Begin() (driver.Tx, error)                  { return c, nil }
func (c *conn) Commit() error                              { return nil }
func (c *conn) Rollback() error                            { return nil }
func (s *stmt) Close() error                               { return nil }
func (s *stmt) NumInput() int                              { return -1 }
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	time.Sleep(2 * time.Millisecond)
	return &rows{left: 20}, nil
}
func (r *rows) Columns() []string { return []string{"id", "name"} }
func (r *rows) Close() error      { return nil }
func (r *rows) Next(to []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	to[0], to[1] = int64(r.left), fmt.Sprint("name ", r.left)
	return nil
}

func ask(statement *sql.Stmt, id int) {
	found, err := statement.Query(id)
	if err != nil {
		return
	}
	defer found.Close()
	for found.Next() {
		var n int
		var name string
		found.Scan(&n, &name)
	}
}

func main() {
	sql.Register("fake", fake{})
	db := load.Must(sql.Open("fake", "anything"))
	db.SetMaxOpenConns(64)
	db.SetMaxIdleConns(64)
	var statements []*sql.Stmt
	for i := 0; i < 20; i++ {
		statements = append(statements, load.Must(db.Prepare(fmt.Sprint("select id, name from t", i))))
	}
	for i := 0; i < 64; i++ {
		go load.Forever(time.Millisecond, func(round int) { ask(statements[round%len(statements)], round) })
	}
	load.Look()
	db.Close()
}
