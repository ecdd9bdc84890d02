class A {
    @Test
    public void a() {
    }
}
