module holdfast.test/joins

go 1.19

require example.com/depot v1.2.3
