module holdfast.test/symptoms

go 1.19
