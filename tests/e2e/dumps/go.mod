module holdfast.test/dumps

go 1.19
