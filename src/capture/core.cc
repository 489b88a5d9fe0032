#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/architecture.h"
#include "base/text.h"
#include "binary/core_file.h"
#include "capture/build.h"
#include "capture/content.h"
#include "capture/core_mappings.h"
#include "capture/core_overlay.h"
#include "capture/layouts.h"
#include "capture/moment.h"
#include "capture/runtimes.h"
#include "capture/symbol_files.h"
#include "capture/target.h"
#include "os/file_mapping.h"
#include "os/host.h"
#include "os/proc_text.h"

namespace holdfast::capture {
namespace {

// The core, the program files that belong to it, and both together as memory.
class OpenCore {
 public:
  OpenCore(const std::string& path, std::shared_ptr<const os::FileMapping> file, const Options& options,
           LossLedger& losses)
      : path_(path), losses_(losses), file_(std::move(file)), core_(file_->bytes()), main_path_(main_program(core_)) {
    std::string damage;
    for (const std::string& remark : core_.remarks()) damage += (damage.empty() ? "" : "; ") + remark;
    if (!damage.empty()) losses_.add(LossKind::kDamagedCore, damage, Address(), core_.remarks().size());
    refuse_lost_notes(path_, core_);
    exe_ = options.exe.empty() ? find_exe() : take_exe(options.exe);
    if (main_path_.empty()) main_path_ = options.exe;
    auto parts = parts_of(core_);
    add_unlisted(parts);
    program_ = Program::open(
        parts, main_path_, [this](const FilePart& part) { return open(part); }, losses_);
    add_core_memory(core_, file_, memory_, losses_);
    program_->add_read_only(memory_);
    memory_.seal();
    try {
      take_runtime(*program_, memory_, options.image, given_release(options));
    } catch (const Error& error) {
      throw error_of_core(error, path_, core_);
    }
    if (!options.symbols.empty()) add_symbols(*program_, options.symbols);
    layouts_ = open_layouts(*program_, options.use_dwarf, losses);
  }

  const binary::CoreFile& core() const { return core_; }
  const std::string& main_path() const { return main_path_; }
  const Program& program() const { return *program_; }
  const MemoryImage& memory() const { return memory_; }
  const go::LayoutSource& layouts() const { return *layouts_.source; }
  const binary::DwarfInfo* dwarf() const { return layouts_.dwarf.get(); }

 private:
  using File = std::shared_ptr<const os::FileMapping>;

  // The user named this file, so it must fit.
  File take_exe(const std::string& exe) {
    File file = os::map_file(exe);
    if (const auto why_not = refusal(exe, file)) fail(ErrorCode::kUnsupported, "{}", *why_not);
    return file;
  }

  // Looks where the core says that the program was, then beside the core.
  File find_exe() {
    if (main_path_.empty())
      fail(ErrorCode::kUsage, "{} does not say which program it is of: name it with --exe", path_);
    const std::filesystem::path there = os::without_deleted_mark(main_path_);
    std::optional<std::string> refused;
    for (const auto& candidate : {there, std::filesystem::path(path_).parent_path() / there.filename()}) {
      if (!std::filesystem::is_regular_file(candidate)) continue;
      File file = os::map_file(candidate.string());
      const auto why_not = refusal(candidate.string(), file);
      if (!why_not) return file;
      if (!refused) refused = why_not;
    }
    if (refused) fail(ErrorCode::kUnsupported, "{}; name the right one with --exe", *refused);
    fail(ErrorCode::kNotFound, "{}, the program of {}, is not on this machine: name a copy with --exe", there.string(),
         path_);
  }

  // Says why the file cannot be the program; none if it is.
  std::optional<std::string> refusal(const std::string& candidate, const File& file) {
    const binary::ElfFile elf(file->bytes());
    const BuildIds theirs = ids_in_core(core_, main_path_);
    const BuildIds ours = BuildIds::of(elf);
    const auto same = same_build(theirs, ours);
    if (same && !*same)
      return fmt::format("{} is not the program of {}: its build id is {}, the core's {}", candidate, path_,
                         ours.text(), theirs.text());
    if (same) return std::nullopt;
    if (!fits_segments(core_, main_path_, elf))
      return fmt::format(
          "{} is not the program of {}: the core has no build id to compare, and the program's segments "
          "do not lie where the core has them",
          candidate, path_);
    losses_.add(LossKind::kUncheckedProgram, elf.entry());
    return std::nullopt;
  }

  // A core that lists no files still tells by the entry point where its program was.
  void add_unlisted(std::vector<FilePart>& parts) const {
    for (const FilePart& part : parts)
      if (part.path == main_path_) return;
    const binary::ElfFile elf(exe_->bytes());
    const auto bias = bias_of_main(core_, elf);
    if (!bias) return;
    for (const auto& segment : elf.loads()) {
      const std::uint64_t slack = segment.vaddr.value % kSystemPage;
      const Address at = segment.vaddr + *bias;
      parts.push_back({{at - slack, at + segment.memory_size}, segment.offset - slack, main_path_});
    }
  }

  FileBytes open(const FilePart& part) const {
    if (part.path == main_path_) return {exe_->bytes(), exe_};
    File file = os::map_file(std::string(os::without_deleted_mark(part.path)));
    const binary::ElfFile elf(file->bytes());
    const auto same = same_build(ids_in_core(core_, part.path), BuildIds::of(elf));
    if (same && !*same && has_go_code(elf)) {
      losses_.add(LossKind::kReplacedFile, part.range.begin);
      fail(ErrorCode::kUnsupported, "{} has been replaced since", part.path);
    }
    return {file->bytes(), file};
  }

  std::string path_;
  LossLedger& losses_;
  File file_;
  binary::CoreFile core_;
  std::string main_path_;  // as the core has it
  File exe_;
  std::optional<Program> program_;
  MemoryImage memory_;
  ProgramLayouts layouts_;
};

std::string name_of(const OpenCore& target) {
  const auto& process = target.core().process();
  if (process && !process->name.empty()) return process->name;
  return std::string(base_name(target.main_path()));
}

class CoreTarget final : public Target {
 public:
  CoreTarget(std::string path, std::shared_ptr<const os::FileMapping> file, const Options& options)
      : Target(std::move(path)), file_(std::move(file)), options_(options) {}

  TargetForm form() const override { return TargetForm::kCore; }

  heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) override {
    heap::Snapshot snapshot;
    snapshot.target.kind = heap::TargetKind::kCore;
    snapshot.target.core_written_ns = os::written_ns(name());
    note_moment(snapshot.target);
    const auto opened = times.run("open", [&] { return std::make_shared<Opened>(name(), file_, options_); });
    const OpenCore& open = opened->open;
    // Which program the core is of, which of its runtimes this is about, and what its layouts are, is final.
    if (const auto& process = open.core().process()) snapshot.target.pid = process->pid;
    snapshot.target.name = name_of(open);
    try {
      const go::Identified& identified = opened->identified = times.run("identify", [&] {
        return identify_taken(open.program(), open.memory(), open.layouts(), go::Motion::kStopped, opened->losses);
      });
      const StoredParts stored = [&](auto part) { return file_->stored(part); };
      auto mappings = times.run(
          "residency", [&] { return mappings_of_core(open.core(), stored, *identified.runtime, open.memory()); });
      const FrozenTarget target{
          &open.program(),
          &identified,
          threads_of(open.core()),
          0,
          std::move(mappings),
          open.dwarf(),
          0,
          std::make_shared<FrozenContent>(open.memory(), *identified.functions, opened, "cannot be read")};
      build(target, options_, callbacks, snapshot, opened->losses, times);
    } catch (const Error& error) {
      throw error_of_core(error, name(), open.core());
    }
    snapshot.losses = opened->losses.sorted();
    return snapshot;
  }

 private:
  // What is needed for as long as somebody asks for content.
  struct Opened {
    Opened(const std::string& path, std::shared_ptr<const os::FileMapping> file, const Options& options)
        : open(path, std::move(file), options, losses) {}

    LossLedger losses;
    OpenCore open;
    go::Identified identified;
  };

  static std::vector<go::ThreadRegisters> threads_of(const binary::CoreFile& core) {
    std::vector<go::ThreadRegisters> threads;
    for (const binary::CoreThread& thread : core.threads())
      threads.push_back({static_cast<std::uint64_t>(thread.tid), thread.registers});
    return threads;
  }

  std::shared_ptr<const os::FileMapping> file_;
  Options options_;
};

}  // namespace

std::unique_ptr<Target> core_target(std::string path, std::shared_ptr<const os::FileMapping> file,
                                    const Options& options) {
  return std::make_unique<CoreTarget>(std::move(path), std::move(file), options);
}

}  // namespace holdfast::capture
