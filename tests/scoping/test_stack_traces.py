"""Stack traces of each language are read as frames, the one that failed last."""

import pytest

from scoping.stack_traces import Frame, frames_of

GO = """\
panic: runtime error: index out of range [0] with length 0

goroutine 1 [running]:
example.com/shop/cart.(*Cart).Total(...)
\t/home/me/go/pkg/mod/example.com/shop@v1.2.0/cart/cart.go:31
main.main.func1(0xc000012345, {0x8b5e60, 0xa})
\t/home/me/main.go:12 +0x1ad
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3086 +0x4f
"""
RUST = """\
thread 'main' panicked at src/cart.rs:31:9:
index out of bounds: the len is 0 but the index is 0
stack backtrace:
   0: core::panicking::panic_fmt
             at /rustc/82e1608/library/core/src/panicking.rs:72:14
   1: <shop::cart::Cart<T> as shop::Priced>::total::{{closure}}
             at ./src/cart.rs:31:9
   2: shop::main::h0123456789abcdef
             at ./src/main.rs:5:1
"""
JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: no price
\tat shop.till.Till.lambda$ring$0(Till.java:44)
\tat app//shop.Main.main(Main.java:12)
Caused by: java.lang.NullPointerException
\tat shop.Cart$Line.<init>(Cart.java:31)
\t... 1 more
"""
SCRIPT = """\
TypeError: Cannot read properties of undefined (reading 'price')
    at Cart.total [as sum] (/srv/node_modules/shop/lib/cart.js:31:11)
    at async ring (webpack:///./src/till.ts?:44:5)
    at new Till (http://localhost:3000/src/Till.tsx:9:1)
main@file:///srv/main.mjs:5:3
    at node:internal/process/task_queues:95:5
"""
RUBY = """\
2026-01-02 03:04:05 +0000 [error]: #0 lib/shop/cart.rb:31:in `total': no price (ArgumentError)
\tfrom C:/shop/till.rb:44:in `block in Till#ring'
\tfrom main.rb:5:in `<main>'
"""
PHP = """\
PHP Fatal error:  Uncaught Shop\\NoPrice: no price in /var/www/src/Cart.php:31
#0 /var/www/src/Till.php(44): Shop\\Cart->total()
#1 {main}
  thrown in /var/www/src/Cart.php on line 31
"""
NATIVE = """\
    #0 0x512344 in char* shop::total<char, int>(char*, int) /src/shop/include/cart.h:31:12
    #1 0x4f1234 in main /src/main.cc:5:3
    #2 0x7f1234 in __libc_start_main (/lib/libc.so.6+0x2409a)
#3  0x0000555 in ring (till=0x0, n=2) at src/till.c:44
==7==    by 0x4C2B: price (price.c:7)
  * frame #4: 0x0000 shop`Cart.total(self=0x1) at Cart.swift:31:5
"""
SHARP = """\
   at Shop.Cart.Total(Line line) in C:\\shop\\Cart.cs:line 31
   at Shop.Till.<RingAsync>d__5.MoveNext() in /_/src/Till.cs:line 44
   at System.Threading.Tasks.Task.Wait()
"""
OTHERS = """\
    (shop 1.0.0) lib/shop/cart.ex:31: Shop.Cart.total/1
#0      Cart.total (package:shop/src/cart.dart:31:5)
lua: till.lua:44: in function 'ring'
"""


@pytest.mark.parametrize(
    ("trace", "frames"),
    [
        (
            GO,
            [
                ("/home/me/main.go", 12, "main"),
                ("/home/me/go/pkg/mod/example.com/shop@v1.2.0/cart/cart.go", 31, "Total"),
            ],
        ),
        (
            RUST,
            [("src/main.rs", 5, "main"), ("src/cart.rs", 31, "total"), ("src/cart.rs", 31, "")],
        ),
        (
            JAVA,
            [
                ("shop/Main.java", 12, "main"),
                ("shop/till/Till.java", 44, "ring"),
                ("shop/Cart.java", 31, "Line"),
            ],
        ),
        (
            SCRIPT,
            [
                ("///srv/main.mjs", 5, "main"),
                ("3000/src/Till.tsx", 9, "Till"),
                ("///./src/till.ts", 44, "ring"),
                ("/srv/node_modules/shop/lib/cart.js", 31, "Cart.total"),
            ],
        ),
        (
            RUBY,
            [
                ("main.rb", 5, ""),
                ("/shop/till.rb", 44, "ring"),
                ("lib/shop/cart.rb", 31, "total"),
            ],
        ),
        (
            PHP,
            [
                ("/var/www/src/Cart.php", 31, ""),
                ("/var/www/src/Till.php", 44, ""),
                ("/var/www/src/Cart.php", 31, ""),
            ],
        ),
        (
            NATIVE,
            [
                ("Cart.swift", 31, "total"),
                ("price.c", 7, "price"),
                ("src/till.c", 44, "ring"),
                ("/src/main.cc", 5, "main"),
                ("/src/shop/include/cart.h", 31, "total"),
            ],
        ),
        (SHARP, [("/_/src/Till.cs", 44, "RingAsync"), ("/shop/Cart.cs", 31, "Total")]),
        (
            OTHERS,
            [
                ("till.lua", 44, "ring"),
                ("shop/src/cart.dart", 31, "total"),
                ("lib/shop/cart.ex", 31, "total"),
            ],
        ),
    ],
    ids=["go", "rust", "java", "script", "ruby", "php", "native", "sharp", "others"],
)
def test_frames_of_each_language_are_found(trace: str, frames: list[tuple[str, int, str]]) -> None:
    assert frames_of(trace) == tuple(Frame(*frame) for frame in frames)


def test_places_that_are_no_frames_are_not_taken_for_some() -> None:
    said = (
        "See src/cart.py:12, cart.go:31 and (till.js:3). Look at README.md:5.\n"
        "src/cart.c:31:9: error: expected ';'\nat 10:30 in main.rs\n"
        "Released in 3.4:12 and at https://shop.example:443/cart\n"
    )

    assert frames_of(said) == ()


def test_of_enormous_traces_the_frames_that_failed_last_are_kept() -> None:
    trace = "\n".join(f"    at f{number} (src/a{number}.js:1:1)" for number in range(1_000))

    assert [frame.path for frame in frames_of(trace)][-1:] == ["src/a0.js"]
    assert len(frames_of(trace)) == 200
