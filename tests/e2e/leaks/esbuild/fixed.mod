module holdfast.test/leaks/esbuild

go 1.19

require github.com/evanw/esbuild v0.25.6

require golang.org/x/sys v0.0.0-20220715151400-c0bba94af5f8 // indirect
