#include "go/runtime.h"

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

}  // namespace holdfast::go
