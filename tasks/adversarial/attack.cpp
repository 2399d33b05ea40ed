#include "tasks/adversarial/attack.h"

#include "core/autograd.h"
#include "core/ops.h"

namespace radial {
namespace {

constexpr double least = 1e-30;  // what is divided by: float32 has it and its reciprocal

// A number of each picture, [n], for all its values: [n, 1, ..., 1].
Tensor for_each_value(const Tensor& numbers, const Tensor& pictures) {
  Shape shape = pictures.shape();
  for (int i = 1; i < shape.rank(); ++i) shape.set(i, 1);
  return reshape(numbers, shape);
}

Tensor l2_norm(const Tensor& pictures) { return for_each_value(sqrt(row_dots(pictures, pictures)), pictures); }

// The largest |value| of each picture.
Tensor max_norm(const Tensor& pictures) { return for_each_value(max(flatten(abs(pictures), 1), {1}), pictures); }

Tensor gradient_at(const Tensor& x, const std::function<Tensor(const Tensor&)>& loss) {
  Tensor leaf = x.detach();
  leaf.set_requires_grad();
  return grad(loss(leaf), {leaf})[0];
}

}  // namespace

// The largest value is divided out first: squares of the gradients of a network that is sure may vanish.
Tensor direction(const Tensor& gradient, AttackGradient form) {
  if (form == AttackGradient::sign) return sign(gradient);
  const Tensor scaled = gradient / clamp(max_norm(gradient), least);
  return scaled / clamp(l2_norm(scaled), least);
}

Tensor projected(const Tensor& x, const Tensor& clean, const Attack& attack) {
  if (attack.norm == AttackNorm::linf) return minimum(maximum(x, clean - attack.epsilon), clean + attack.epsilon);
  const Tensor apart = x - clean;
  return clean + apart * clamp(attack.epsilon / clamp(l2_norm(apart), least), 0, 1);
}

Tensor attack_start(const Tensor& clean, const Attack& attack, const RandomKey& key) {
  if (!attack.on() || attack.start == AttackStart::clean) return clean;
  const Tensor box = rand(clean.shape(), key, clean.dtype(), clean.device()) * (2 * attack.epsilon) - attack.epsilon;
  return clamp(clean + box, 0, 1);
}

Tensor attacked(const Tensor& clean, const Tensor& start, const Attack& attack,
                const std::function<Tensor(const Tensor& pictures)>& loss) {
  if (!attack.on()) return clean;
  Tensor x = start;
  for (int k = 0; k < attack.steps; ++k) {
    const Tensor along = direction(gradient_at(x, loss), attack.gradient);
    x = clamp(projected(x + along * attack.step, clean, attack), 0, 1);
  }
  return x;
}

}  // namespace radial
