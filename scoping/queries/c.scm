(struct_specifier name: (type_identifier) @name body: (_)) @class
(union_specifier name: (type_identifier) @name body: (_)) @class
(enum_specifier name: (type_identifier) @name body: (_)) @class
(type_definition declarator: (type_identifier) @name) @class

; What it is called stands below its declarators: to follow them here would take ten times as long
; to prepare, in C++ alone a tenth of a second.
(function_definition declarator: (_) @declarator) @function
(preproc_function_def name: (_) @name) @function
(preproc_def name: (_) @name) @variable

(preproc_include path: (string_literal (string_content) @import))
(preproc_include path: (system_lib_string) @import)
