(block (identifier) . (string_lit (template_literal) @name) . (block_start)) @variable
(block (identifier) . (string_lit (template_literal) @owner)
  . (string_lit (template_literal) @name)) @class
