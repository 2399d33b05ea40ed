// A small transformer learns to write from a text, letter by letter.
//   letters [TEXT] [STEPS]
#include <iostream>

#include "core/random.h"
#include "io/file.h"
#include "nn/nn.h"
#include "optim/adam.h"

using namespace radial;

int main(int argc, char** argv) {
  constexpr int64_t span = 64, width = 128, letters = 256;  // letters seen at once, numbers for each, kinds: bytes
  const std::string text = read_text(argc > 1 ? argv[1] : "README.md");
  const int steps = argc > 2 ? std::stoi(argv[2]) : 2000;
  const Tensor data = Tensor::from(std::vector<uint8_t>(text.begin(), text.end()), {std::ssize(text)}).to(DType::i32);

  Sequential writer;  // letters [n, span] -> logits [n, span, letters] of the one that follows each
  writer.add<Embedding>(letters, width);
  writer.add<PositionEmbedding>(span, width);
  for (int i = 0; i < 3; ++i) {
    auto& look = writer.add<Residual>();  // at the letters before
    look.add<LayerNorm>(width);
    look.add<SelfAttention>(width, 4, SelfAttention::Options{.causal = true});
    auto& think = writer.add<Residual>();  // about each for itself
    think.add<LayerNorm>(width);
    think.add<Linear>(width, 4 * width);
    think.add<Gelu>();
    think.add<Linear>(4 * width, width);
  }
  writer.add<LayerNorm>(width);
  writer.add<Linear>(width, letters);
  initialise(writer, 0);
  AdamP optimizer(writer.parameters(), {.lr = 2e-3, .weight_decay = 0.01});
  Random random(0, Stream::draw);
  for (int step = 0; step <= steps; ++step) {
    std::vector<Tensor> parts(16);
    for (Tensor& part : parts) part = narrow(data, 0, random.below(std::ssize(text) - span), span + 1);
    const Tensor batch = stack(parts), logits = writer(narrow(batch, 1, 0, span));
    const Tensor loss = cross_entropy(flatten(logits, 0, 1), flatten(narrow(batch, 1, 1, span)));
    if (step % 100 == 0) std::cout << "step " << step << ": loss " << loss.item() << '\n';
    optimizer.zero_grad();
    loss.backward();
    optimizer.set_lr_factor(1 - 0.9 * step / steps);
    optimizer.step();
  }

  const NoGrad no_grad;
  Tensor seen = data.slice(0, span);
  for (uint64_t i = 0; i < 500; ++i) {
    const Tensor logits = select(writer(unsqueeze(seen, 0)), 1, -1);
    const Tensor letter = argmax(logits - log(-log(rand(logits.shape(), {.seed = i}))), 1);  // drawn from their softmax
    std::cout << static_cast<char>(letter.item());
    seen = concat({seen.slice(1, span), letter});
  }
  std::cout << '\n';
}
