(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @class

(function_declaration name: (identifier) @name) @function

(source_file (property_declaration (variable_declaration (identifier) @name)) @variable)

(import (qualified_identifier) @import)
