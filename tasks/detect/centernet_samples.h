// Pictures as CenterNet sees them, with its targets.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "data/affine_warp.h"
#include "data/boxed_pictures.h"
#include "data/samples.h"
#include "io/options.h"

namespace radial {

// What training does to a picture; evaluation scales it so that its longer side fits.
//   standard  scaled by 0.6, 0.7 ... 1.3 about a random centre, flipped, colours and light changed
//   shift     the same with a centre and a scale near the picture's own
//   flip      a flip
//   none      nothing
enum class DetectAugment { standard, shift, flip, none };
const Choices<DetectAugment>& detect_augment_names();

enum class ChannelOrder { rgb, bgr };
const Choices<ChannelOrder>& channel_order_names();

struct CenterInput {
  int image_size = 512;  // width and height that the network sees; the maps have a quarter
  ChannelOrder order = ChannelOrder::bgr;
  std::array<double, 3> mean = {}, std = {};  // of red, green and blue, for values of 0 to 1
  DetectAugment augment = DetectAugment::standard;
};

// As evaluation and prediction see it: [size, size, 3] of float or double.
template <class T>
void read_centered(const Image& picture, const CenterInput& input, T* out);
// From the picture to the maps' cells, then.
AffineMap evaluation_map(int width, int height, const CenterInput& input);

class CenterSamples : public Samples {
 public:
  // Of the fields. Targets are of the image's dtype, f32 or f64.
  static constexpr size_t image = 0, heat = 1, size_of_objects = 2, offset = 3, cell = 4, used = 5, extents = 6;
  static constexpr int most = 128;  // objects of a picture that count

  CenterSamples(std::shared_ptr<const BoxedPictures> pictures, const CenterInput& input, bool train, DType dtype);

  int64_t size() const override { return pictures_->size(); }
  std::span<const Field> fields() const override { return fields_; }
  std::unique_ptr<Reader> reader() const override;
  std::string name(int64_t sample) const override { return pictures_->path(sample).string(); }
  std::string place() const override { return pictures_->root.string(); }

 private:
  std::shared_ptr<const BoxedPictures> pictures_;
  CenterInput input_;
  bool train_;
  std::array<Field, 7> fields_;
};

}  // namespace radial
