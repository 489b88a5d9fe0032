#include "capture/processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/cancel.h"
#include "capture/layered_memory.h"
#include "capture/program.h"
#include "capture/runtimes.h"
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

FileBytes open(const os::ProcessStatus& status, const os::ProcessMapping& mapping) {
  auto file = mapping.path == status.exe ? os::map_file(os::open_exe(status.pid), mapping.path)
                                         : os::map_file(os::open_mapped_file(status.pid, mapping), mapping.path);
  return {file->bytes(), file};
}

// Tells mapped files with Go code by their sections, and looks at each file only once.
class GoFiles {
 public:
  bool may_be_go(const os::ProcessStatus& status, const os::ProcessMapping& mapping) {
    if (!mapping.is_file() || !mapping.permissions.execute || not_go_.count(key_of(mapping)) > 0) return false;
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

 private:
  std::set<FileKey> not_go_;
};

class Lister {
 public:
  ProcessList run() {
    for (const pid_t pid : os::list_processes()) {
      throw_if_cancelled();
      try {
        look_at(pid);
      } catch (const Error&) {
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
    std::vector<os::ProcessMapping> images;
    for (const os::ProcessMapping& mapping : maps)
      if (files_.may_be_go(status, mapping)) images.push_back(mapping);
    if (!images.empty()) add(status, images, maps);
  }

  void add(const os::ProcessStatus& status, const std::vector<os::ProcessMapping>& images,
           const std::vector<os::ProcessMapping>& maps) {
    GoProcess process;
    process.status = status;
    process.image = images.front().path;
    process.container = container_name(os::try_read_text(fmt::format("/proc/{}/cgroup", status.pid)).value_or(""));
    try {
      add_runtimes(process, images, maps);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kTargetGone) throw;
      process.trouble = error.what();
      list_.go.push_back(std::move(process));
    }
  }

  void add_runtimes(const GoProcess& process, const std::vector<os::ProcessMapping>& images,
                    const std::vector<os::ProcessMapping>& maps) {
    const auto image_of = [&](const FileKey& key) {
      return std::find_if(images.begin(), images.end(), [&](const auto& image) { return key_of(image) == key; });
    };
    std::vector<FilePart> parts;
    for (const os::ProcessMapping& mapping : maps)
      if (mapping.is_file() && image_of(key_of(mapping)) != images.end())
        parts.push_back({mapping.range, mapping.file_offset, mapping.path});
    const auto open_part = [&](const FilePart& part) {
      for (const os::ProcessMapping& image : images)
        if (image.path == part.path) return open(process.status, image);
      fail(ErrorCode::kNotFound, "{} is not mapped", part.path);
    };
    const bool has_exe =
        std::any_of(images.begin(), images.end(), [&](const auto& image) { return image.path == process.status.exe; });
    LossLedger ignored;
    const Program program =
        Program::open(parts, has_exe ? process.status.exe : images.front().path, open_part, ignored);
    MemoryImage files;
    program.add_read_only(files);
    files.seal();
    const os::ProcessMemory memory(process.status.pid);
    for (const FoundRuntime& found : find_runtimes(program, LayeredMemory(files, memory), std::nullopt)) {
      GoProcess& row = list_.go.emplace_back(process);
      row.image = program.images()[found.image].path;
      row.stripped = program.images()[found.image].elf->is_stripped();
      row.go_version = found.go_version;
      row.heap_bytes = found.heap_bytes;
      row.goroutines = found.goroutines;
      row.trouble = found.trouble;
    }
  }

  ProcessList list_;
  GoFiles files_;
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

bool may_be_go(const os::ProcessStatus& status) {
  GoFiles files;
  try {
    const std::vector<os::ProcessMapping> maps = os::read_maps(status.pid);
    return std::any_of(maps.begin(), maps.end(), [&](const auto& mapping) { return files.may_be_go(status, mapping); });
  } catch (const Error& error) {
    return error.code() == ErrorCode::kPermission;
  }
}

ProcessList list_go_processes() {
  return Lister().run();
}

}  // namespace holdfast::capture
