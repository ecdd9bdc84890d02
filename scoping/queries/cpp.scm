(class_specifier name: (type_identifier) @name body: (_)) @class
