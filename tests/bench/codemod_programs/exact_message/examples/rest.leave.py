def check(self, *args):
    self.assertRaisesMessage(*args)
