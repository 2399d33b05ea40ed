#include "tasks/rebias/options.h"

#include <utility>

#include "core/error.h"
#include "data/colour_bias.h"
#include "data/picture_samples.h"
#include "nn/init.h"
#include "tasks/class_folders.h"
#include "tasks/picture_options.h"
#include "tasks/rebias/groups.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace radial {
namespace {

constexpr uint64_t seed_of_tests = 0;  // test sets are the same for each training

const Choices<Sigma>& sigma_names() {
  static const Choices<Sigma> names = {{"fixed", Sigma::fixed}, {"median", Sigma::median}, {"swapped", Sigma::swapped}};
  return names;
}

const Choices<Bias>& bias_names() {
  static const Choices<Bias> names = {{"colour", Bias::colour}, {"none", Bias::none}};
  return names;
}

// The network that sees nothing but the bias, for one that is to see more.
std::string beside(const std::string& arch) {
  if (arch == "rebias_conv7") return "rebias_conv1";
  if (arch == "rebias_conv7_half") return "rebias_conv1_half";
  if (arch == "resnet18") return "bagnet18";
  fail(ErrorKind::usage, "train: --task rebias knows no second network beside ", arch,
       " but for rebias_conv7, rebias_conv7_half and resnet18");
}

}  // namespace

void RebiasOptions::list_options(OptionList& list) {
  list_picture_options(list);
  list_class_options(list);
  list.group("ReBias");
  list.add_choice("bias", bias, bias_names(),
                  "colour: black backgrounds get a colour, and all else becomes white; none (default: colour for "
                  "rebias_conv7)");
  list.add("rho", rho, "Share of the training pictures of a class that have its colour", within(0, 1)).in_evaluation =
      false;
  list.add("lambda", lambda, "Weight of the dependence of f on g in the loss of f", at_least(0)).in_evaluation = false;
  list.add("lambda-g", lambda_g, "Weight of the same in the loss of g, which wants it", at_least(0)).in_evaluation =
      false;
  list.add_choice(
          "sigma", sigma, sigma_names(),
          "Of the kernels: 1; by the median distance of features, before each epoch; the same, exchanged in g's "
          "step as in the authors' code (default: fixed with colours, else median)")
      .in_evaluation = false;
  list.add("superclasses", superclasses, "CSV folder,class: classes of several folders each; others are left out")
      .type = "FILE";
  list.add("clusters", clusters, "CSV file,cluster1[,cluster2...] of validation: unbiased accuracy is over cells")
      .type = "FILE";
  list.add("extra-val", extra_val, "More pictures to evaluate, a folder a class: the result \"extra\"").type = "DIR";
}

void RebiasOptions::resolve(const TrainOptions& train) {
  ClassifyOptions::resolve(train);
  if (!bias) bias = model.arch.starts_with("rebias_conv") ? Bias::colour : Bias::none;
  if (!sigma) sigma = bias == Bias::colour ? Sigma::fixed : Sigma::median;
  check(bias == Bias::none || clusters.empty(), "train: --clusters has no effect with --bias colour");
  for (std::string* path : {&superclasses, &clusters, &extra_val}) make_absolute(*path);
  check((lambda == 0 && lambda_g == 0) || train.batch_size >= 4, "train: --batch-size is ", train.batch_size,
        " but the dependence of two networks is estimated from at least 4 samples");
}

std::shared_ptr<const Samples> RebiasOptions::painted(const TrainOptions& train, const ImageFolder& folder,
                                                      bool training, double share, uint64_t seed) const {
  return std::make_shared<PictureSamples>(
      folder, transform(training), picture_dtype(train),
      biased_colours(folder.labels(), static_cast<int>(folder.classes.size()), share, seed));
}

std::shared_ptr<const Samples> RebiasOptions::samples(const TrainOptions& train, const ImageFolder& folder,
                                                      bool training) const {
  if (bias == Bias::none) return ClassifyOptions::samples(train, folder, training);
  return painted(train, folder, training, training ? rho : 1, training ? train.seed : seed_of_tests);
}

ImageFolder RebiasOptions::grouped(ImageFolder folder, bool training) const {
  return superclasses.empty() ? folder : Superclasses(superclasses).of(folder, training);
}

void RebiasOptions::add_tests(Rebias::Other& other, const TrainOptions& train, const ImageFolder& val) const {
  const auto add = [&](const char* name, std::shared_ptr<const Samples> samples) {
    other.tests.push_back({{name, name, true}, std::make_unique<Loader>(evaluation_loader(train, std::move(samples)))});
  };
  if (bias == Bias::colour) {
    add("unbiased", painted(train, val, false, 1.0 / bias_colours, seed_of_tests));
    add("rho0", painted(train, val, false, 0, seed_of_tests));
  }
  if (!clusters.empty()) other.clusters = std::make_shared<const Clusters>(clusters, val);
  if (extra_val.empty()) return;
  ImageFolder extra = grouped(open_image_folder(extra_val, train.on_bad), false);
  if (superclasses.empty()) match_labels(extra, model.classes, val.classes);
  other.extra = std::make_shared<const ImageFolder>(std::move(extra));
  add("extra", ClassifyOptions::samples(train, *other.extra, false));
}

std::unique_ptr<Task> RebiasOptions::open(const TrainOptions& train) {
  Rebias::Other other{.arch = beside(model.arch),
                      .lambda = lambda,
                      .lambda_g = lambda_g,
                      .sigma = lambda == 0 && lambda_g == 0 ? Sigma::fixed : *sigma,
                      .accumulate = train.accumulate.value_or(1)};
  add_tests(other, train, dataset().val);
  if (other.sigma != Sigma::fixed)
    other.again = std::make_unique<Loader>(whole_training_loader(train, samples(train, dataset().train, true)));
  Classify::Parts parts = training_parts(train);
  ModelOptions second = model;
  second.arch = other.arch;
  second.stem = Stem::imagenet;
  other.model = make_model(second);
  initialise(*other.model, train.seed, 1);
  place(*other.model, train.device, train.dtype);
  return std::make_unique<Rebias>(std::move(parts), std::move(other));
}

std::unique_ptr<Task> RebiasOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                         const Weights& weights) {
  Classify::Parts parts = evaluation_parts(train, split, weights);
  Rebias::Other other;
  add_tests(other, train, parts.dataset->val);
  return std::make_unique<Rebias>(std::move(parts), std::move(other));
}

}  // namespace radial
