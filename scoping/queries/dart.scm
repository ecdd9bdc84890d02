(class_definition name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(mixin_declaration (identifier) @name) @class
(extension_declaration name: (identifier) @name) @class

(function_signature name: (identifier) @name) @function
(getter_signature name: (identifier) @name) @function
(setter_signature name: (identifier) @name) @function
(constructor_signature name: (identifier) @name .) @method
(constructor_signature (identifier) @name . parameters: (_)) @method
(factory_constructor_signature (identifier) @name . (formal_parameter_list)) @method

(configurable_uri (uri (string_literal) @import))
