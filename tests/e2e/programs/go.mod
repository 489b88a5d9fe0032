module holdfast.test/programs

go 1.19
