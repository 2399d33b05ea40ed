#include <algorithm>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "tasks/detect/ssd_augment.h"
#include "tasks/detect/ssd_detector.h"

namespace radial {

namespace {

// The view's pixels, normalised.
template <class T>
void write_view(const FloatPicture& picture, const CanvasView& view, const SsdInput& input, std::vector<float>& pixels,
                T* out) {
  const int size = Ssd::image_size;
  float color[3];
  for (size_t c = 0; c < 3; ++c) color[c] = static_cast<float>(255 * input.mean[c]);
  pixels.resize(3 * static_cast<size_t>(size) * static_cast<size_t>(size));
  resize_view(picture, view, color, size, pixels.data());
  const bool bgr = input.order == ChannelOrder::bgr;
  for (size_t c = 0; c < 3; ++c) {
    const auto scale = static_cast<T>(1 / (255 * input.std[c])), shift = static_cast<T>(input.mean[c] / input.std[c]);
    const size_t to = bgr ? 2 - c : c;
    for (size_t i = 0; i < pixels.size(); i += 3) out[i + to] = static_cast<T>(pixels[i + c]) * scale - shift;
  }
}

class SsdReader : public Reader {
 public:
  SsdReader(const SsdSamples& samples, const BoxedPictures& pictures, const SsdInput& input, bool train)
      : samples_(samples), pictures_(pictures), input_(input), train_(train) {}

  void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
    dispatch_float("detect", samples_.fields()[SsdSamples::image].dtype,
                   [&]<class T>() { read_as<T>(sample, random, rows); });
  }

 private:
  template <class T>
  void read_as(int64_t sample, Random random, std::span<std::byte* const> rows) {
    const std::filesystem::path path = pictures_.path(sample);
    read_bytes(path, bytes_);
    decode_image(bytes_, path.string(), decoded_);
    const int width = decoded_.width, height = decoded_.height;
    FloatPicture picture = to_floats(decoded_);
    std::vector<SsdObject> objects;
    for (const BoxedObject& object : pictures_.objects(sample, width, height))
      if (!object.crowd && !object.difficult) add(object, width, height, objects);
    CanvasView view = whole_view(width, height);
    if (train_ && input_.augment == DetectAugment::standard) {
      distort_colors(picture, random);
      view = random_view(width, height, objects, random);
    } else if (train_ && input_.augment == DetectAugment::flip) {
      maybe_mirror(view, objects, random);
    }
    write_view(picture, view, input_, pixels_, reinterpret_cast<T*>(rows[SsdSamples::image]));
    write_codes<T>(objects, view, rows);
    const int32_t extents[2] = {width, height};
    std::memcpy(rows[SsdSamples::extents], extents, sizeof extents);
  }

  // Cut at the picture's edges; what has no extent then is none.
  static void add(const BoxedObject& object, int width, int height, std::vector<SsdObject>& objects) {
    const auto [x, y, w, h] = object.box;
    const Corners box{std::max(x, 0.0), std::max(y, 0.0), std::min(x + w, static_cast<double>(width)),
                      std::min(y + h, static_cast<double>(height))};
    if (box.x2 > box.x1 && box.y2 > box.y1) objects.push_back({box, object.label});
  }

  template <class T>
  static void write_codes(const std::vector<SsdObject>& objects, const CanvasView& view,
                          std::span<std::byte* const> rows) {
    std::vector<Corners> shares;
    for (const SsdObject& object : objects)
      shares.push_back({object.box.x1 / view.width, object.box.y1 / view.height, object.box.x2 / view.width,
                        object.box.y2 / view.height});
    const std::vector<int> found = match_boxes(shares);
    auto* labels = reinterpret_cast<int32_t*>(rows[SsdSamples::label]);
    auto* codes = reinterpret_cast<T*>(rows[SsdSamples::code]);
    for (size_t i = 0; i < found.size(); ++i) {
      const auto object = static_cast<size_t>(found[i]);
      labels[i] = found[i] < 0 ? 0 : objects[object].label + 1;
      const std::array<double, 4> code =
          found[i] < 0 ? std::array<double, 4>{} : encode(shares[object], default_boxes()[i]);
      for (size_t k = 0; k < 4; ++k) codes[4 * i + k] = static_cast<T>(code[k]);
    }
  }

  const SsdSamples& samples_;
  const BoxedPictures& pictures_;
  const SsdInput& input_;
  bool train_;
  std::vector<uint8_t> bytes_;
  Image decoded_;
  std::vector<float> pixels_;
};

}  // namespace

SsdSamples::SsdSamples(std::shared_ptr<const BoxedPictures> pictures, const SsdInput& input, bool train, DType dtype)
    : pictures_(std::move(pictures)), input_(input), train_(train) {
  check(dtype == DType::f32 || dtype == DType::f64, ErrorKind::internal, "detect: pictures are float32 or float64");
  fields_ = {Field{"image", dtype, {Ssd::image_size, Ssd::image_size, 3}}, Field{"label", DType::i32, {Ssd::boxes}},
             Field{"code", dtype, {Ssd::boxes, 4}}, Field{"extents", DType::i32, {2}}};
}

std::unique_ptr<Reader> SsdSamples::reader() const {
  return std::make_unique<SsdReader>(*this, *pictures_, input_, train_);
}

void read_for_ssd(const Image& picture, const SsdInput& input, Tensor& x) {
  std::vector<float> pixels;
  const FloatPicture floats = to_floats(picture);
  const CanvasView view = whole_view(picture.width, picture.height);
  dispatch_float("detect", x.dtype(), [&]<class T>() { write_view(floats, view, input, pixels, x.data<T>()); });
}

}  // namespace radial
