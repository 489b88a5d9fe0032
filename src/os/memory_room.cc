#include "os/memory_room.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "os/file_descriptor.h"
#include "os/proc_text.h"

namespace holdfast::os {
namespace {

void narrow(std::optional<MemoryRoom>& room, std::uint64_t bytes, const std::string& group) {
  if (!room || bytes < room->bytes) room = MemoryRoom{bytes, group};
}

std::optional<std::uint64_t> available(std::string_view meminfo) {
  const auto kib = leading_number<std::uint64_t>(labelled(meminfo, "MemAvailable").value_or(""));
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

}  // namespace

std::optional<MemoryRoom> memory_room(std::string_view meminfo, const std::optional<CgroupPlace>& place) {
  std::optional<MemoryRoom> room;
  if (const auto bytes = available(meminfo)) narrow(room, *bytes, "");
  if (!place) return room;
  for (const MemoryCgroup& group : memory_cgroups(*place)) {
    if (group.limit == 0) continue;
    // The system drops pages of files that were not used lately before it kills anybody.
    const std::uint64_t taken = group.usage - std::min(group.usage, group.reclaimable);
    narrow(room, group.limit - std::min(group.limit, taken), group.path);
  }
  return room;
}

std::optional<MemoryRoom> memory_room() {
  return memory_room(try_read_text("/proc/meminfo").value_or(""), find_memory_cgroup(getpid()));
}

void offer_to_be_killed_first() {
  const FileDescriptor file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  constexpr std::string_view kMost = "1000";
  if (file && write(file.get(), kMost.data(), kMost.size()) < 0) return;  // refused
}

}  // namespace holdfast::os
