package p

type a interface {
	m()
}
