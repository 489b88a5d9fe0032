#include "formats/gzip.h"

#include <zlib.h>

#include "base/error.h"

namespace holdfast::formats {

std::string gzip(std::string_view bytes) {
  constexpr int kGzip = 16 + MAX_WBITS;  // a header of gzip, not of zlib
  constexpr int kMemory = 8;             // zlib's default
  z_stream stream{};
  HOLDFAST_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // zlib only reads what it is given here.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  HOLDFAST_CHECK(result == Z_STREAM_END);
  return out;
}

}  // namespace holdfast::formats
