#include "go/runtime.h"

#include <algorithm>

namespace holdfast::go {

const Module* Runtime::module_of_pc(Address pc) const {
  for (const Module& module : modules)
    if (pc >= module.min_pc && pc < module.max_pc) return &module;
  return nullptr;
}

const Module* Runtime::module_of_type(Address type) const {
  for (const Module& module : modules)
    if (type >= module.types && type < module.etypes) return &module;
  return nullptr;
}

bool Runtime::is_variable(Address at) const {
  return std::ranges::any_of(modules, [&](const Module& module) {
    return std::ranges::any_of(module.variables(), [&](const AddressRange& range) { return range.contains(at); });
  });
}

}  // namespace holdfast::go
