#include "capture/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "binary/elf.h"
#include "capture/processes.h"
#include "heap/hold_file.h"

namespace holdfast::capture {
namespace {

using File = std::shared_ptr<const os::FileMapping>;

class HoldTarget final : public Target {
 public:
  HoldTarget(std::string path, File file, const Options& options)
      : Target(std::move(path)), file_(std::move(file)), keeps_content_(options.content == ContentNeed::kKept) {}

  TargetForm form() const override { return TargetForm::kHold; }

  heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) override {
    // What was kept of content is there for all verbs, which name keys of maps by it.
    auto snapshot = times.run("open", [&] {
      if (keeps_content_) return heap::read_hold(file_->bytes());
      const auto let_go = [file = file_.get()](std::span<const std::byte> bytes) { file->let_go(bytes); };
      return heap::read_hold(file_->bytes(), {file_, let_go});
    });
    if (callbacks.first_look) callbacks.first_look(snapshot);
    if (callbacks.meanwhile) callbacks.meanwhile(snapshot);
    return snapshot;
  }

 private:
  File file_;
  bool keeps_content_;
};

std::string_view text_at_start(const ByteView& file, std::size_t count) {
  const auto bytes = file.span();
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), count)};
}

// None if it is no target; fails as ElfFile does if it is a damaged ELF file.
std::optional<TargetForm> form_of(const ByteView& file) {
  if (heap::is_hold(file)) return TargetForm::kHold;
  constexpr std::string_view kMagic = "\177ELF";
  if (text_at_start(file, kMagic.size()) != kMagic) return std::nullopt;
  if (binary::ElfFile(file).type() == binary::ElfType::kCore) return TargetForm::kCore;
  return std::nullopt;
}

// Whether the path leads to a file that could be meant.
bool is_target_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  try {
    return form_of(os::map_file(path)->bytes()).has_value();
  } catch (const Error&) {
    return false;
  }
}

// How compressed files begin, and what makes them plain ones.
struct Compression {
  std::string_view magic;
  std::string_view name;
  std::string_view command;
};
constexpr Compression kCompressions[] = {
    {"\x28\xb5\x2f\xfd", "zstd", "zstd -d"},
    {"\x1f\x8b", "gzip", "gzip -dk"},
    {"\xfd"
     "7zXZ",
     "xz", "xz -dk"},
    {"\x04\x22\x4d\x18", "lz4", "lz4 -d"},
    {"BZh", "bzip2", "bzip2 -dk"},
};

[[noreturn]] void refuse_file(const std::string& path, const ByteView& file) {
  if (text_at_start(file, 4) == "\177ELF")
    fail(ErrorCode::kUsage,
         "{} is a program, not a core file: start it and name its pid, or name a core and it with --exe", path);
  for (const Compression& known : kCompressions)
    if (text_at_start(file, known.magic.size()) == known.magic)
      fail(ErrorCode::kUsage, "{} is compressed with {}: make it a plain file first, {} {}", path, known.name,
           known.command, path);
  fail(ErrorCode::kUsage, "{} is neither a core file nor a .hold file", path);
}

std::unique_ptr<Target> file_target(const std::string& path, const Options& options) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) fail(ErrorCode::kNotFound, "there is no file {}", path);
  if (std::filesystem::is_directory(status)) fail(ErrorCode::kNotFound, "{} is a directory", path);
  File file = os::map_file(path);
  const auto form = form_of(file->bytes());
  if (!form) refuse_file(path, file->bytes());
  if (*form == TargetForm::kHold) return hold_target(path, std::move(file), options);
  return core_target(path, std::move(file), options);
}

bool is_number(std::string_view name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

// A process that is no Go program counts only if neither one that may be has the name nor a file that could be meant.
// When it is opened, it is said what is wrong with it.
os::ProcessStatus process_called(const std::string& name, bool is_file) {
  try {
    return os::find_process(name, may_be_go);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound || is_file || is_number(name)) throw;
  }
  return os::find_process(name);
}

}  // namespace

Prediction Target::predict(PassTimes&) {
  fail(ErrorCode::kUsage, "{} is a file: what a stop would cost can be said of live processes", name_);
}

std::uint64_t Target::count_collections(PassTimes&) {
  fail(ErrorCode::kUsage, "{} is a file: its program does not go on to collect", name_);
}

std::unique_ptr<CounterWatch> Target::watch_counters() const {
  fail(ErrorCode::kUsage, "{} is a file, which has one moment", name_);
}

std::unique_ptr<Target> Target::anew() const {
  fail(ErrorCode::kUsage, "{} is a file, which has one moment", name_);
}

bool names_target(const std::string& name) {
  std::error_code ignored;
  if (is_number(name)) return true;
  return std::filesystem::exists(name, ignored) ? is_target_file(name) : name.find('/') == std::string::npos;
}

std::unique_ptr<Target> hold_target(std::string path, std::shared_ptr<const os::FileMapping> file,
                                    const Options& options) {
  return std::make_unique<HoldTarget>(std::move(path), std::move(file), options);
}

std::unique_ptr<Target> find_target(const std::string& name, const Options& options) {
  if (name.find('/') != std::string::npos) return file_target(name, options);
  const bool is_file = is_target_file(name);
  std::unique_ptr<Target> target;
  try {
    target = process_target(name, process_called(name, is_file), options);
  } catch (Error& error) {
    if (error.code() == ErrorCode::kNotFound && !is_number(name) && std::filesystem::exists(name))
      return file_target(name, options);
    if (!is_file) throw;
    fail(error.code(), "{}; if the file was meant: ./{}", error.what(), name);
  }
  if (is_file)
    target->set_remark(fmt::format("{} is process {} and a file here, too; this is the process, ./{} is the file", name,
                                   target->process()->pid, name));
  return target;
}

}  // namespace holdfast::capture
