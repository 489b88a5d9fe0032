// One request of a browser, read from the bytes of its connection as they come: whoever reads a socket hands them over
// until the request is whole. Bounds what a browser can make holdfast keep: a request has 16 KiB at most, and no body.
// One thread at a time.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "web/exchange.h"

namespace holdfast::web {

inline constexpr std::size_t kMostRequestBytes = 16'384;

class RequestReader {
 public:
  enum class Progress : std::uint8_t {
    kNeedsMore,
    kWhole,
    kRefused,  // it is no HTTP/1 request, is too long, or has a body: what follows it cannot be told from it
  };

  RequestReader();

  // Takes what belongs to this request from the front of `received`; what is left once it is whole is of the next one.
  // To be called again with more until it says something else than kNeedsMore.
  Progress take(boost::beast::flat_buffer& received);

  // These are known once it is whole.

  // Returns nothing if its target is not well-formed (parse_target).
  std::optional<Request> request() const;
  // 10 or 11
  unsigned version() const { return parser_.get().version(); }
  // Whether the browser wants to ask more over this connection.
  bool keeps_connection() const { return parser_.get().keep_alive(); }
  // Whether it asks for the headers of an answer only.
  bool is_head() const { return parser_.get().method() == boost::beast::http::verb::head; }

 private:
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  std::size_t taken_ = 0;  // bytes
};

}  // namespace holdfast::web
