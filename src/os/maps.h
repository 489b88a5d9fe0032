// What a process has mapped, and the files behind it. The process is not stopped, so it may map and unmap meanwhile;
// each answer is about one moment, though. All functions can be called by several threads at once. Sources: proc(5),
// Documentation/filesystems/proc.rst of the kernel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "os/file_descriptor.h"

namespace holdfast::os {

struct Permissions {
  bool read = false;
  bool write = false;
  bool execute = false;
  bool shared = false;
  bool operator==(const Permissions&) const = default;
};

// A line of /proc/PID/maps.
struct ProcessMapping {
  AddressRange range;
  Permissions permissions;
  std::uint64_t file_offset = 0;  // bytes
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
  std::string path;  // of the file, or "[heap]", "[stack]", "[vdso]", "[anon:name]"; empty for plain memory
  bool deleted = false;

  bool is_file() const { return inode != 0; }
  // Whether another process may read it. Not so the pages of the clock, [vvar] and [vvar_vclock], which the kernel
  // keeps for the process's own eyes whatever their permissions say.
  bool is_readable() const { return permissions.read && !path.starts_with("[vvar") && path != "[vsyscall]"; }
};

// A mapping as /proc/PID/smaps has it. Sizes are in bytes.
struct MappingUsage {
  ProcessMapping mapping;
  std::uint64_t rss = 0;
  std::uint64_t swap = 0;
  std::uint64_t huge = 0;       // anonymous memory in huge pages
  std::uint64_t lazy_free = 0;  // anonymous memory that the system may take when it needs some (MADV_FREE); part of rss
  std::string vm_flags;         // two-letter flags of proc(5), separated by spaces
};

// Both return mappings in address order, and fail with kTargetGone if the process is gone and with kPermission if we
// may not look.
std::vector<ProcessMapping> read_maps(pid_t pid);
// This one walks the page tables under the target's mmap lock, about 10 ms per GB: once per run, never in a loop.
std::vector<MappingUsage> read_smaps(pid_t pid);

// Both parse the text of such a file, and never return two that overlap: of a mapping that came again, since it grew
// while the system wrote the file, the last stays. They fail with kDamaged on a line that they do not understand.
std::vector<ProcessMapping> parse_maps(std::string_view text);
std::vector<MappingUsage> parse_smaps(std::string_view text);

// The next three fail with kNotFound, kPermission or kTargetGone.
// Opens the running program itself, even if its file was deleted or lies in another mount namespace.
FileDescriptor open_exe(pid_t pid);
// Opens `path` as the target sees it; links are followed within its root.
FileDescriptor open_in_root(pid_t pid, const std::string& path);
// Opens the file behind a mapping: even a deleted one where the system allows that (CAP_CHECKPOINT_RESTORE), otherwise
// the one at its path. Fails with kNotFound if another file lies there by now.
FileDescriptor open_mapped_file(pid_t pid, const ProcessMapping& mapping);

}  // namespace holdfast::os
