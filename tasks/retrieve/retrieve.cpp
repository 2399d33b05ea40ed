#include "tasks/retrieve/retrieve.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/picture_samples.h"
#include "io/safetensors.h"
#include "nn/freeze.h"
#include "tasks/class_folders.h"
#include "train/together.h"

namespace radial {
namespace {

Tensor labels_tensor(std::span<const int32_t> labels) { return Tensor::from(labels, {std::ssize(labels)}); }

// Unit vectors in the directions of the classes' means: labels become 0, 1, ... in the order of their first pictures.
struct ClassMeans {
  Tensor means;                 // [classes, d]
  std::vector<int32_t> labels;  // of each embedding
};

ClassMeans class_means(const Embeddings& embeddings) {
  ClassMeans found;
  std::map<int32_t, int32_t> known;
  for (const int32_t label : embeddings.labels)
    found.labels.push_back(known.emplace(label, static_cast<int32_t>(known.size())).first->second);
  const Tensor& vectors = embeddings.vectors;
  const std::vector<double> values = vectors.to_vector();
  const auto d = static_cast<size_t>(vectors.dim(1));
  std::vector<double> sums(known.size() * d);
  for (size_t i = 0; i < values.size(); ++i) sums[static_cast<size_t>(found.labels[i / d]) * d + i % d] += values[i];
  const Tensor means = unit_rows(Tensor::from(sums, {std::ssize(known), vectors.dim(1)}));
  found.means = means.to(vectors.dtype()).to(vectors.device());
  return found;
}

double evaluation_loss(const RetrievalLoss& loss, const Embeddings& embeddings) {
  constexpr int64_t piece = 120;  // not the batches', on which the loss should not depend
  const bool anchors = loss.kind == RetrievalLoss::Kind::proxy_anchor;
  const ClassMeans classes = anchors ? class_means(embeddings) : ClassMeans{};
  const std::span<const int32_t> labels = anchors ? classes.labels : embeddings.labels;
  const int64_t n = std::ssize(labels);
  double sum = 0;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t end = std::min(begin + piece, n);
    const Tensor of_piece = labels_tensor(labels.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    sum +=
        static_cast<double>(end - begin) * loss(embeddings.vectors.slice(begin, end), classes.means, of_piece).item();
  }
  return sum / static_cast<double>(n);
}

void write_embeddings(const Embeddings& embeddings, const std::string& path) {
  TensorFile file;
  const Tensor vectors = embeddings.vectors.to(Device{});
  file.tensors.emplace("embeddings", vectors);
  file.tensors.emplace("labels", labels_tensor(embeddings.labels));
  write_safetensors(path, file);
}

}  // namespace

Tensor RetrievalLoss::operator()(const Tensor& embeddings, const Tensor& proxies, const Tensor& labels) const {
  if (kind == Kind::triplet) return triplet_loss(embeddings, labels, mining, margin);
  return proxy_anchor_loss(embeddings, proxies, labels, {.alpha = alpha, .margin = margin});
}

Retrieve::Retrieve(Parts parts) : parts_(std::move(parts)) {
  parties_ = {{"", parts_.embedder.get()}};
  if (parts_.network.proxies > 0) parties_[0].lr_factors["proxies"] = parts_.proxy_lr;
  facts_.measures = {Measure{{"loss", "loss"}}};
  facts_.results = {Column{"loss", "loss"}};
  for (const int k : parts_.recall_at)
    facts_.results.push_back({fmt::format("recall{}", k), fmt::format("R@{}", k), true});
  facts_.decides = facts_.results[1].name;
  facts_.writes_predictions = true;
  facts_.metadata = to_metadata(parts_.network.model);
  facts_.metadata.erase("radial.classes");
  facts_.notes = parts_.notes;
  facts_.network = fmt::format("{}, {:.2f} M parameters, {}, vectors of {}", parts_.network.model.arch,
                               static_cast<double>(parts_.embedder->parameter_count()) / 1e6, parts_.dtype,
                               parts_.network.embedding);
  if (!parts_.folders) return;
  const RetrievalFolders& folders = *parts_.folders;
  for (const ImageFolder* folder : {&folders.train, &folders.gallery, &folders.query})
    facts_.unusable.insert(facts_.unusable.end(), folder->unusable.begin(), folder->unusable.end());
  if (!parts_.train) return;
  facts_.data = fmt::format("{} pictures of {} classes to train on, {} of {} {} at {} px", folders.train.size(),
                            folders.train.classes.size(), folders.gallery.size(), folders.gallery.classes.size(),
                            folders.has_query() ? fmt::format("searched by {}", folders.query.size()) : "to search",
                            parts_.network.model.image_size);
}

Loader& Retrieve::batches() {
  check(parts_.train != nullptr, ErrorKind::internal, "retrieve: there are no pictures to train on");
  return *parts_.train;
}

std::vector<Loader*> Retrieve::loaders() {
  std::vector<Loader*> loaders;
  for (const auto* loader : {&parts_.train, &parts_.gallery, &parts_.query})
    if (*loader != nullptr) loaders.push_back(loader->get());
  return loaders;
}

void Retrieve::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  Embedder& embedder = *parts_.embedder;
  const auto features = [&] {
    const Tensor pictures = parts_.input(batch[PictureSamples::image]);
    if (batch.epoch > parts_.head_epochs) return embedder.pool(pictures);
    const NoGrad no_grad;  // what has no gradient takes no step, and does not decay
    return embedder.pool(pictures);
  };
  const Tensor loss = parts_.loss(embedder.embed(features()), embedder.proxies(), batch[PictureSamples::label]);
  numbers.copy_from(loss.detach().to(DType::f64).view({1}));
  add_gradients(loss, turn.share);
}

std::optional<Evaluation> Retrieve::evaluate(const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const bool two = parts_.query != nullptr;
  const auto gallery = embed_all(*parts_.embedder, parts_.input, *parts_.gallery, hooks);
  if (!gallery) return std::nullopt;
  std::optional<Embeddings> query;
  if (two) query = embed_all(*parts_.embedder, parts_.input, *parts_.query, hooks);
  if (two && !query) return std::nullopt;
  const Embeddings& asked = two ? *query : *gallery;
  Evaluation found{std::ssize(asked.labels), {}};
  if (found.samples == 0 || gallery->labels.empty()) return Evaluation{0, std::vector<double>(facts_.results.size())};
  found.values.push_back(evaluation_loss(parts_.loss, *gallery));
  const std::vector<Rank> nearness = ranks(asked.vectors, asked.labels, gallery->vectors, gallery->labels, !two);
  for (const int k : parts_.recall_at) found.values.push_back(recall_at(nearness, k, two));
  if (!hooks.predictions.empty()) write_embeddings(asked, hooks.predictions);
  return found;
}

void Retrieve::try_one_sample(std::span<const std::string> frozen) {
  const int64_t size = parts_.network.model.image_size;
  Embedder probe(parts_.network);
  if (parts_.frozen_norms) probe.freeze_batch_norms();
  freeze(probe, frozen);
  probe(Tensor::zeros({1, size, size, 3}));
}

std::string Retrieve::describe_data() const {
  const RetrievalFolders& folders = *parts_.folders;
  std::vector<NamedFolder> named = {{"train", &folders.train},
                                    {folders.has_query() ? "gallery" : "val", &folders.gallery}};
  if (folders.has_query()) named.push_back({"query", &folders.query});
  const bool split = folders.train.root == folders.gallery.root;
  return describe_class_folders((split ? folders.train.root : folders.train.root.parent_path()).string(), named);
}

void Retrieve::check_same_data(const std::string& before, const std::string& path, const std::string& now) const {
  check_same_class_folders(before, path, now);
}

std::optional<Embeddings> embed_all(Embedder& embedder, const NetworkInput& input, Loader& loader,
                                    const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const EvaluationMode evaluation(embedder);
  Embeddings all;
  std::vector<Tensor> parts;
  const bool done = for_each_batch(loader, hooks, [&](const Batch& batch) {
    parts.push_back(embedder(input(batch[PictureSamples::image])));
    const Tensor& labels = batch[PictureSamples::label];
    all.labels.insert(all.labels.end(), labels.data<int32_t>(), labels.data<int32_t>() + labels.numel());
    all.samples.insert(all.samples.end(), batch.samples.begin(), batch.samples.end());
  });
  if (!done) return std::nullopt;
  all.vectors = joined_rows(*hooks.group, parts.empty() ? Tensor() : concat(parts), input.device);
  all.labels = joined_ranks<int32_t>(*hooks.group, all.labels);
  all.samples = joined_ranks<int64_t>(*hooks.group, all.samples);
  return all;
}

}  // namespace radial
