package a;

import org.junit.jupiter.api.Test;
import java.util.List;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;


class A {
    @Test public void a() {
        assertThrows(E.class, () -> c(1));
    }
    @Test public void b(List<A> all) {
        assertTrue(all.isEmpty(), "none");
    }
}
