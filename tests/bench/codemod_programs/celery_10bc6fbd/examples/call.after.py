self.assertEqual(1, 2)
