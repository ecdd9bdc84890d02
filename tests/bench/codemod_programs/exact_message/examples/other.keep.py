with self.assertRaises(ValueError):
    assertRaisesMessages(1)
