(class_definition name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(mixin_declaration (identifier) @name) @class
(extension_declaration name: (identifier) @name) @class

(function_signature name: (identifier) @name) @function
(constructor_signature name: (identifier) @name) @method

(configurable_uri (uri (string_literal) @import))
