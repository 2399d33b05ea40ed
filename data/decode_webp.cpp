// WebP through libwebp: lossy and lossless; of an animation the first frame on its canvas.
#include <cstring>
#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "data/decoders.h"

namespace radial::detail {
namespace {

const char* reason_of(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that is not supported";
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the data ends too early";
    default:
      return "the data is damaged";
  }
}

[[noreturn]] void fail_webp(const std::string& name, const char* reason) {
  fail_picture(name, std::string("broken or truncated WebP: ") + reason);
}

void require(VP8StatusCode status, const std::string& name) {
  if (status == VP8_STATUS_OUT_OF_MEMORY) fail_memory(name);
  if (status != VP8_STATUS_OK) fail_webp(name, reason_of(status));
}

// Before the animation's decoder takes memory for two canvases.
void check_first_frame(const WebPData& data, const std::string& name, const Image& image) {
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPIterator frame;
  if (demuxer == nullptr || WebPDemuxGetFrame(demuxer.get(), 1, &frame) == 0)
    fail_webp(name, "it holds no whole first frame");
  const int64_t painted = int64_t{frame.width} * frame.height;
  WebPDemuxReleaseIterator(&frame);
  check_canvas(image.width, image.height, painted, name);
}

// Frames may be smaller than the canvas, which begins as transparent black.
void decode_first_frame(Bytes bytes, const std::string& name, Image& image) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) fail_webp(name, "libwebp is another version");
  const WebPData data = {bytes.data(), bytes.size()};
  check_first_frame(data, name, image);
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                             WebPAnimDecoderDelete);
  uint8_t* canvas = nullptr;  // RGBA, the decoder's
  int time = 0;
  if (decoder == nullptr) fail_memory(name);  // the file was looked at before
  if (WebPAnimDecoderGetNext(decoder.get(), &canvas, &time) == 0) fail_webp(name, "the first frame is damaged");
  image.resize(image.width, image.height);
  uint8_t* out = image.pixels.data();
  for (size_t i = 0; i < image.pixels.size() / 3; ++i) std::memcpy(out + 3 * i, canvas + 4 * i, 3);
}

}  // namespace

void decode_webp(Bytes bytes, const std::string& name, Image& image) {
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
  require(status, name);
  check_extents(features.width, features.height, name);
  size_t announced = 8;  // by the RIFF header, in the second four bytes
  for (size_t i = 0; i < 4; ++i) announced += size_t{bytes[4 + i]} << (8 * i);
  check_plausible(static_cast<int64_t>(announced), static_cast<int64_t>(bytes.size()), bytes.size(), name);
  if (features.has_animation != 0) {
    image.width = features.width, image.height = features.height;
    return decode_first_frame(bytes, name, image);
  }
  image.resize(features.width, features.height);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) fail_webp(name, "libwebp is another version");
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {image.pixels.data(), static_cast<int>(image.row_bytes()), image.pixels.size()};
  require(WebPDecode(bytes.data(), bytes.size(), &config), name);
}

}  // namespace radial::detail
