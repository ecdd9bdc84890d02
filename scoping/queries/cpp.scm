(class_specifier name: (type_identifier) @name body: (_)) @class

(function_definition
  declarator: (function_declarator declarator: (field_identifier) @name)) @function
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (field_identifier) @name))) @function
(function_definition
  declarator: (reference_declarator
    (function_declarator declarator: (_) @name))) @function
(function_definition
  declarator: (function_declarator
    declarator: (qualified_identifier
      scope: (_) @owner
      name: [(identifier) (destructor_name) (operator_name)] @name))) @method
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator
      declarator: (qualified_identifier scope: (_) @owner name: (identifier) @name)))) @method
(function_definition
  declarator: (reference_declarator
    (function_declarator
      declarator: (qualified_identifier scope: (_) @owner name: (identifier) @name)))) @method
(function_definition
  declarator: (function_declarator
    declarator: (qualified_identifier
      name: (qualified_identifier
        scope: (_) @owner
        name: [(identifier) (destructor_name) (operator_name)] @name)))) @method
