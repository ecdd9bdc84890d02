public class A {
    public void a() {
    }
}
