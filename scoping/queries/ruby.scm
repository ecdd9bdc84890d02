(class name: (_) @name) @class
(module name: (_) @name) @class

(method name: (_) @name) @function
(singleton_method name: (_) @name) @function

(assignment left: (constant) @name) @variable

((call
  method: (identifier) @callee
  arguments: (argument_list . (string (string_content) @import)))
  (#any-of? @callee "require" "require_relative"))
