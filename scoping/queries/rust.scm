(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name) @class
(type_item name: (_) @name) @class
(impl_item type: (type_identifier) @name) @class
(impl_item type: (generic_type type: (type_identifier) @name)) @class

(function_item name: (_) @name) @function
(function_signature_item name: (_) @name) @function
(macro_definition name: (_) @name) @function

(source_file (const_item name: (_) @name) @variable)
(source_file (static_item name: (_) @name) @variable)

(use_declaration argument: (_) @import)
(mod_item name: (_) @import !body)
