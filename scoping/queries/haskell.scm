(data_type name: (_) @name) @class
(newtype name: (_) @name) @class
(class name: (_) @name) @class
(type_synonym name: (_) @name) @class

(function name: (variable) @name) @function
(bind name: (variable) @name) @function

(import module: (module) @import)
