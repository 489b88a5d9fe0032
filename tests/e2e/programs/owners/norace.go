//go:build !race

package main

const poolKeepsAll = true
