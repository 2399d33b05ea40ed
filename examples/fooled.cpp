// fooled [DATA]: pictures that look as before, and that a network takes for something else. The gradient of the loss
// with respect to the pixels says how to change them. DATA as `radial synth DATA --classes 2 --size 32` draws it.
#include <iostream>

#include "data/loader.h"
#include "data/picture_samples.h"
#include "models/models.h"
#include "nn/freeze.h"
#include "nn/nn.h"
#include "optim/sgd.h"

using namespace radial;

// Ten steps uphill for the loss. No value of a pixel, 0 to 1, changes by more than epsilon.
Tensor attack(Layer& network, const Tensor& pixels, const Tensor& labels, double epsilon) {
  const NoParameterGradients pixels_alone(network);
  Tensor changed = pixels;
  for (int step = 0; step < 10; ++step) {
    Tensor here = changed.detach();
    const Tensor loss = cross_entropy(network(here.set_requires_grad()), labels);
    const Tensor moved = here.detach() + epsilon / 4 * sign(grad(loss, {here})[0]);
    changed = clamp(minimum(maximum(moved, pixels - epsilon), pixels + epsilon), 0, 1);
  }
  return changed;
}

int main(int argc, char** argv) {
  const Dataset data = open_dataset(argc > 1 ? argv[1] : "data");
  TransformOptions look{.image_size = 32, .augment = Augment::crop, .mean = {0, 0, 0}, .std = {1, 1, 1}};
  const auto train = std::make_shared<PictureSamples>(data.train, look, DType::f32);
  look.train = false;
  const auto val = std::make_shared<PictureSamples>(data.val, look, DType::f32);
  Loader training(train, shuffled(train->size(), 0), {.batch_size = 32}), validation(val, in_order(val->size()), {});

  const auto network = make_model({.arch = "convnet", .classes = static_cast<int>(data.train.classes.size())});
  SGDP optimizer(network->parameters(), {.lr = 0.05, .momentum = 0.9});
  for (int epoch = 1; epoch <= 10; ++epoch) {
    optimizer.set_lr_factor(1 - (epoch - 1) / 10.0);  // smaller steps at the end: the last weights are good ones
    Tensor loss;
    training.start(epoch);
    while (const auto batch = training.next()) {
      loss = cross_entropy((*network)((*batch)[0]), (*batch)[1]);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
    std::cout << "epoch " << epoch << ": loss " << loss.item() << '\n';
  }

  network->eval();
  for (const double epsilon : {0.0, 0.5 / 255, 1.0 / 255, 2.0 / 255, 4.0 / 255}) {
    double right = 0;
    validation.start(1);
    while (const auto batch = validation.next()) {
      const Tensor logits = (*network)(attack(*network, (*batch)[0], (*batch)[1], epsilon));
      right += sum(equal(argmax(logits, 1), (*batch)[1]).to(DType::f32)).item();
    }
    std::cout << "up to " << 255 * epsilon << "/255: accuracy " << right / static_cast<double>(val->size()) << '\n';
  }
}
