module holdfast.test/leaks/zerolog

go 1.19

require github.com/rs/zerolog v1.9.1
