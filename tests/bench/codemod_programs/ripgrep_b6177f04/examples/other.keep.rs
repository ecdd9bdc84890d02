fn f() {
    retry!(a());
}
