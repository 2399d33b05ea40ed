// boxes [STEPS]: a small detector, which learns where in a noisy picture two rectangles are.
#include <iostream>

#include "nn/nn.h"
#include "optim/adam.h"

using namespace radial;

Tensor low(const Tensor& boxes) { return narrow(boxes, -1, 0, 2); }   // boxes [..., 4]: x1, y1
Tensor high(const Tensor& boxes) { return narrow(boxes, -1, 2, 2); }  // x2, y2
Tensor area(const Tensor& sides) { return select(sides, -1, 0) * select(sides, -1, 1); }

// Intersection over union. The shapes join: [m, 1, 4] and [n, 4] give [m, n], that of all pairs.
Tensor overlap(const Tensor& a, const Tensor& b) {
  const Tensor common = area(clamp(minimum(high(a), high(b)) - maximum(low(a), low(b)), 0));
  return common / (area(high(a) - low(a)) + area(high(b) - low(b)) - common);
}

// How far places with these x and y, [n], lie inside of boxes [b, 2, 4]: [b, 2, n, n]; less than 0 outside.
Tensor depth(const Tensor& at, const Tensor& boxes) {
  const Tensor inside = minimum(at - unsqueeze(low(boxes), -1), unsqueeze(high(boxes), -1) - at);  // in x, in y
  return minimum(unsqueeze(select(inside, 2, 0), 2), unsqueeze(select(inside, 2, 1), 3));
}

int main(int argc, char** argv) {
  Sequential network;  // pictures [b, 64, 64, 1] -> [b, 8, 8, 5]: a score, and how far left, up, right, down a box goes
  for (int64_t in = 1, out = 16; out <= 64; in = out, out *= 2) {
    network.add<Conv2d>(in, out, Conv2d::Options{.kernel = 5, .stride = 2, .padding = 2});
    network.add<BatchNorm>(out);
    network.add<Relu>();
  }
  network.add<Conv2d>(64, 5, Conv2d::Options{.padding = 1, .bias = true});
  initialise(network, 0);
  AdamP optimizer(network.parameters(), {.lr = 5e-3});
  const Tensor pixels = arange(0.5, 64, 1, DType::f32), x = arange(4, 64, 8, DType::f32), y = unsqueeze(x, 1);
  for (uint64_t step = 1; step <= (argc > 1 ? std::stoul(argv[1]) : 1500); ++step) {
    const Tensor sides = 12 + 24 * rand({16, 2, 2}, {.seed = step});
    const Tensor corners = rand({16, 2, 2}, {.seed = step, .call = 1}) * (64 - sides);
    const Tensor truth = concat({corners, corners + sides}, -1);
    const Tensor painted = max(greater(depth(pixels, truth), 0).to(DType::f32), 1);  // [b, 64, 64]
    const Tensor picture = unsqueeze(painted + 0.3 * randn(painted.shape(), {.seed = step, .call = 2}), -1);
    const Tensor found = network(picture), score = select(found, -1, 0), reach = 8 * exp(narrow(found, -1, 1, 4));
    const auto to = [&](int edge) { return select(reach, -1, edge); };
    const Tensor boxes = stack({x - to(0), y - to(1), x + to(2), y + to(3)}, -1);
    const Extreme deepest = max_with_index(depth(x, truth), 1);  // which box a place has to tell: [b, 8, 8]
    const Tensor inside = greater(deepest.value, 0), weight = inside.to(DType::f32);
    const Tensor both = overlap(unsqueeze(boxes, 3), reshape(truth, {16, 1, 1, 2, 4}));
    const Tensor own = select(gather(both, 3, unsqueeze(deepest.index, 3)), 3, 0);
    const Tensor loss = bce_with_logits(score, weight) + sum(where(inside, 1 - own, 0)) / sum(weight);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 100 != 0) continue;
    // Of the first picture: boxes of the best scores, but none that tells of the same rectangle as a better one.
    const Tensor all = flatten(select(boxes, 0, 0), 0, 1), scores = flatten(select(score, 0, 0));
    const Tensor best = index_select(all, 0, nms(all, scores, 0.4)).slice(0, 2);
    const Tensor overlaps = max(overlap(unsqueeze(select(truth, 0, 0), 1), best), 1);  // of each rectangle
    std::cout << "step " << step << ": loss " << loss.item() << ", overlaps " << overlaps << '\n';
  }
}
