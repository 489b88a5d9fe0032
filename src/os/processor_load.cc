#include "os/processor_load.h"

#include <unistd.h>

#include "os/proc_text.h"

namespace holdfast::os {

std::optional<unsigned> threads_wanting(std::string_view loadavg) {
  for (int averages = 0; averages < 3; ++averages)
    if (next_word(loadavg).empty()) return std::nullopt;
  const std::string_view threads = next_word(loadavg);
  const auto slash = threads.find('/');
  return slash == std::string_view::npos ? std::nullopt : whole_number<unsigned>(threads.substr(0, slash));
}

ProcessorLoad processor_load() {
  ProcessorLoad load;
  if (const long processors = sysconf(_SC_NPROCESSORS_ONLN); processors > 0)
    load.processors = static_cast<unsigned>(processors);
  if (const auto text = try_read_text("/proc/loadavg")) load.wanting = threads_wanting(*text).value_or(0);
  return load;
}

}  // namespace holdfast::os
