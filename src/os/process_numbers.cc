#include "os/process_numbers.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "os/proc_text.h"

namespace holdfast::os {
namespace {

// A row "name:   123 kB".
std::optional<std::uint64_t> kilobytes(std::string_view text, std::string_view name) {
  const auto value = labelled(text, name);
  const auto number = value ? leading_number<std::uint64_t>(*value) : std::nullopt;
  if (!number) return std::nullopt;
  return *number * 1024;
}

std::optional<std::uint64_t> count_entries(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open_directory(opendir(directory.c_str()), closedir);
  if (!open_directory) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = readdir(open_directory.get())) count += entry->d_name[0] != '.';
  return count;
}

}  // namespace

void add_status(std::string_view status, ProcessNumbers& to) {
  to.rss = kilobytes(status, "VmRSS");
  to.rss_anonymous = kilobytes(status, "RssAnon");
  to.rss_files = kilobytes(status, "RssFile");
  to.rss_shared = kilobytes(status, "RssShmem");
  to.peak_rss = kilobytes(status, "VmHWM");
  to.address_space = kilobytes(status, "VmSize");
  to.swap = kilobytes(status, "VmSwap");
  to.threads = leading_number<std::uint64_t>(labelled(status, "Threads").value_or(""));
}

// Fields are counted from 1, the name in parentheses is the second (proc(5)).
void add_stat(std::string_view stat, std::uint64_t ticks_per_second, ProcessNumbers& to) {
  constexpr std::size_t kMinorFaults = 10, kMajorFaults = 12, kUserTime = 14, kSystemTime = 15;
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || ticks_per_second == 0) return;
  std::string_view rest = stat.substr(name_end + 1);
  std::array<std::optional<std::uint64_t>, kSystemTime + 1> fields;
  for (std::size_t field = 3; field < fields.size(); ++field)
    fields[field] = leading_number<std::uint64_t>(next_word(rest));
  to.minor_faults = fields[kMinorFaults];
  to.major_faults = fields[kMajorFaults];
  if (fields[kUserTime] && fields[kSystemTime])
    to.processor_ns = (*fields[kUserTime] + *fields[kSystemTime]) * (1'000'000'000 / ticks_per_second);
}

void add_limits(std::string_view limits, ProcessNumbers& to) {
  constexpr std::string_view kName = "Max open files";
  while (auto line = next_line(limits)) {
    if (!line->starts_with(kName)) continue;
    line->remove_prefix(kName.size());
    to.most_open_files = leading_number<std::uint64_t>(next_word(*line));  // none: "unlimited"
  }
}

ProcessNumbers read_process_numbers(pid_t pid) {
  ProcessNumbers numbers;
  const std::string folder = fmt::format("/proc/{}/", pid);
  if (const auto status = try_read_text(folder + "status")) add_status(*status, numbers);
  if (const auto stat = try_read_text(folder + "stat"))
    add_stat(*stat, static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_CLK_TCK))), numbers);
  if (const auto limits = try_read_text(folder + "limits")) add_limits(*limits, numbers);
  numbers.open_files = count_entries(folder + "fd");
  return numbers;
}

std::optional<MappedSums> parse_mapped_sums(std::string_view rollup) {
  const auto rss = kilobytes(rollup, "Rss");
  if (!rss) return std::nullopt;
  return MappedSums{*rss, kilobytes(rollup, "Pss").value_or(0), kilobytes(rollup, "Private_Dirty").value_or(0),
                    kilobytes(rollup, "LazyFree").value_or(0), kilobytes(rollup, "AnonHugePages").value_or(0)};
}

std::optional<MappedSums> read_mapped_sums(pid_t pid) {
  const auto text = try_read_text(fmt::format("/proc/{}/smaps_rollup", pid));
  return text ? parse_mapped_sums(*text) : std::nullopt;
}

}  // namespace holdfast::os
