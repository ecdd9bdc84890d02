class ATest {
    @Test
    void a() {
    }
}
