#include "web/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>

#include "base/cancel.h"
#include "base/error.h"
#include "web/http_request.h"

namespace holdfast::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::size_t kPieceBytes = 4096;  // of a request, that are read at a time
constexpr std::size_t kMostConnections = 256;
constexpr auto kPatience = 30s;            // for a request to arrive, and for a piece of an answer to be taken
constexpr std::size_t kMostEvents = 4096;  // that wait for a browser which does not read

// All answers have these: the page talks to nobody but its own server, and nobody may show it in a frame.
constexpr std::pair<const char*, const char*> kGuards[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri "
     "'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"}};

// gcc 12 destroys a braced Response twice that stands in a co_await, so responses have names there.
Response bad_request(const std::string& why) {
  return {400, "text/plain; charset=utf-8", "holdfast: " + why + "\n"};
}

template <typename Message>
void add_headers(Message& message, const Response& response) {
  message.result(response.status);
  message.set(http::field::content_type, response.type);
  for (const auto& [name, value] : kGuards) message.set(name, value);
  bool is_kept = false;
  for (const auto& [name, value] : response.headers) {
    message.set(name, value);
    is_kept = is_kept || name == "Cache-Control";
  }
  if (!is_kept) message.set(http::field::cache_control, "no-store");
}

// What a handler gives from any thread waits here until the server's thread has written it.
class Pending final : public Exchange {
 public:
  Pending(Request request, asio::any_io_executor executor) : request_(std::move(request)), wake_(executor) {
    wake_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  const Request& request() const override { return request_; }
  void answer(Response response) override {
    const std::lock_guard lock(mutex_);
    if (!response_ && !streams_) response_ = std::move(response);
    told_ = nullptr;
    wake_soon();
  }
  void event(std::string_view name, std::string_view data) override {
    const std::lock_guard lock(mutex_);
    streams_ = true;
    if (events_.size() < kMostEvents)
      events_.push_back(fmt::format("event: {}\ndata: {}\n\n", name, data));
    else
      closed_ = true;
    wake_soon();
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    wake_soon();
  }
  bool is_gone() const override { return gone_.load(); }
  void when_gone(std::function<void()> told) override {
    {
      const std::lock_guard lock(mutex_);
      if (response_) return;
      if (!gone_.load()) {
        told_ = std::move(told);
        return;
      }
    }
    told();
  }

  // These are the server's.
  void leave() {
    std::function<void()> told;
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
      told.swap(told_);
      wake_soon();
    }
    if (told) told();
  }
  std::optional<Response> take_response() {
    const std::lock_guard lock(mutex_);
    return std::exchange(response_, std::nullopt);
  }
  std::optional<std::string> take_event() {
    const std::lock_guard lock(mutex_);
    if (events_.empty()) return std::nullopt;
    std::string first = std::move(events_.front());
    events_.pop_front();
    return first;
  }
  bool streams() const {
    const std::lock_guard lock(mutex_);
    return streams_;
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  bool has_something() const {
    const std::lock_guard lock(mutex_);
    return response_ || !events_.empty() || closed_ || gone_.load();
  }
  asio::steady_timer& wake() { return wake_; }
  void keep(std::shared_ptr<Pending> self) { self_ = std::move(self); }

 private:
  // The timer belongs to the server's thread.
  void wake_soon() {
    asio::post(wake_.get_executor(), [weak = self_.lock()] {
      if (weak) weak->wake_.cancel();
    });
  }

  const Request request_;
  asio::steady_timer wake_;
  std::weak_ptr<Pending> self_;
  mutable std::mutex mutex_;  // guards what follows
  std::optional<Response> response_;
  std::deque<std::string> events_;
  bool streams_ = false, closed_ = false;
  std::function<void()> told_;
  std::atomic<bool> gone_ = false;
};

// What handlers hold. When the last of them lets go without an answer, the browser gets one all the same.
class Handed final : public Exchange {
 public:
  explicit Handed(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
  ~Handed() override {
    if (pending_->streams())
      pending_->close();
    else
      pending_->answer({500, "text/plain", "nobody answered\n"});
  }
  Handed(const Handed&) = delete;
  Handed& operator=(const Handed&) = delete;
  const Request& request() const override { return pending_->request(); }
  void answer(Response response) override { pending_->answer(std::move(response)); }
  void event(std::string_view name, std::string_view data) override { pending_->event(name, data); }
  void close() override { pending_->close(); }
  bool is_gone() const override { return pending_->is_gone(); }
  void when_gone(std::function<void()> told) override { pending_->when_gone(std::move(told)); }

 private:
  std::shared_ptr<Pending> pending_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const std::function<void(const SharedExchange&)>& handle, std::size_t& open)
      : stream_(std::move(socket)), handle_(handle), open_(open) {
    ++open_;
  }
  ~Connection() { --open_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Whatever the browser does wrong ends its connection, and nothing else.
  asio::awaitable<void> run() {
    const auto self = shared_from_this();
    try {
      while (co_await serve_one()) {
      }
    } catch (const boost::system::system_error&) {
    }
    if (pending_) pending_->leave();
    boost::system::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();  // whoever still waits for its end holds the connection
  }

 private:
  // Returns whether the connection goes on.
  asio::awaitable<bool> serve_one() {
    RequestReader reader;
    stream_.expires_after(kPatience);
    RequestReader::Progress progress = reader.take(buffer_);
    while (progress == RequestReader::Progress::kNeedsMore) {
      boost::system::error_code error;
      const std::size_t size = co_await stream_.async_read_some(buffer_.prepare(kPieceBytes),
                                                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      buffer_.commit(size);
      progress = reader.take(buffer_);
    }
    if (progress == RequestReader::Progress::kRefused) {
      Response refusal = bad_request("this is no request that the page of holdfast makes");
      co_await send(std::move(refusal), 11, false, false);
      co_return false;
    }
    const bool keeps = reader.keeps_connection(), is_head = reader.is_head();
    const unsigned version = reader.version();
    std::optional<Request> request = reader.request();
    if (!request) {
      Response refusal = bad_request("the address of the request is not well-formed");
      co_await send(std::move(refusal), version, keeps, is_head);
      co_return keeps;
    }
    pending_ = std::make_shared<Pending>(std::move(*request), stream_.get_executor());
    pending_->keep(pending_);
    handle_(std::make_shared<Handed>(pending_));
    co_return co_await answer_pending(version, keeps, is_head);
  }

  asio::awaitable<bool> answer_pending(unsigned version, bool keeps, bool is_head) {
    stream_.expires_never();
    watch_for_end();
    while (!pending_->has_something()) co_await wait();
    if (pending_->streams()) {
      co_await send_events();
      co_return false;
    }
    std::optional<Response> response = pending_->take_response();
    if (!response) co_return false;  // the browser has gone
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
    pending_.reset();
    co_await send(std::move(*response), version, keeps, is_head);
    co_return keeps;
  }

  asio::awaitable<void> wait() {
    boost::system::error_code cancelled;
    co_await pending_->wake().async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  // A browser that gives up closes its connection. That it sends another request meanwhile is no end.
  void watch_for_end() {
    stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this(), pending = pending_](auto error) {
      if (error) return;
      char one;
      boost::system::error_code read_error;
      self->stream_.socket().non_blocking(true);
      self->stream_.socket().receive(asio::buffer(&one, 1), tcp::socket::message_peek, read_error);
      if (read_error && read_error != asio::error::would_block) pending->leave();
    });
  }

  asio::awaitable<void> send(Response response, unsigned version, bool keeps, bool is_head) {
    http::response<http::string_body> message;
    message.version(version);
    message.keep_alive(keeps);
    add_headers(message, response);
    const std::size_t size = response.body.size();
    if (!is_head) message.body() = std::move(response.body);
    message.content_length(size);
    http::response_serializer<http::string_body> serializer(message);
    stream_.expires_after(kPatience);
    // A body of many megabytes may take longer than a piece of it.
    while (!serializer.is_done()) {
      stream_.expires_after(kPatience);
      co_await http::async_write_some(stream_, serializer, asio::use_awaitable);
    }
  }

  asio::awaitable<void> send_events() {
    Response head;
    head.type = "text/event-stream";
    http::response<http::empty_body> message;
    add_headers(message, head);
    message.keep_alive(false);
    http::response_serializer<http::empty_body> serializer(message);
    co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    while (!pending_->is_gone()) {
      if (const std::optional<std::string> event = pending_->take_event()) {
        stream_.expires_after(kPatience);
        co_await asio::async_write(stream_, asio::buffer(*event), asio::use_awaitable);
        stream_.expires_never();
      } else if (pending_->closed()) {
        break;
      } else {
        co_await wait();
      }
    }
    pending_->leave();
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  const std::function<void(const SharedExchange&)>& handle_;
  std::size_t& open_;
  std::shared_ptr<Pending> pending_;
};

}  // namespace

class Server::Core {
 public:
  Core(const std::string& address, std::uint16_t port, std::function<void(const SharedExchange&)> handle)
      : acceptor_(context_), tick_(context_), handle_(std::move(handle)) {
    boost::system::error_code error;
    const asio::ip::address parsed = asio::ip::make_address(address, error);
    if (error)
      fail(ErrorCode::kUsage, "\"{}\" is no numeric address of this machine, as 127.0.0.1 or ::1 are", address);
    const tcp::endpoint endpoint(parsed, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(ErrorCode::kSystem, "cannot listen at {} port {}: {}", address, port, error.message());
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string authority() const {
    const auto address = acceptor_.local_endpoint().address();
    if (address.is_v6()) return fmt::format("[{}]:{}", address.to_string(), port());
    return fmt::format("{}:{}", address.to_string(), port());
  }

  void run() {
    asio::co_spawn(context_, accept(), asio::detached);
    asio::co_spawn(context_, watch_process(), asio::detached);
    context_.run();
  }
  void stop() { context_.stop(); }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) {  // as where there are no more file descriptors
        tick_.expires_after(100ms);
        co_await tick_.async_wait(asio::use_awaitable);
      } else if (open_ < kMostConnections) {
        const auto connection = std::make_shared<Connection>(std::move(socket), handle_, open_);
        asio::co_spawn(
            context_, [connection] { return connection->run(); }, asio::detached);
      }
    }
  }

  asio::awaitable<void> watch_process() {
    asio::steady_timer timer(context_);
    while (!cancel_requested()) {
      timer.expires_after(100ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    context_.stop();
  }

  std::size_t open_ = 0;  // connections, which the context may own to its end
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer tick_;
  std::function<void(const SharedExchange&)> handle_;
};

Server::Server(const std::string& address, std::uint16_t port, std::function<void(const SharedExchange&)> handle)
    : core_(std::make_unique<Core>(address, port, std::move(handle))) {}
Server::~Server() = default;
std::uint16_t Server::port() const {
  return core_->port();
}
std::string Server::authority() const {
  return core_->authority();
}
void Server::run() {
  core_->run();
}
void Server::stop() {
  core_->stop();
}

}  // namespace holdfast::web
