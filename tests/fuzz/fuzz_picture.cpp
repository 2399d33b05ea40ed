// Pictures of every format: decoded as a whole, or refused.
#include "data/image.h"
#include "tests/fuzz/target.h"

using radial::ErrorKind;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  may_refuse({ErrorKind::dataset}, [&] {
    const radial::Image image = radial::decode_image({data, size}, "picture");
    const size_t bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * 3;
    require(image.width > 0 && image.height > 0 && image.pixels.size() == bytes, "all pixels are there");
  });
  return 0;
}
