with self.assertRaisesMessage(ValueError, "no (not that)"):  # why
    pass
self.assertRaisesMessage(
    ValueError,
    "no",
    call,
)
