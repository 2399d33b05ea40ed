#include "tasks/detect/centernet_samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "data/image.h"
#include "models/centernet.h"
#include "tasks/detect/centernet_colors.h"
#include "tasks/detect/centernet_targets.h"

namespace radial {

namespace {

// The part of the picture that is seen: so many pixels wide, about this centre; flipped before.
struct View {
  double x, y, side;
  bool flip = false;
};

// How far random centres stay away from the border.
int border_of(int size) {
  int parts = 1;
  while (size - 128 / parts <= 128 / parts) parts *= 2;
  return 128 / parts;
}

View evaluation_view(int width, int height) {
  return {width / 2.0, height / 2.0, static_cast<double>(std::max(width, height)), false};
}

View training_view(int width, int height, DetectAugment augment, Random& random) {
  View view = evaluation_view(width, height);
  if (augment == DetectAugment::standard) {
    view.side *= 0.6 + 0.1 * static_cast<double>(random.below(8));
    const int left = border_of(width), top = border_of(height);
    view.x = static_cast<double>(left + random.below(std::max(width - 2 * left, 1)));
    view.y = static_cast<double>(top + random.below(std::max(height - 2 * top, 1)));
  } else if (augment == DetectAugment::shift) {
    const auto near = [&](double deviation, double most) {
      return std::clamp(deviation * random.normal(), -most, most);
    };
    view.x += view.side * near(0.1, 0.2);
    view.y += view.side * near(0.1, 0.2);
    view.side *= 1 + near(0.4, 0.4);
  }
  if (augment != DetectAugment::none && random.uniform() < 0.5) {
    view.flip = true;
    view.x = width - view.x - 1;
  }
  return view;
}

void mirror(Image& image) {
  for (int y = 0; y < image.height; ++y) {
    uint8_t* row = image.row(y);
    for (int left = 0, right = image.width - 1; left < right; ++left, --right)
      std::swap_ranges(row + 3 * left, row + 3 * left + 3, row + 3 * right);
  }
}

class CenterReader : public Reader {
 public:
  CenterReader(const CenterSamples& samples, const BoxedPictures& pictures, const CenterInput& input, bool train)
      : samples_(samples), pictures_(pictures), input_(input), train_(train) {}

  void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
    dispatch_float("detect", samples_.fields()[CenterSamples::image].dtype,
                   [&]<class T>() { read_as<T>(sample, random, rows); });
  }

 private:
  template <class T>
  void read_as(int64_t sample, Random random, std::span<std::byte* const> rows) {
    const std::filesystem::path path = pictures_.path(sample);
    read_bytes(path, bytes_);
    decode_image(bytes_, path.string(), picture_);
    const int width = picture_.width, height = picture_.height, size = input_.image_size;
    const View view = train_ ? training_view(width, height, input_.augment, random) : evaluation_view(width, height);
    if (view.flip) mirror(picture_);
    warp_affine(picture_, centering_map(view.x, view.y, view.side, size, size), size, size, seen_);
    T* image = reinterpret_cast<T*>(rows[CenterSamples::image]);
    const bool colors = train_ && (input_.augment == DetectAugment::standard || input_.augment == DetectAugment::shift);
    write_pixels(seen_, input_, colors ? &random : nullptr, image);
    write_objects<T>(sample, view, rows);
    const int32_t extents[2] = {width, height};
    std::memcpy(rows[CenterSamples::extents], extents, sizeof extents);
  }

  template <class T>
  void write_objects(int64_t sample, const View& view, std::span<std::byte* const> rows) {
    const int cells = input_.image_size / CenterNet::stride;
    const AffineMap map = centering_map(view.x, view.y, view.side, cells, cells);
    objects_.clear();
    for (const BoxedObject& object : pictures_.objects(sample, picture_.width, picture_.height)) {
      if (object.difficult) continue;
      double left = object.box[0], right = left + object.box[2];
      if (view.flip) {
        std::swap(left, right);
        left = picture_.width - left - 1;
        right = picture_.width - right - 1;
      }
      const auto inside = [&](double value) { return std::clamp(value, 0.0, cells - 1.0); };
      const auto from = map(left, object.box[1]), to = map(right, object.box[1] + object.box[3]);
      objects_.push_back({object.label, {inside(from[0]), inside(from[1]), inside(to[0]), inside(to[1])}});
    }
    const auto row = [&](size_t field) { return reinterpret_cast<T*>(rows[field]); };
    write_targets(
        std::span<const CellBox>(objects_),
        CenterTargets<T>{row(CenterSamples::heat), row(CenterSamples::size_of_objects), row(CenterSamples::offset),
                         reinterpret_cast<int32_t*>(rows[CenterSamples::cell]), row(CenterSamples::used), cells, cells,
                         static_cast<int>(pictures_.classes.size()), CenterSamples::most});
  }

 public:
  // Colours are changed where there is something to draw from.
  template <class T>
  static void write_pixels(const Image& seen, const CenterInput& input, Random* random, T* out) {
    const int64_t count = static_cast<int64_t>(seen.width) * seen.height;
    const bool bgr = input.order == ChannelOrder::bgr;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t c = 0; c < 3; ++c)
        out[3 * i + c] = static_cast<T>(seen.pixels[static_cast<size_t>(3 * i + (bgr ? 2 - c : c))]) / T(255);
    if (random != nullptr) change_colors(out, count, bgr, *random);
    for (int64_t c = 0; c < 3; ++c) {
      const auto of = static_cast<size_t>(bgr ? 2 - c : c);
      const auto mean = static_cast<T>(input.mean[of]), deviation = static_cast<T>(input.std[of]);
      for (int64_t i = 0; i < count; ++i) out[3 * i + c] = (out[3 * i + c] - mean) / deviation;
    }
  }

 private:
  const CenterSamples& samples_;
  const BoxedPictures& pictures_;
  const CenterInput& input_;
  bool train_;
  std::vector<uint8_t> bytes_;
  Image picture_, seen_;
  std::vector<CellBox> objects_;
};

}  // namespace

const Choices<DetectAugment>& detect_augment_names() {
  static const Choices<DetectAugment> names = {{"standard", DetectAugment::standard},
                                               {"shift", DetectAugment::shift},
                                               {"flip", DetectAugment::flip},
                                               {"none", DetectAugment::none}};
  return names;
}

const Choices<ChannelOrder>& channel_order_names() {
  static const Choices<ChannelOrder> names = {{"rgb", ChannelOrder::rgb}, {"bgr", ChannelOrder::bgr}};
  return names;
}

template <class T>
void read_centered(const Image& picture, const CenterInput& input, T* out) {
  const View view = evaluation_view(picture.width, picture.height);
  const int size = input.image_size;
  Image seen;
  warp_affine(picture, centering_map(view.x, view.y, view.side, size, size), size, size, seen);
  CenterReader::write_pixels(seen, input, nullptr, out);
}
template void read_centered(const Image&, const CenterInput&, float*);
template void read_centered(const Image&, const CenterInput&, double*);

AffineMap evaluation_map(int width, int height, const CenterInput& input) {
  const View view = evaluation_view(width, height);
  const int cells = input.image_size / CenterNet::stride;
  return centering_map(view.x, view.y, view.side, cells, cells);
}

CenterSamples::CenterSamples(std::shared_ptr<const BoxedPictures> pictures, const CenterInput& input, bool train,
                             DType dtype)
    : pictures_(std::move(pictures)), input_(input), train_(train) {
  check(dtype == DType::f32 || dtype == DType::f64, ErrorKind::internal, "detect: pictures are float32 or float64");
  const int64_t side = input.image_size, cells = side / CenterNet::stride;
  fields_ = {
      Field{"image", dtype, {side, side, 3}}, Field{"heat", dtype, {cells, cells, std::ssize(pictures_->classes)}},
      Field{"size", dtype, {most, 2}},        Field{"offset", dtype, {most, 2}},
      Field{"cell", DType::i32, {most, 2}},   Field{"used", dtype, {most, 1}},
      Field{"extents", DType::i32, {2}}};
}

std::unique_ptr<Reader> CenterSamples::reader() const {
  return std::make_unique<CenterReader>(*this, *pictures_, input_, train_);
}

}  // namespace radial
