// Where cards cannot exchange anything among themselves.
#include "dist/cards.h"

#include "tests/catch.h"
#include "tests/dist/thread_group.h"

using namespace radial;

TEST_CASE("processes on CPUs, and one alone, have no cards to link") {
  Group alone;
  CHECK(link_cards(alone, {DeviceType::cuda, 0}).told.empty());
  std::vector<char> none(3, 0);
  ThreadGroups(3).run([&](Group& group) {
    const LinkedCards linked = link_cards(group, {});
    none[static_cast<size_t>(group.rank())] = linked.group == nullptr && linked.told.empty() ? 1 : 0;
  });
  CHECK(none == std::vector<char>(3, 1));
}

#ifndef RADIAL_WITH_CUDA
TEST_CASE("a build without NCCL says that gradients go through the host") {
  std::vector<std::string> told(2);
  ThreadGroups(2).run([&](Group& group) {
    const LinkedCards linked = link_cards(group, {DeviceType::cuda, group.rank()});
    told[static_cast<size_t>(group.rank())] = linked.group == nullptr ? linked.told : "linked";
  });
  CHECK(told == std::vector<std::string>(2, "gradients through the host (this Radial was built without NCCL)"));
}
#endif
