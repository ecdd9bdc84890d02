(create_table (object_reference name: (identifier) @name)) @class
(create_view (object_reference name: (identifier) @name)) @class
(create_materialized_view (object_reference name: (identifier) @name)) @class
(create_type (object_reference name: (identifier) @name)) @class

(create_function (object_reference name: (identifier) @name)) @function

(create_index column: (identifier) @name) @variable
