"""An import that spells a path is resolved to the file that it likely means."""

import pytest

from scoping.import_paths import by_stem, path_meant

PATHS = (
    "src/main/java/org/shop/Cart.java",
    "src/test/java/org/other/Cart.java",
    "app/Models/Cart.php",
    "lib/shop/cart.rb",
    "src/shop/mod.rs",
    "src/shop/money.rs",
    "include/shop/cart.h",
    "render/json.go",
    "tests/math.c",
    "src/shop/Till.kt",
)


@pytest.mark.parametrize(
    ("path", "module", "meant"),
    [
        ("src/main/java/org/App.java", "org.shop.Cart", "src/main/java/org/shop/Cart.java"),
        ("src/main/java/org/App.java", "org.other.Cart.total", "src/test/java/org/other/Cart.java"),
        ("app/Http/Shop.php", "App\\Models\\Cart", "app/Models/Cart.php"),
        ("lib/shop.rb", "shop/cart", "lib/shop/cart.rb"),
        ("src/main.rs", "crate::shop::money::{rounded, spelled}", "src/shop/money.rs"),
        ("src/main.rs", "shop", "src/shop/mod.rs"),
        ("src/shop.c", "shop/cart.h", "include/shop/cart.h"),
        ("src/shop.c", "<stdio.h>", None),
        ("src/shop.c", "<math.h>", None),
        ("src/shop.c", "../tests/math.c", "tests/math.c"),
        ("src/Main.kt", "org.shop.Till.Companion.open", "src/shop/Till.kt"),
        ("src/Main.kt", "kotlin.shop.Till", None),
        ("src/main.rs", "", None),
        ("src/main.rs", "std::shop", None),
        ("render/html.go", "encoding/json", None),
        ("gin.go", "example.org/gin/render/json", "render/json.go"),
    ],
)
def test_an_import_means_the_file_that_shares_most_of_its_path(
    path: str, module: str, meant: str | None
) -> None:
    assert path_meant(path, module, by_stem(PATHS)) == meant
