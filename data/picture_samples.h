// The pictures of a folder with their labels, transformed.
#pragma once

#include <array>
#include <vector>

#include "data/image_folder.h"
#include "data/samples.h"
#include "data/transforms.h"

namespace radial {

// Fields: {"image", dtype, {size, size, channels}}, {"label", i32, {}}.
class PictureSamples : public Samples {
 public:
  static constexpr size_t image = 0, label = 1;  // of the fields

  // Keeps a reference to the folder. dtype f32 or f64: normalised; u8: bytes that somebody else normalises. Throws
  // Error(usage) for others, and for a transform that makes no sense.
  // colours: one a sample, with which its background is painted first (data/colour_bias.h); none: it stays as it is.
  PictureSamples(const ImageFolder& folder, const TransformOptions& transform, DType dtype,
                 std::vector<int32_t> colours = {});

  int64_t size() const override { return folder_.size(); }
  std::span<const Field> fields() const override { return fields_; }
  std::unique_ptr<Reader> reader() const override;
  std::string name(int64_t sample) const override { return folder_.path(sample).string(); }
  std::string place() const override { return folder_.root.string(); }

 private:
  const ImageFolder& folder_;
  TransformOptions transform_;
  std::vector<int32_t> colours_;
  std::array<Field, 2> fields_;
};

}  // namespace radial
