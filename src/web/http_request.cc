#include "web/http_request.h"

#include <boost/beast/http/error.hpp>
#include <string>

namespace holdfast::web {

namespace http = boost::beast::http;

RequestReader::RequestReader() {
  parser_.header_limit(kMostRequestBytes);
  parser_.body_limit(0);
  parser_.eager(false);  // stops behind the headers: a body is refused, whatever it is
}

// The parser's limit is one of what it is handed at once: headers that come one by one do not reach it.
RequestReader::Progress RequestReader::take(boost::beast::flat_buffer& received) {
  if (received.size() == 0) return Progress::kNeedsMore;
  boost::system::error_code error;
  const std::size_t used = parser_.put(received.cdata(), error);
  received.consume(used);
  taken_ += used;
  if (taken_ > kMostRequestBytes) return Progress::kRefused;
  if (error == http::error::need_more)
    return taken_ + received.size() < kMostRequestBytes ? Progress::kNeedsMore : Progress::kRefused;
  if (error) return Progress::kRefused;
  return parser_.is_done() ? Progress::kWhole : Progress::kRefused;
}

std::optional<Request> RequestReader::request() const {
  const auto& message = parser_.get();
  const auto text = [](boost::beast::string_view view) { return std::string(view.data(), view.size()); };
  Request request;
  request.method = text(message.method_string());
  request.host = text(message[http::field::host]);
  request.origin = text(message[http::field::origin]);
  request.cookies = text(message[http::field::cookie]);
  request.fetch_site = text(message["Sec-Fetch-Site"]);
  request.errors_in_body = message["Holdfast-Errors"] == "body";
  if (!parse_target({message.target().data(), message.target().size()}, request)) return std::nullopt;
  return request;
}

}  // namespace holdfast::web
