#include "data/picture_samples.h"

#include <cstring>
#include <utility>

#include "core/error.h"
#include "data/colour_bias.h"

namespace radial {
namespace {

class PictureReader : public Reader {
 public:
  PictureReader(const ImageFolder& folder, const TransformOptions& transform, DType dtype,
                std::span<const int32_t> colours)
      : folder_(folder), transform_(transform), dtype_(dtype), colours_(colours) {}

  void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
    const std::filesystem::path path = folder_.path(sample);
    read_bytes(path, bytes_);
    decode_image(bytes_, path.string(), image_);
    if (!colours_.empty()) paint_background(image_, colours_[static_cast<size_t>(sample)]);
    void* pixels = rows[PictureSamples::image];
    switch (dtype_) {
      case DType::f64:
        transform_.run(image_, random, static_cast<double*>(pixels));
        break;
      case DType::u8:
        transform_.run(image_, random, static_cast<uint8_t*>(pixels));
        break;
      default:
        transform_.run(image_, random, static_cast<float*>(pixels));
    }
    const int32_t label = folder_.samples[static_cast<size_t>(sample)].label;
    std::memcpy(rows[PictureSamples::label], &label, sizeof label);
  }

 private:
  const ImageFolder& folder_;
  PictureTransform transform_;
  DType dtype_;
  std::span<const int32_t> colours_;
  std::vector<uint8_t> bytes_;
  Image image_;
};

}  // namespace

PictureSamples::PictureSamples(const ImageFolder& folder, const TransformOptions& transform, DType dtype,
                               std::vector<int32_t> colours)
    : folder_(folder), transform_(transform), colours_(std::move(colours)) {
  check(dtype == DType::f32 || dtype == DType::f64 || dtype == DType::u8, "pictures: the dtype is ", name_of(dtype),
        " but pictures are float32, float64 or uint8");
  const PictureTransform checked(transform);
  const int64_t size = transform.image_size;
  fields_ = {Field{"image", dtype, {size, size, transform.channels}}, Field{"label", DType::i32, {}}};
}

std::unique_ptr<Reader> PictureSamples::reader() const {
  return std::make_unique<PictureReader>(folder_, transform_, fields_[image].dtype, colours_);
}

}  // namespace radial
