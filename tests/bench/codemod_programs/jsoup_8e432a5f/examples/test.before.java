import org.junit.Test;

class A {
    @Test(expected = E.class) public void a() {
        int b = c(1);
    }
}
