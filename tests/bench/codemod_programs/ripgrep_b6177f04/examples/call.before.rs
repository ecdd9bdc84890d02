fn f() {
    try!(a(try!(b())));
}
