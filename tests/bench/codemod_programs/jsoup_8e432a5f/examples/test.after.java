import org.junit.jupiter.api.Test;

class A {
    @Test public void a() {
        assertThrows(E.class, () -> c(1));
    }
}
