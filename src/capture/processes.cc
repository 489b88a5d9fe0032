#include "capture/processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "capture/layered_memory.h"
#include "capture/program.h"
#include "go/goroutines.h"
#include "go/identify.h"
#include "go/layout_table.h"
#include "go/mem_stats.h"
#include "os/file_mapping.h"
#include "os/maps.h"
#include "os/proc_text.h"
#include "os/process_memory.h"

namespace holdfast::capture {
namespace {

// Files by what the system knows them by.
using FileKey = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;

FileKey key_of(const os::ProcessMapping& mapping) {
  return {mapping.device_major, mapping.device_minor, mapping.inode};
}

void read_counters(const Program& program, GoProcess& process) {
  MemoryImage files;
  program.add_read_only(files);
  files.seal();
  const os::ProcessMemory memory(process.status.pid);
  const LayeredMemory both(files, memory);
  const auto layouts = go::layout_table(program.version());
  LossLedger ignored;
  const auto found = go::find_runtime(both, *layouts, program.version(), program.images(), ignored);
  const auto stats = go::read_mem_stats(*found.runtime);
  const auto heap = stats.find("HeapAlloc");
  const auto reserved = stats.find("HeapSys");
  if (!heap || !reserved) fail(ErrorCode::kNotFound, "the runtime's counters were not found");
  if (*heap > *reserved)
    fail(ErrorCode::kUnsupported,
         "the counters contradict each other ({} bytes in use of {}): the layouts of {} do not fit", *heap, *reserved,
         layouts->name());
  process.goroutines = go::count_goroutines(*found.runtime);
  process.heap_bytes = heap;
}

class Lister {
 public:
  ProcessList run() {
    for (const pid_t pid : os::list_processes()) {
      try {
        look_at(pid);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled) throw;
        // It ended meanwhile, or contradicts itself as only a process does that ends or starts at this moment.
      }
    }
    return std::move(list_);
  }

 private:
  void look_at(pid_t pid) {
    const os::ProcessStatus status = os::read_status(pid);
    if (status.kernel_thread || status.state == os::ProcessState::kZombie) return;
    std::vector<os::ProcessMapping> maps;
    try {
      maps = os::read_maps(pid);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kPermission) throw;
      list_.closed.push_back({status, error.what()});
      return;
    }
    const std::string exe = status.exe;
    for (const bool of_program : {true, false})
      for (const os::ProcessMapping& mapping : maps)
        if (mapping.is_file() && mapping.permissions.execute && (mapping.path == exe) == of_program &&
            may_be_go(status, mapping)) {
          add(status, mapping, maps);
          return;
        }
  }

  static FileBytes open(const os::ProcessStatus& status, const os::ProcessMapping& mapping) {
    auto file = mapping.path == status.exe ? os::map_file(os::open_exe(status.pid), mapping.path)
                                           : os::map_file(os::open_mapped_file(status.pid, mapping), mapping.path);
    return {file->bytes(), file};
  }

  // By the sections of its file, and that only once for each file.
  bool may_be_go(const os::ProcessStatus& status, const os::ProcessMapping& mapping) {
    if (not_go_.count(key_of(mapping)) > 0) return false;
    try {
      const FileBytes file = open(status, mapping);
      if (has_go_code(binary::ElfFile(file.bytes))) return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported)
        return false;  // gone or closed to us; the next process may do better
    }
    not_go_.insert(key_of(mapping));
    return false;
  }

  void add(const os::ProcessStatus& status, const os::ProcessMapping& image,
           const std::vector<os::ProcessMapping>& maps) {
    GoProcess process;
    process.status = status;
    process.image = image.path;
    process.container = container_name(os::try_read_text(fmt::format("/proc/{}/cgroup", status.pid)).value_or(""));
    try {
      std::vector<FilePart> parts;
      for (const os::ProcessMapping& mapping : maps)
        if (key_of(mapping) == key_of(image)) parts.push_back({mapping.range, mapping.file_offset, mapping.path});
      LossLedger ignored;
      const Program program = Program::open(
          parts, image.path, [&](const FilePart&) { return open(status, image); }, ignored);
      process.go_version = program.version().text;
      process.stripped = program.images().front().elf->is_stripped();
      read_counters(program, process);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kTargetGone) throw;
      process.trouble = error.what();
    }
    list_.go.push_back(std::move(process));
  }

  ProcessList list_;
  std::set<FileKey> not_go_;
};

bool is_container_id(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "<id>", "lxc.payload.<name>".
std::string name_in(std::string_view part) {
  constexpr std::string_view kScope = ".scope";
  constexpr std::string_view kLxc = "lxc.payload.";
  constexpr std::size_t kShort = 12;
  if (part.starts_with(kLxc)) return std::string(part.substr(kLxc.size()));
  if (part.ends_with(kScope)) part.remove_suffix(kScope.size());
  if (const auto dash = part.rfind('-'); dash != std::string_view::npos) part.remove_prefix(dash + 1);
  return is_container_id(part) ? std::string(part.substr(0, kShort)) : std::string();
}

}  // namespace

std::string container_name(std::string_view cgroups) {
  std::string name;
  while (const auto line = os::next_line(cgroups)) {
    // number:controllers:path; the innermost part of the path that names a container wins.
    const auto path_at = line->find(':', line->find(':') + 1);
    if (path_at == std::string_view::npos) continue;
    for (std::string_view path = line->substr(path_at + 1); !path.empty();) {
      const auto slash = std::min(path.find('/'), path.size());
      if (auto found = name_in(path.substr(0, slash)); !found.empty()) name = std::move(found);
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    if (!name.empty()) break;
  }
  return name;
}

ProcessList list_go_processes() {
  return Lister().run();
}

}  // namespace holdfast::capture
