((call target: (identifier) @word (arguments . (alias) @name) (do_block)) @class
  (#any-of? @word "defmodule" "defprotocol" "defimpl"))

((call target: (identifier) @word (arguments . (call target: (identifier) @name))) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate"))
((call target: (identifier) @word (arguments . (identifier) @name)) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop" "defdelegate"))
; With a guard: `def total(items) when is_list(items) do`.
((call target: (identifier) @word
  (arguments . (binary_operator left: (call target: (identifier) @name) operator: "when"))) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp"))
((call target: (identifier) @word
  (arguments . (binary_operator left: (identifier) @name operator: "when"))) @function
  (#any-of? @word "def" "defp" "defmacro" "defmacrop"))

((call target: (identifier) @word (arguments . (alias) @import))
  (#any-of? @word "alias" "import" "require" "use"))
