import unittest

import pytest


class T(unittest.TestCase):
    def test(self):
        with pytest.raises(ValueError) as cm:
            f()
        print(cm.value)
        with pytest.raises(KeyError):
            g(1, b=2)
