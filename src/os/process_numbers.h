// What the system counts of a process: memory by kind, faults, threads, files, processor time. Sizes are in bytes,
// times in nanoseconds. What the system does not say, or not to us, is none. Nothing is stopped; the numbers of one
// answer are of about one moment. Any thread may call. Source: proc(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::os {

struct ProcessNumbers {
  // The kernel keeps these per thread and adds them up now and then, so each may be off by some pages for each thread.
  std::optional<std::uint64_t> rss, rss_anonymous, rss_files, rss_shared;
  std::optional<std::uint64_t> peak_rss, address_space, swap;
  std::optional<std::uint64_t> threads, open_files, most_open_files;
  std::optional<std::uint64_t> minor_faults, major_faults, processor_ns;
};

// Costs some tenths of a millisecond, whatever the size of the process. All is none if it is gone.
ProcessNumbers read_process_numbers(pid_t pid);

// The parts of it, from the texts of /proc/PID/status, stat and limits.
void add_status(std::string_view status, ProcessNumbers& to);
void add_stat(std::string_view stat, std::uint64_t ticks_per_second, ProcessNumbers& to);
void add_limits(std::string_view limits, ProcessNumbers& to);

// Exact sums over all mappings, from /proc/PID/smaps_rollup. The system walks the page tables for them: about 10 ms per
// resident GB, in which it holds the lock of the process's mappings for reading and lets go when somebody wants it.
struct MappedSums {
  std::uint64_t rss = 0;
  std::uint64_t proportional = 0;   // each page divided by how many processes have it
  std::uint64_t private_dirty = 0;  // what would be free if the process ended, without what is swapped out
  std::uint64_t lazy_free = 0;      // part of rss that the system may take when it needs some (MADV_FREE)
  std::uint64_t huge = 0;           // anonymous memory in huge pages
};
std::optional<MappedSums> read_mapped_sums(pid_t pid);
std::optional<MappedSums> parse_mapped_sums(std::string_view rollup);

}  // namespace holdfast::os
