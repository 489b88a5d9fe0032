// Names of the Go runtime's types, fields and constants across releases. Callers ask with the name of any release and
// get the place that it has in the target's release: what was renamed is data (data/layouts/aliases.json), not code.
// Nested fields and array elements are resolved here, once for both sources: the target's DWARF and the table. Several
// threads may ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "go/layout.h"

namespace holdfast::go {

// Returns the text of data/layouts/<name>.json, which the program carries; empty if there is none.
std::string_view embedded_layout(std::string_view name);

// Return all names of one thing: the asked one first, then the others of its alias group, newest release first.
std::vector<std::string> type_names(std::string_view type);
std::vector<std::string> field_names(std::string_view type, std::string_view field);
std::vector<std::string> constant_names(std::string_view constant);

// Resolves a path over what a source knows under exact names. A path is fields joined with dots; "[]" after a field
// means the first element of that array, so that get(type, "f[]").size is the distance of two elements: "sched.sp",
// "central[].mcentral.partial". A type name is that of a Go type, or "var:runtime.semtable" for the (perhaps unnamed)
// type of a variable; each can have "[]" for the element type.
class NamedLayouts : public LayoutSource {
 public:
  std::optional<FieldLayout> find(std::string_view type, std::string_view field) const final;
  std::optional<std::uint64_t> size_of(std::string_view type) const final;
  std::optional<std::int64_t> constant(std::string_view name) const final;

 protected:
  struct Member {
    FieldLayout place;
    std::string type;  // empty if it is neither a structure nor an array
  };
  virtual std::optional<Member> exact_member(const std::string& type, const std::string& field) const = 0;
  virtual std::optional<std::uint64_t> exact_size(const std::string& type) const = 0;
  virtual std::optional<std::int64_t> exact_constant(const std::string& name) const = 0;
  virtual std::optional<std::string> variable_type(const std::string& name) const = 0;

 private:
  std::optional<Member> resolve(const std::string& type, std::string_view path, int depth) const;
  std::optional<Member> step(const std::string& type, std::string_view component) const;
  std::optional<std::string> real_type(std::string_view type) const;
};

}  // namespace holdfast::go
