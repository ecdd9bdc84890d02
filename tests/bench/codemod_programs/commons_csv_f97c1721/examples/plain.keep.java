class A {
    public void a() {
    }
}
