module holdfast.test/leaks/health

go 1.20

require github.com/alexliesenfeld/health v0.8.1
