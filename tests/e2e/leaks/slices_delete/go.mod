module holdfast.test/leaks/slices_delete

go 1.21
