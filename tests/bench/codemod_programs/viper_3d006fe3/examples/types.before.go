package p

var a map[string]interface{}
