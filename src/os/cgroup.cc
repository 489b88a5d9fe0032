#include "os/cgroup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "os/proc_text.h"

namespace holdfast::os {
namespace {

bool lists(std::string_view comma_separated, std::string_view word) {
  while (!comma_separated.empty()) {
    const std::size_t comma = comma_separated.find(',');
    if (comma_separated.substr(0, comma) == word) return true;
    comma_separated.remove_prefix(comma == std::string_view::npos ? comma_separated.size() : comma + 1);
  }
  return false;
}

struct Membership {
  int version = 0;
  std::string_view group;  // in the whole hierarchy as our cgroup namespace shows it
};

// Parses lines "number:controllers:path"; version 2 has number 0 and no controllers.
std::optional<Membership> find_membership(std::string_view controller, std::string_view cgroups) {
  std::optional<Membership> unified;
  while (const auto line = next_line(cgroups)) {
    const std::size_t first = line->find(':');
    const std::size_t second = line->find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line->substr(first + 1, second - first - 1);
    const std::string_view group = line->substr(second + 1);
    if (lists(controllers, controller)) return Membership{1, group};
    if (controllers.empty()) unified = Membership{2, group};
  }
  return unified;
}

// Returns the part of `group` below `root`, the part that is mounted.
std::optional<std::string> below(std::string_view group, std::string_view root) {
  if (group.starts_with("/..")) return std::nullopt;  // outside of our cgroup namespace
  if (root != "/") {
    if (!group.starts_with(root)) return std::nullopt;
    group.remove_prefix(root.size());
    if (!group.empty() && group[0] != '/') return std::nullopt;
  }
  return std::string(group == "/" ? "" : group);
}

std::uint64_t read_number(const std::string& path) {
  return leading_number<std::uint64_t>(try_read_text(path).value_or("")).value_or(0);
}

// Returns bytes; 0 = no limit. Version 2 says "max" for that, version 1 the largest page count, just under 2^63 bytes.
std::uint64_t read_limit(const std::string& path) {
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
  const std::uint64_t limit = read_number(path);
  return limit < kNoLimit ? limit : 0;
}

std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

// Returns the number in the line "name number" of memory.stat.
std::uint64_t row_of(std::string_view stat, std::string_view name) {
  while (auto line = next_line(stat))
    if (next_word(*line) == name) return leading_number<std::uint64_t>(next_word(*line)).value_or(0);
  return 0;
}

std::optional<CgroupPlace> find_cgroup_of(std::string_view controller, pid_t pid) {
  return find_cgroup(controller, try_read_text(fmt::format("/proc/{}/cgroup", pid)).value_or(""),
                     try_read_text("/proc/self/mountinfo").value_or(""));
}

}  // namespace

// Looks for a line of mountinfo: "36 35 98:0 /root /mount/point options [tags] - type source super-options" (proc(5)).
std::optional<CgroupPlace> find_cgroup(std::string_view controller, std::string_view cgroups,
                                       std::string_view mountinfo) {
  const auto member = find_membership(controller, cgroups);
  if (!member) return std::nullopt;
  while (const auto line = next_line(mountinfo)) {
    const std::size_t separator = line->find(" - ");
    if (separator == std::string_view::npos) continue;
    std::string_view head = line->substr(0, separator);
    std::string_view tail = line->substr(separator + 3);
    std::array<std::string_view, 5> fields;
    for (std::string_view& field : fields) field = next_word(head);
    const std::string_view type = next_word(tail);
    next_word(tail);
    const bool matches =
        member->version == 2 ? type == "cgroup2" : type == "cgroup" && lists(next_word(tail), controller);
    if (!matches) continue;
    if (auto group = below(member->group, unescape_octal(fields[3])))
      return CgroupPlace{member->version, unescape_octal(fields[4]), *std::move(group)};
  }
  return std::nullopt;
}

std::vector<MemoryCgroup> memory_cgroups(const CgroupPlace& place) {
  const bool unified = place.version == 2;
  std::vector<MemoryCgroup> groups;
  std::string group = place.group;
  for (;;) {
    const std::string path = place.mount + group;
    // Version 2 slows processes down from memory.high on, before it kills at memory.max.
    std::uint64_t limit = read_limit(path + (unified ? "/memory.max" : "/memory.limit_in_bytes"));
    if (unified) limit = tighter(limit, read_limit(path + "/memory.high"));
    const std::string stat = try_read_text(path + "/memory.stat").value_or("");
    groups.push_back({path, limit, read_number(path + (unified ? "/memory.current" : "/memory.usage_in_bytes")),
                      row_of(stat, unified ? "inactive_file" : "total_inactive_file")});
    if (group.empty()) return groups;
    group.erase(group.rfind('/'));
  }
}

MemoryCgroup read_memory_cgroup(const CgroupPlace& place) {
  const std::vector<MemoryCgroup> groups = memory_cgroups(place);
  const MemoryCgroup* tightest = &groups.front();
  for (const MemoryCgroup& group : groups)
    if (group.limit != 0 && (tightest->limit == 0 || group.limit < tightest->limit)) tightest = &group;
  return *tightest;
}

std::optional<CgroupPlace> find_memory_cgroup(pid_t pid) {
  return find_cgroup_of("memory", pid);
}

MemoryCgroup read_memory_cgroup(pid_t pid) {
  const auto place = find_memory_cgroup(pid);
  return place ? read_memory_cgroup(*place) : MemoryCgroup{};
}

std::optional<std::string> frozen_by_cgroup(pid_t pid) {
  const auto place = find_cgroup_of("freezer", pid);
  if (!place || place->version != 1) return std::nullopt;
  std::string path = place->mount + place->group;
  const std::string state = try_read_text(path + "/freezer.state").value_or("THAWED");
  if (state.starts_with("THAWED")) return std::nullopt;
  return path;
}

}  // namespace holdfast::os
