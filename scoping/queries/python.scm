; Classes and functions need no query: see ``declared`` in scoping/languages.py.

(module
  (expression_statement
    (assignment left: (identifier) @name)) @variable)

(import_statement name: (dotted_name) @import)
(import_statement name: (aliased_import name: (dotted_name) @import))

(import_from_statement module_name: (_) @module name: (dotted_name) @member)
(import_from_statement
  module_name: (_) @module
  name: (aliased_import name: (dotted_name) @member))
(import_from_statement module_name: (_) @import (wildcard_import))
