self.assertEquals(1, 2)
