// What the user named: a live process, a core file or a .hold file. It is found once and opened once; whatever is asked
// of it afterwards (what a stop would cost, the snapshot) is about that same thing.
//
//   auto target = capture::find_target("checkout", options);   // looks at names only
//   target->predict(times);                                    // opens it; nothing is stopped
//   target->snapshot(callbacks, times);                        // opens it unless that is done
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/timer.h"
#include "capture/capture.h"
#include "capture/counter_watch.h"
#include "heap/snapshot.h"
#include "os/file_mapping.h"
#include "os/process.h"

namespace holdfast::capture {

enum class TargetForm : std::uint8_t { kProcess, kCore, kHold };

// For one thread at a time.
class Target {
 public:
  explicit Target(std::string name) : name_(std::move(name)) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  virtual TargetForm form() const = 0;
  // The name that the user gave.
  const std::string& name() const { return name_; }
  // What a process was when it was found. Null for files.
  virtual const os::ProcessStatus* process() const { return nullptr; }
  // A sentence for the user that says what else the name could have meant; empty if nothing.
  const std::string& remark() const { return remark_; }
  void set_remark(std::string remark) { remark_ = std::move(remark); }

  // Looks at a running process without stopping it, so figures of a busy one are about right. Fails with kUsage for
  // files, otherwise as snapshot() does.
  virtual Prediction predict(PassTimes& times);

  // Returns how many collections a running process has completed, without stopping it. Fails as predict() does, and
  // with kUnsupported if the runtime's counter is not found.
  virtual std::uint64_t count_collections(PassTimes& times);

  // Opens a running process for looks at its counters alone, which never stop it. It may outlive the target. Fails as
  // predict() does.
  virtual std::unique_ptr<CounterWatch> watch_counters() const;

  // Returns the same process once more, for another moment. Fails with kUsage for files.
  virtual std::unique_ptr<Target> anew() const;

  // Takes the one moment of the target, so it can be called once: another moment needs another Target. A live process
  // is stopped, copied and let go, and the copy is analysed; the process is unharmed whatever happens. `times` gets the
  // named passes. The callbacks are called for files as for processes, but a .hold file has no reasons and no second
  // opinion. Unless forced, it fails with kSystem before the stop if there is less memory than a live process needs.
  // Fails like the functions of os/process.h, like heap::read_hold, and with kUnsupported if the target is no Go
  // program that holdfast can read.
  virtual heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) = 0;

 private:
  std::string name_;
  std::string remark_;
};

// What is named, by these rules:
//   digits alone          a pid
//   with a slash          a file: a core or a .hold file
//   another name          the process that is called so (os::find_process) and may be a Go program; if there is none,
//   the
//                         core or .hold file; if there is none either, any process that is called so, or any file
// A file that a process is preferred to is remarked on. Fails with kNotFound if there is neither, with kUsage if
// several processes have the name, or, saying what it is, if a file is neither core nor .hold. Options that say nothing
// about such a target change nothing; cli refuses them.
std::unique_ptr<Target> find_target(const std::string& name, const Options& options);

// Whether `name` means a target by these rules, and no file of another kind: then it is a number, a core or .hold file,
// or there is no file of that name. Nothing is opened but a file, to see how it begins.
bool names_target(const std::string& name);

// The parts of find_target, for callers that know what they have.
std::unique_ptr<Target> process_target(std::string name, os::ProcessStatus status, const Options& options);
std::unique_ptr<Target> core_target(std::string path, std::shared_ptr<const os::FileMapping> file,
                                    const Options& options);
std::unique_ptr<Target> hold_target(std::string path, std::shared_ptr<const os::FileMapping> file,
                                    const Options& options);

}  // namespace holdfast::capture
