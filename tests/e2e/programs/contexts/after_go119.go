//go:build !go1.21

package main

// There are no functions to run afterwards before Go 1.21.
func afterwards() {}
