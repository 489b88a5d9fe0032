module holdfast.test/leaks/ssh_reject

go 1.25.0

require golang.org/x/crypto v0.51.0

require golang.org/x/sys v0.44.0 // indirect
