import unittest


class T(unittest.TestCase):
    def test(self):
        with self.assertRaises(ValueError) as cm:
            f()
        print(cm.exception)
        self.assertRaises(KeyError, g, 1, b=2)
