"""Servers of tools by the Model Context Protocol, each in a sandboxed process of its own."""
