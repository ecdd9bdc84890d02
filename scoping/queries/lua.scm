(function_declaration name: (identifier) @name) @function
(function_declaration name: (dot_index_expression table: (_) @owner field: (_) @name)) @function
(function_declaration name: (method_index_expression table: (_) @owner method: (_) @name)) @method
(assignment_statement
  (variable_list name: (dot_index_expression table: (_) @owner field: (_) @name))
  (expression_list value: (function_definition))) @function
(assignment_statement
  (variable_list name: (identifier) @name)
  (expression_list value: (function_definition))) @function

((function_call
  name: (identifier) @callee
  arguments: (arguments (string (string_content) @import)))
  (#eq? @callee "require"))
