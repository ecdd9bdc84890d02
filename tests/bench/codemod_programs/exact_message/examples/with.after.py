with self.assertRaisesMessage(ValueError, "no (not that)", exact=False):  # why
    pass
self.assertRaisesMessage(
    ValueError,
    "no",
    call,
    exact=False,
)
