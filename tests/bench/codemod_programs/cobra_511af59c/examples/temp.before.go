package p

import (
	"io/ioutil"
	"os"
)

var a, b = ioutil.TempDir("", "")
