def test(self):
    self.assertEqual(a, b == c)
    self.assertTrue(x)
    self.assertRaises(E, f, 1)
