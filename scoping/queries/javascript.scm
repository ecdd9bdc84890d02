(class_declaration name: (_) @name) @class
(variable_declarator name: (identifier) @name value: (class)) @class

(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: (_) @name) @function

(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
(pair
  key: (property_identifier) @name
  value: [(arrow_function) (function_expression)]) @function
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function) (function_expression)]) @function

(program (lexical_declaration (variable_declarator name: (identifier) @name) @variable))
(program
  (export_statement
    (lexical_declaration (variable_declarator name: (identifier) @name) @variable)))

(import_statement source: (string (string_fragment) @import))
(export_statement source: (string (string_fragment) @import))
(call_expression
  function: (import)
  arguments: (arguments . (string (string_fragment) @import)))
((call_expression
  function: (identifier) @callee
  arguments: (arguments . (string (string_fragment) @import)))
  (#eq? @callee "require"))
