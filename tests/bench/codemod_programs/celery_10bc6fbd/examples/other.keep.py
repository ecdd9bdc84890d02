self.assertNotEquals(1, 2)
