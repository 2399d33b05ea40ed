// Fits y = 2 x - 1 with a linear layer: what a program that uses an installed Radial looks like.
#include <iostream>

#include "core/ops.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "optim/sgd.h"

int main() {
  const auto x = radial::Tensor::from(std::vector<float>{-1, 0, 1, 2}, {4, 1});
  const auto y = radial::Tensor::from(std::vector<float>{-3, -1, 1, 3}, {4, 1});
  radial::Linear line(1, 1);
  radial::initialise(line, 0);
  radial::SGD sgd(line.parameters(), {.lr = 0.1, .momentum = 0.5});
  double loss = 0;
  for (int step = 0; step < 100; ++step) {
    const auto error = sub(line(x), y);
    const auto squares = mean(mul(error, error));
    loss = squares.item();
    sgd.zero_grad();
    squares.backward();
    sgd.step();
  }
  std::cout << "y = " << line.parameters()[0].tensor.item() << " x + " << line.parameters()[1].tensor.item()
            << ", loss " << loss << '\n';
  return loss < 1e-6 ? 0 : 1;
}
