#include "web/worker.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::web {
namespace {

constexpr unsigned kBadRequest = 400, kNotFound = 404, kGone = 410, kUnprocessable = 422, kFailed = 500;
constexpr unsigned kGivenUp = 499;  // nobody reads it

Response response_to(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kUsage:
      return error_response(kBadRequest, "usage", error.what());
    case ErrorCode::kNotFound:
      return error_response(kNotFound, "not-found", error.what());
    case ErrorCode::kTargetGone:
      return error_response(kGone, "target-gone", error.what());
    case ErrorCode::kPermission:
      return error_response(kUnprocessable, "permission", error.what());
    case ErrorCode::kUnsupported:
      return error_response(kUnprocessable, "unsupported", error.what());
    case ErrorCode::kTruncated:
    case ErrorCode::kDamaged:
      return error_response(kUnprocessable, "damaged", error.what());
    case ErrorCode::kSystem:
    case ErrorCode::kNoReader:
      break;
  }
  return error_response(kFailed, "system", error.what());
}

Response response_of(const std::function<Response()>& work) {
  try {
    return work();
  } catch (const Error& error) {
    return response_to(error);
  } catch (const Cancelled& cancelled) {
    return error_response(kGivenUp, "cancelled", cancelled.what());
  } catch (const std::exception& other) {  // as where there is no memory
    return error_response(kFailed, "system", other.what());
  }
}

// What fails will fail again when somebody asks for it, and says so then.
bool ran_to_its_end(const std::function<void()>& work) {
  try {
    work();
  } catch (const Cancelled&) {
    return false;
  } catch (const std::exception&) {
  }
  return true;
}

}  // namespace

Response error_response(unsigned status, std::string_view code, std::string_view text) {
  const nlohmann::ordered_json json = {{"error", std::string(text)}, {"code", std::string(code)}};
  return {status, "application/json", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

Worker::Worker(std::function<void()> cancel, std::function<void()> go_on)
    : cancel_(std::move(cancel)), go_on_(std::move(go_on)), thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    jobs_.clear();
    cancel_();
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::add(SharedExchange exchange, std::function<Response()> work) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(exchange), std::move(work)});
  if (is_idle_) cancel_();
  changed_.notify_all();
}

void Worker::add_first(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front({nullptr, [work = std::move(work)] {
                      work();
                      return Response{};
                    }});
  if (is_idle_) cancel_();
  changed_.notify_all();
}

void Worker::set_idle_work(std::vector<std::function<void()>> work) {
  const std::lock_guard lock(mutex_);
  idle_work_.assign(std::make_move_iterator(work.begin()), std::make_move_iterator(work.end()));
  changed_.notify_all();
}

void Worker::give_up(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (running_ == number) cancel_();
}

// Waits for the next job, and meanwhile does what may be asked next. Returns whether there is one: none at the end.
bool Worker::take_job(Job& job) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ends_ || !jobs_.empty() || !idle_work_.empty(); });
    if (ends_) return false;
    ++running_;
    go_on_();
    if (!jobs_.empty()) break;
    const std::function<void()> work = idle_work_.front();
    is_idle_ = true;
    lock.unlock();
    const bool is_done = ran_to_its_end(work);
    lock.lock();
    is_idle_ = false;
    if (is_done && !idle_work_.empty()) idle_work_.pop_front();
  }
  job = std::move(jobs_.front());
  jobs_.pop_front();
  return true;
}

void Worker::run() {
  for (Job job; take_job(job); job = {}) {
    if (job.exchange == nullptr) {
      response_of(job.work);
      continue;
    }
    if (job.exchange->is_gone()) continue;
    // Nobody but this thread counts on.
    job.exchange->when_gone([this, number = running_] { give_up(number); });
    Response response = response_of(job.work);
    if (job.exchange->request().errors_in_body && response.status != kGivenUp) response.status = 200;
    job.exchange->answer(std::move(response));
  }
}

}  // namespace holdfast::web
