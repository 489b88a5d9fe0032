module holdfast.test/leaks/unique_words

go 1.23
