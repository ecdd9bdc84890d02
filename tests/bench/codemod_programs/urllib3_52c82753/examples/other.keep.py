self.assertLogs(a)
