import pytest

def test(self):
    assert a == (b == c)
    assert x
    with pytest.raises(E):
        f(1)
