(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @class

(function_declaration name: (simple_identifier) @name) @function
(init_declaration "init" @name) @method
(protocol_function_declaration name: (simple_identifier) @name) @method

(source_file
  (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @variable)

(import_declaration (identifier) @import)
