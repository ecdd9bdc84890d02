(type_spec name: (_) @name) @class
(type_alias name: (_) @name) @class

(function_declaration name: (_) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (type_identifier) @owner))
  name: (_) @name) @method
(method_declaration
  receiver: (parameter_list
    (parameter_declaration type: (pointer_type (type_identifier) @owner)))
  name: (_) @name) @method
(method_declaration
  receiver: (parameter_list
    (parameter_declaration type: (pointer_type (generic_type type: (type_identifier) @owner))))
  name: (_) @name) @method
(method_declaration
  receiver: (parameter_list
    (parameter_declaration type: (generic_type type: (type_identifier) @owner)))
  name: (_) @name) @method

(source_file (const_declaration (const_spec name: (_) @name) @variable))
(source_file (var_declaration (var_spec name: (_) @name) @variable))

(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @import))
