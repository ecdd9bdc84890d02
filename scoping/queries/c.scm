(struct_specifier name: (type_identifier) @name body: (_)) @class
(union_specifier name: (type_identifier) @name body: (_)) @class
(enum_specifier name: (type_identifier) @name body: (_)) @class
(type_definition declarator: (type_identifier) @name) @class

(function_definition
  declarator: (function_declarator declarator: (identifier) @name)) @function
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (identifier) @name))) @function
(preproc_function_def name: (_) @name) @function
(preproc_def name: (_) @name) @variable

(preproc_include path: (string_literal (string_content) @import))
(preproc_include path: (system_lib_string) @import)
