// dotted: a package whose import path ends in a name with dots, which the linker writes as paho%2emqtt%2egolang.
package main

import (
	mqtt "holdfast.test/programs/dotted/paho.mqtt.golang"
	"holdfast.test/programs/truth"
)

func main() {
	mqtt.Connect(2000)
	truth.Ready()
}
