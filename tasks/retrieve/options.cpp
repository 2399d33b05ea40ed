#include "tasks/retrieve/options.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/picture_samples.h"
#include "io/weights_file.h"
#include "nn/summary.h"
#include "nn/weights.h"
#include "tasks/retrieve/predict.h"
#include "train/checkpoint.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace radial {
namespace {

using LossKind = RetrievalLoss::Kind;

const Choices<LossKind> loss_names = {{"triplet", LossKind::triplet}, {"proxy_anchor", LossKind::proxy_anchor}};
const Choices<Mining> mining_names = {{"all", Mining::all}, {"nearest", Mining::nearest}};

const Tensor* tensor_in(const TensorFile& file, const std::string& name) {
  for (const auto& [full, tensor] : file.tensors)
    if (full == name || full.ends_with("." + name)) return &tensor;
  return nullptr;
}

// The weights of a classifier have no embedding, and their last layer serves nobody here.
std::vector<std::string> load_backbone(Embedder& embedder, TrainOptions train) {
  const std::string path = weights_path(train.init);
  const TensorFile file = read_weights_file(path).file;
  if (tensor_in(file, "embedding.weight") == nullptr) {
    train.init_skip.emplace_back("embedding");
    if (embedder.proxies()) train.init_skip.emplace_back("proxies");
    if (tensor_in(file, "fc.weight") != nullptr) train.init_skip.emplace_back("fc");
  }
  return load_initial_weights(embedder, train);
}

std::unique_ptr<Loader> search_loader(const TrainOptions& train, const PictureOptions& pictures,
                                      const ImageFolder& folder) {
  return std::make_unique<Loader>(evaluation_loader(
      train, std::make_shared<PictureSamples>(folder, pictures.transform(false), pictures.sample_dtype(train))));
}

}  // namespace

void RetrieveOptions::list_options(OptionList& list) {
  pictures.list_options(list);
  list.group("Retrieval");
  list.add("arch", arch, "Architecture of the features: resnet18, resnet50 or another with feature maps", model_name());
  list_stem(list, stem);
  list.add("embedding", embedding, "Length of the vectors", within(1, 1 << 20));
  list.add_choice("retrieve-loss", loss, loss_names, "triplet, with semi-hard mining, or proxy_anchor");
  list.add_choice("mining", mining, mining_names,
                  "Triplets (docs/retrieval.md): all that are semi-hard, or the nearest negative that is farther");
  list.add("margin", margin, "Of the loss (default 0.1; with --mining nearest 1)", at_least(0));
  list.add("alpha", alpha, "proxy_anchor: scale of the similarities", at_least(0)).in_evaluation = false;
  list.add("proxy-lr", proxy_lr, "proxy_anchor: learning rate of the proxies, times --lr", at_least(0)).in_evaluation =
      false;
  list.add("per-class", per_class, "Batches of so many pictures of each of their classes; 0: batches as they come",
           at_least(0))
      .in_evaluation = false;
  list.add("head-epochs", head_epochs, "First epochs in which the embedding layer and the proxies alone are trained",
           at_least(0))
      .in_evaluation = false;
  list.add("freeze-bn", freeze_bn, "batch norms keep the running statistics of --init").in_evaluation = false;
  list.add("recall-at", recall_at, "K of Recall@K; the first decides which epoch is best", at_least(1));
  list.add("class-split", class_split, "DATA/<class>/*: the first share of the sorted classes trains", within(0, 0.99));
}

void RetrieveOptions::resolve(const TrainOptions& train) {
  pictures.resolve();
  if (!margin) margin = loss == LossKind::triplet && mining == Mining::nearest ? 1 : 0.1;
  check(!recall_at.empty(), "train: --recall-at needs at least one number");
  std::sort(recall_at.begin(), recall_at.end());
  recall_at.erase(std::unique(recall_at.begin(), recall_at.end()), recall_at.end());
  check(per_class == 0 || train.batch_size % per_class == 0, "train: --batch-size ", train.batch_size,
        " is no multiple of --per-class ", per_class);
  check(per_class == 0 || train.shuffle, "train: --per-class draws its batches, so --no-shuffle cannot be had with it");
}

void RetrieveOptions::learn_from(const TensorFile& file, const std::string& path) {
  const ModelOptions model = from_metadata(file.metadata, {.arch = ""}, path);
  arch = model.arch;
  stem = model.stem;
  pictures.image_size = model.image_size;
}

void RetrieveOptions::open_data(const TrainOptions& train) {
  pictures.check_sizes();
  folders_ = std::make_shared<const RetrievalFolders>(open_retrieval(train.data, class_split, train.on_bad));
}

EmbedderOptions RetrieveOptions::network_options(uint64_t seed, int64_t classes) const {
  return {.model = {.arch = arch, .classes = 1, .stem = stem, .image_size = pictures.image_size, .seed = seed},
          .embedding = embedding,
          .proxies = loss == LossKind::proxy_anchor ? classes : 0};
}

RetrievalLoss RetrieveOptions::loss_options() const {
  return {.kind = loss, .mining = mining, .margin = *margin, .alpha = alpha};
}

std::unique_ptr<Task> RetrieveOptions::open(const TrainOptions& train) {
  check(!freeze_bn || !train.init.empty() || !train.resume.empty(),
        "train: --freeze-bn keeps statistics of trained weights, which --init has to give");
  const ImageFolder& folder = folders_->train;
  const EmbedderOptions network = network_options(train.seed, std::ssize(folder.classes));
  auto embedder = std::make_unique<Embedder>(network);
  if (freeze_bn) embedder->freeze_batch_norms();
  place(*embedder, train.device, train.dtype);
  std::vector<std::string> notes;
  if (!train.init.empty()) notes = load_backbone(*embedder, train);
  auto samples = std::make_shared<PictureSamples>(folder, pictures.transform(true), pictures.sample_dtype(train));
  Order order = train.shuffle ? shuffled(samples->size(), train.seed) : in_order(samples->size());
  if (per_class > 0) order = balanced(folder.labels(), train.batch_size, per_class, train.seed);
  return std::make_unique<Retrieve>(
      Retrieve::Parts{.network = network,
                      .embedder = std::move(embedder),
                      .input = pictures.input(train),
                      .dtype = train.dtype,
                      .loss = loss_options(),
                      .recall_at = recall_at,
                      .head_epochs = head_epochs,
                      .proxy_lr = proxy_lr,
                      .frozen_norms = freeze_bn,
                      .folders = folders_,
                      .train = std::make_unique<Loader>(training_loader(train, std::move(samples), order)),
                      .gallery = search_loader(train, pictures, folders_->gallery),
                      .query = folders_->has_query() ? search_loader(train, pictures, folders_->query) : nullptr,
                      .notes = std::move(notes)});
}

std::unique_ptr<Embedder> RetrieveOptions::trained_embedder(const TrainOptions& train, const Weights& weights) {
  check(!arch.empty(), weights.path, " does not say its architecture; use --arch");
  const Tensor *head = tensor_in(weights.file, "embedding.weight"), *proxies = tensor_in(weights.file, "proxies");
  check(head != nullptr && head->rank() == 2, ErrorKind::file_format, "load: ", weights.path,
        " has no embedding layer (embedding.weight): these are no weights of --task retrieve");
  embedding = head->dim(0);
  EmbedderOptions network = network_options(0, 0);
  if (proxies != nullptr && proxies->rank() == 2) network.proxies = proxies->dim(0);
  auto embedder = std::make_unique<Embedder>(network);
  place(*embedder, train.device, train.dtype);
  load_weights(*embedder, weights.file, weights.path, {.any_prefix = true});
  embedder->eval();
  return embedder;
}

std::unique_ptr<Task> RetrieveOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                           const Weights& weights) {
  pictures.check_sizes();
  auto embedder = trained_embedder(train, weights);
  RetrievalFolders folders;
  if (split == "train") {
    folders.gallery = class_split > 0 ? open_retrieval(train.data, class_split, train.on_bad).train
                                      : open_split(train.data, "train", train.on_bad);
  } else {
    folders = open_searched(train.data, class_split, train.on_bad);
  }
  const auto kept = std::make_shared<const RetrievalFolders>(std::move(folders));
  return std::make_unique<Retrieve>(
      Retrieve::Parts{.network = network_options(0, 0),
                      .embedder = std::move(embedder),
                      .input = pictures.input(train),
                      .dtype = train.dtype,
                      .loss = loss_options(),
                      .recall_at = recall_at,
                      .folders = kept,
                      .gallery = search_loader(train, pictures, kept->gallery),
                      .query = kept->has_query() ? search_loader(train, pictures, kept->query) : nullptr});
}

std::unique_ptr<Predictor> RetrieveOptions::predictor(const TrainOptions& train, const Weights& weights, int top) {
  pictures.check_sizes();
  check(!train.data.empty(), "predict: --gallery DATA is missing: the pictures among which the nearest are looked for");
  auto embedder = trained_embedder(train, weights);
  return std::make_unique<NearestPictures>(std::move(embedder), pictures, train,
                                           open_gallery(train.data, class_split, train.on_bad), top);
}

ModelSummary RetrieveOptions::summary(const TrainOptions& train, const Weights& weights) {
  const auto embedder = trained_embedder(train, weights);
  return summarise(*embedder, {1, pictures.image_size, pictures.image_size, 3});
}

}  // namespace radial
