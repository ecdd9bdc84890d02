((call target: (identifier) @word (arguments . (alias) @name) (do_block)) @class
  (#any-of? @word "defmodule" "defprotocol" "defimpl"))

((call target: (identifier) @word (arguments . (call target: (identifier) @name))) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop" "defguard" "defdelegate"))
((call target: (identifier) @word (arguments . (identifier) @name)) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop" "defdelegate"))

((call target: (identifier) @word (arguments . (alias) @import))
  (#any-of? @word "alias" "import" "require" "use"))
