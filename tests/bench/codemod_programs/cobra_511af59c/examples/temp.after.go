package p

import (
	"os"
)

var a, b = os.MkdirTemp("", "")
