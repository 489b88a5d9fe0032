// How many threads of the machine want to run, and on how many processors. Whoever stops a process has to wait until
// its threads get their turn.
#pragma once

#include <optional>
#include <string_view>

namespace holdfast::os {

struct ProcessorLoad {
  unsigned wanting = 0;     // threads that run or could, ours included; 0 = not known
  unsigned processors = 1;  // of the machine

  // Those that have to wait, per processor.
  double waiting_per_processor() const {
    return wanting > processors ? static_cast<double>(wanting - processors) / processors : 0;
  }
  bool operator==(const ProcessorLoad&) const = default;
};

// Reads /proc/loadavg (proc(5): the numerator of the fourth field), which is about the whole machine, also in a
// container. It is of this moment: the next one can be other.
ProcessorLoad processor_load();
// The part of it that needs no machine; none if the text is not of this form.
std::optional<unsigned> threads_wanting(std::string_view loadavg);

}  // namespace holdfast::os
