module holdfast.test/leaks/sessions

go 1.19

require github.com/gorilla/sessions v1.2.0

require github.com/gorilla/securecookie v1.1.1 // indirect
