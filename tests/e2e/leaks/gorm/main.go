// gorm: queries with their values in the text, under PrepareStmt. Each text is prepared and kept in a map that has no
// bound before v1.26 (go-gorm/gorm#7121, pull request 7435); from then on it can be given one.
package main

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/utils/tests"
)

type fake struct{}
type rows struct{}

func (fake) Open(string) (driver.Conn, error)           { return fake{}, nil }
func (fake) Prepare(string) (driver.Stmt, error)        { return fake{}, nil }
func (fake) Close() error                               { return nil }
func (fake) Begin() (driver.Tx, error)                  { return nil, io.EOF }
func (fake) NumInput() int                              { return -1 }
func (fake) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (fake) Query([]driver.Value) (driver.Rows, error)  { return rows{}, nil }
func (rows) Columns() []string                          { return []string{"id"} }
func (rows) Close() error                               { return nil }
func (rows) Next([]driver.Value) error                  { return io.EOF }

func main() {
	sql.Register("fake", fake{})
	pool, err := sql.Open("fake", "")
	if err != nil {
		panic(err)
	}
	config := &gorm.Config{ConnPool: pool, PrepareStmt: true, Logger: logger.Discard}
	if bound := reflect.ValueOf(config).Elem().FieldByName("PrepareStmtMaxSize"); bound.IsValid() {
		bound.SetInt(100)
	}
	db, err := gorm.Open(tests.DummyDialector{}, config)
	if err != nil {
		panic(err)
	}
	ask := func(customer int) {
		var ids []int
		db.Raw(fmt.Sprintf("select id from orders where customer = %d", customer)).Scan(&ids)
	}
	for i := 0; i < 20000; i++ {
		ask(i)
	}
	go func() { // and so on, while it is looked at
		for i := 20000; ; i++ {
			ask(i)
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
	pool.Close()
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
