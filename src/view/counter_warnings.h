// The usual misreadings of a process's counters, told where the figures of a look invite them. Each warning has its
// figures in the sentence. Any thread may call; nothing throws.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "heap/counter_look.h"

namespace holdfast::view {

struct CounterWarning {
  std::string_view id;  // "sys_is_address_space"
  std::string sentence;
};

// In the order in which they are worth reading. What is a small part of the whole is not warned about.
std::vector<CounterWarning> counter_warnings(const heap::CounterLook& look);

}  // namespace holdfast::view
