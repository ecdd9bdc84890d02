package p

var a map[string]any
