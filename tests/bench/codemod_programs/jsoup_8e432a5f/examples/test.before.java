package a;

import org.junit.Test;
import java.util.Set;
import java.util.List;

import static org.junit.Assert.*;

class A {
    @Test(expected = E.class) public void a() {
        int b = c(1);
    }
    @Test public void b(List<A> all) {
        assertTrue("none", all.isEmpty());
    }
}
