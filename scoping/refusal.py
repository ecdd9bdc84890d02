"""The one kind of exception that is not a bug: a refusal, with words fit for a person.

Each noun and port defines its own refusal beside itself; they share this base so that one place,
the command line, can turn any of them into a message and an exit code. It stands in the lowest
package because every package refuses something.
"""


class Refusal(Exception):
    """Something asked for will not be done: what, why, and what to do next."""
