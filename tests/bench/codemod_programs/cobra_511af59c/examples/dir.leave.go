package p

import "io/ioutil"

var a, b = ioutil.ReadDir("")
