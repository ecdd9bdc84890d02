self.assertEqual(1, 1)
