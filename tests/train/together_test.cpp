// What one rank meets is what all ranks throw.
#include "train/together.h"

#include <mutex>
#include <set>

#include "tasks/classify/options.h"
#include "tests/catch.h"
#include "tests/dist/thread_group.h"
#include "tests/train/pictures.h"
#include "train/non_finite.h"
#include "train/same_weights.h"

using namespace radial;

namespace {

// What f throws on each of three ranks: "KIND MESSAGE", "" for nothing.
std::vector<std::string> thrown(const std::function<void(Group&)>& f) {
  std::vector<std::string> messages(3);
  ThreadGroups(3).run([&](Group& group) {
    std::string& message = messages[static_cast<size_t>(group.rank())];
    try {
      f(group);
    } catch (const NonFiniteLoss& loss) {
      message = "5 " + std::string(loss.what()) + " " + loss.where() + " " + loss.samples().at(0);
    } catch (const Error& error) {
      message = std::to_string(static_cast<int>(error.kind())) + " " + error.what();
    } catch (const std::exception& error) {
      message = std::string("exception ") + error.what();
    }
    if (group.ends_together() == message.empty()) message += " (and knows nothing of the others)";
  });
  return messages;
}

using Messages = std::vector<std::string>;

// A classifier that keeps a number beside its network.
class Keeping : public Classify {
 public:
  explicit Keeping(float number)
      : Classify({.network = {}, .model = make_model({.arch = "mlp", .classes = 2, .image_size = 4}), .input = {}}),
        kept_(Tensor::full({1}, number)) {}
  std::vector<NamedTensor> state() override { return {{"kept", kept_}}; }

 private:
  Tensor kept_;
};

}  // namespace

TEST_CASE("an error of one rank is thrown by all, and they know of each other") {
  CHECK(thrown([](Group& group) { together(group, [] {}); }) == Messages{"", "", ""});
  CHECK(thrown([](Group& group) {
          together(group, [&] { check(group.rank() != 1, ErrorKind::dataset, "a picture"); });
        }) == Messages{"3 rank 1: a picture", "3 a picture", "3 rank 1: a picture"});
  // The first of several; errors of the system keep their kind.
  CHECK(thrown([](Group& group) {
          together(group, [&] {
            if (group.rank() == 1) throw std::bad_alloc();
            check(group.rank() != 2, "later");
          });
        })[0] == "6 rank 1: std::bad_alloc");
  CHECK(thrown([](Group& group) {
          together(group, [&] {
            if (group.rank() == 0) throw NonFiniteLoss("NaN", "the weight fc", {"a.png"});
          });
        }) == Messages{"5 NaN the weight fc a.png", "5 rank 0: NaN the weight fc a.png",
                       "5 rank 0: NaN the weight fc a.png"});
}

TEST_CASE("what rank 0 does alone fails for all") {
  std::mutex mutex;
  std::set<int> ranks;
  CHECK(thrown([&](Group& group) {
          lead(group, [&] {
            const std::lock_guard lock(mutex);
            ranks.insert(group.rank());
            fail(ErrorKind::io, "full");
          });
        }) == Messages{"7 full", "7 rank 0: full", "7 rank 0: full"});
  CHECK(ranks == std::set<int>{0});
}

TEST_CASE("ranks with other options or weights are told apart, by name") {
  CHECK(thrown([](Group& group) { check_same(group, "data", "the same"); }) == Messages{"", "", ""});
  const Messages other = thrown([](Group& group) { check_same(group, "data", group.rank() == 2 ? "b" : "a"); });
  CHECK(other[0] == "2 several processes: rank 2 has other data than rank 0");

  TrainOptions train;
  ClassifyOptions classify;
  train.data = small_pictures();
  train.device = "cpu";
  classify.model.arch = "convnet";
  classify.model.image_size = 16;
  resolve(train);
  classify.resolve(train);
  classify.open_data(train);
  std::vector<std::unique_ptr<Task>> tasks;
  for (int rank = 0; rank < 3; ++rank) tasks.push_back(classify.open(train));
  const auto compare = [&](Group& group) {
    check_same_weights(group, *tasks[static_cast<size_t>(group.rank())], "after epoch 3");
  };
  CHECK(thrown(compare) == Messages{"", "", ""});
  Tensor bias = tasks[1]->parties()[0].network->parameters().back().tensor;
  const std::string name = tasks[1]->parties()[0].network->parameters().back().name;
  bias.data<float>()[0] = std::nextafter(bias.data<float>()[0], 1.0F);
  for (const std::string& message : thrown(compare)) {
    CHECK(message.find("after epoch 3") != std::string::npos);
    CHECK(message.find(name) != std::string::npos);
  }
}

TEST_CASE("what a task keeps is compared, too") {
  const Messages same = thrown([](Group& group) {
    Keeping task(1);
    check_same_weights(group, task, "after epoch 3");
  });
  CHECK(same == Messages{"", "", ""});
  for (const std::string& message : thrown([](Group& group) {
         Keeping task(group.rank() == 2 ? 2 : 1);
         check_same_weights(group, task, "after epoch 3");
       }))
    CHECK(message.find("different values in kept") != std::string::npos);
}
