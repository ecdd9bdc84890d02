"""The local review page: what `changewright serve` shows in a browser.

`app` gathers the pages, `guard` lets nobody else in, `running` is the server itself.
"""
