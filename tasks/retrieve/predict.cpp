#include "tasks/retrieve/predict.h"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/autograd.h"
#include "core/error.h"
#include "data/image.h"
#include "data/picture_samples.h"
#include "io/json_lines.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return fs::equivalent(a, b, error) && !error;
}

}  // namespace

NearestPictures::NearestPictures(std::unique_ptr<Embedder> embedder, const PictureOptions& pictures,
                                 const TrainOptions& train, ImageFolder gallery, int top)
    : embedder_(std::move(embedder)),
      input_(pictures.input(train)),
      image_size_(pictures.image_size),
      transform_(pictures.transform(false)),
      dtype_(weights_dtype(train.dtype)),
      gallery_(std::move(gallery)),
      top_(top) {
  TrainOptions all = train;
  all.limit_val = 0;
  Loader loader = evaluation_loader(
      all, std::make_shared<PictureSamples>(gallery_, pictures.transform(false), pictures.sample_dtype(train)));
  embeddings_ = *embed_all(*embedder_, input_, loader, {});
  check(!embeddings_.samples.empty(), ErrorKind::dataset, "predict: no picture of the gallery ", gallery_.root.string(),
        " could be used");
}

Predictor::Answer NearestPictures::predict(const std::string& file) {
  const NoGrad no_grad;
  const Image image = read_image(file);
  Tensor picture = Tensor::empty({1, image_size_, image_size_, 3}, dtype_);
  const Random unused(0, Stream::augment);
  if (dtype_ == DType::f64)
    transform_.run(image, unused, picture.data<double>());
  else
    transform_.run(image, unused, picture.data<float>());
  const Tensor vector = (*embedder_)(input_(picture));
  for (const double value : vector.to_vector())
    check(std::isfinite(value), ErrorKind::non_finite, "predict: ", file,
          ": the vector is not finite; are the weights?");

  SheetRow row{file, {}};
  const std::string folder = fs::absolute(file).lexically_normal().parent_path().filename().string();
  const bool known = std::find(gallery_.classes.begin(), gallery_.classes.end(), folder) != gallery_.classes.end();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const Neighbour& neighbour : nearest(vector, embeddings_.vectors, top_ + 1)) {
    const int64_t sample = embeddings_.samples[static_cast<size_t>(neighbour.index)];
    const fs::path path = gallery_.path(sample);
    if (std::ssize(row.nearest) == top_ || same_file(path, file)) continue;
    const std::string& name =
        gallery_.classes[static_cast<size_t>(gallery_.samples[static_cast<size_t>(sample)].label)];
    list.push_back({{"file", path.string()}, {"class", name}, {"similarity", neighbour.similarity}});
    text += fmt::format("{}{} {:.3f} ({})", text.empty() ? "" : ", ", name, neighbour.similarity, path.string());
    row.nearest.push_back({path, !known ? Frame::none : name == folder ? Frame::right : Frame::wrong});
  }
  rows_.push_back(std::move(row));
  return {json_text({{"file", file}, {"nearest", list}}), file + ": " + text};
}

void NearestPictures::write_sheet(const std::string& path) { write_contact_sheet(rows_, path); }

}  // namespace radial
