public class ATest {
    @Test
    void a() {
    }
}
