#include "os/maps.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "os/proc_text.h"
#include "os/process.h"
#include "os/refusal.h"

namespace holdfast::os {
namespace {

// Parses "begin-end rwxp offset major:minor inode   path"; everything but the inode is in hex.
ProcessMapping parse_mapping(std::string_view line) {
  std::string_view rest = line;
  const std::string_view range = next_word(rest);
  const std::string_view permissions = next_word(rest);
  const auto offset = whole_number<std::uint64_t>(next_word(rest), 16);
  const std::string_view device = next_word(rest);
  const auto inode = whole_number<std::uint64_t>(next_word(rest));
  const std::size_t dash = range.find('-');
  const auto begin = whole_number<std::uint64_t>(range.substr(0, dash), 16);
  const auto end = leading_number<std::uint64_t>(range.substr(std::min(dash, range.size() - 1) + 1), 16);
  const auto major = leading_number<std::uint32_t>(device, 16);
  const auto minor = leading_number<std::uint32_t>(device.substr(std::min(device.find(':') + 1, device.size())), 16);
  if (!begin || !end || !offset || !inode || !major || !minor || permissions.size() != 4)
    fail(ErrorCode::kDamaged, "cannot understand this line of /proc/PID/maps: {}", line);
  ProcessMapping mapping;
  mapping.range = {Address(*begin), Address(*end)};
  mapping.permissions = {permissions[0] == 'r', permissions[1] == 'w', permissions[2] == 'x', permissions[3] == 's'};
  mapping.file_offset = *offset;
  mapping.device_major = *major;
  mapping.device_minor = *minor;
  mapping.inode = *inode;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view path = mapping.is_file() ? without_deleted_mark(rest) : rest;
  mapping.deleted = path.size() < rest.size();
  mapping.path = unescape_octal(path);
  return mapping;
}

// "Rss:   64 kB" and similar lines belong to the mapping above them.
void add_usage(std::string_view line, MappingUsage& usage) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  if (name == "VmFlags") {
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    usage.vm_flags = value.substr(0, value.find_last_not_of(' ') + 1);
    return;
  }
  const std::uint64_t bytes = leading_number<std::uint64_t>(next_word(value)).value_or(0) * 1024;
  if (name == "Rss") usage.rss = bytes;
  if (name == "Swap") usage.swap = bytes;
  if (name == "AnonHugePages") usage.huge = bytes;
  if (name == "LazyFree") usage.lazy_free = bytes;
}

const AddressRange& range_of(const ProcessMapping& mapping) {
  return mapping.range;
}
const AddressRange& range_of(const MappingUsage& usage) {
  return usage.mapping.range;
}

// The system writes these files a page at a time, and goes on behind the last address that it wrote: a mapping that has
// grown meanwhile comes again, from its beginning, whatever its documentation says (proc.rst has them never overlap).
template <typename Row>
void drop_what_comes_again(std::vector<Row>& rows) {
  std::vector<Row> out;
  for (Row& row : rows) {
    while (!out.empty() && range_of(out.back()).end > range_of(row).begin) out.pop_back();
    out.push_back(std::move(row));
  }
  rows = std::move(out);
}

std::string read_memory_text(pid_t pid, std::string_view file) {
  const auto what = [&] { return fmt::format("reading {} of process {}", file, pid); };
  const pid_t tid = living_thread(pid);
  if (tid == 0) fail_proc(ESRCH, pid, what());
  auto text = try_read_text(thread_file(pid, tid, file));
  if (!text) fail_proc(errno, pid, what());
  return *std::move(text);
}

}  // namespace

std::vector<ProcessMapping> parse_maps(std::string_view text) {
  std::vector<ProcessMapping> mappings;
  while (const auto line = next_line(text)) mappings.push_back(parse_mapping(*line));
  drop_what_comes_again(mappings);
  return mappings;
}

std::vector<MappingUsage> parse_smaps(std::string_view text) {
  std::vector<MappingUsage> usages;
  while (const auto line = next_line(text)) {
    // The first word of a line of values ends in a colon; that of a mapping is a range.
    const bool has_label = line->substr(0, line->find(' ')).ends_with(':');
    if (has_label && !usages.empty())
      add_usage(*line, usages.back());
    else
      usages.push_back({.mapping = parse_mapping(*line), .vm_flags = {}});
  }
  drop_what_comes_again(usages);
  return usages;
}

std::vector<ProcessMapping> read_maps(pid_t pid) {
  return in_context([&] { return parse_maps(read_memory_text(pid, "maps")); }, "mappings of process {}", pid);
}

std::vector<MappingUsage> read_smaps(pid_t pid) {
  return in_context([&] { return parse_smaps(read_memory_text(pid, "smaps")); }, "mappings of process {}", pid);
}

FileDescriptor open_exe(pid_t pid) {
  const auto what = [&] { return fmt::format("opening the program of process {}", pid); };
  const pid_t tid = living_thread(pid);
  if (tid == 0) fail_proc(ESRCH, pid, what());
  FileDescriptor file(open(thread_file(pid, tid, "exe").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail_proc(errno, pid, what());
  return file;
}

FileDescriptor open_in_root(pid_t pid, const std::string& path) {
  const FileDescriptor root(
      open(thread_file(pid, living_thread(pid), "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) fail_proc(errno, pid, fmt::format("opening the root directory of process {}", pid));
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_IN_ROOT;
  int fd = static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how));
  // Linux before 5.6 and old container filters lack the call. Then absolute links lead to our own root.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    fd = openat(root.get(), path.c_str() + std::min(path.find_first_not_of('/'), path.size()),
                O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail_with_errno(errno, fmt::format("opening {} as process {} sees it", path, pid));
  return FileDescriptor(fd);
}

FileDescriptor open_mapped_file(pid_t pid, const ProcessMapping& mapping) {
  FileDescriptor direct(
      open(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.range.begin.value, mapping.range.end.value).c_str(),
           O_RDONLY | O_CLOEXEC));
  if (direct) return direct;
  if (mapping.deleted)
    fail(ErrorCode::kNotFound, "{}, mapped by process {} at {:#x}, was deleted; root could still read it", mapping.path,
         pid, mapping.range.begin.value);
  FileDescriptor file = open_in_root(pid, mapping.path);
  struct stat facts {};
  // Only the inode is compared: overlay file systems show one device in maps and another one here.
  if (fstat(file.get(), &facts) != 0 || facts.st_ino != mapping.inode)
    fail(ErrorCode::kNotFound, "{} is another file now (inode {}) than process {} has mapped at {:#x} (inode {})",
         mapping.path, facts.st_ino, pid, mapping.range.begin.value, mapping.inode);
  return file;
}

}  // namespace holdfast::os
