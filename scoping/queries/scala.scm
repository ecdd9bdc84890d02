(class_definition name: (_) @name) @class
(object_definition name: (_) @name) @class
(trait_definition name: (_) @name) @class
(enum_definition name: (_) @name) @class

(function_definition name: (_) @name) @function
(function_declaration name: (_) @name) @function

(compilation_unit (val_definition pattern: (identifier) @name) @variable)

(import_declaration) @import
