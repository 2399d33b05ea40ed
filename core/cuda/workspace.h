// Scratch memory of a card for kernels that run one after the other: one block, as large as the largest of them needs.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/storage.h"

namespace radial::cuda {

class Workspace {
 public:
  explicit Workspace(Device card) : card_(card) {}

  // So many bytes, for the kernel that is launched next. A CUDA graph keeps the address if it is captured meanwhile:
  // then the block is never given back.
  void* take(size_t bytes, bool captured) {
    if (!block_ || block_->bytes() < bytes) {
      if (is_captured_) captured_.push_back(std::move(block_));
      is_captured_ = false;
      block_.reset();  // first, so that both need not fit
      block_ = std::make_unique<Storage>(bytes, card_);
    }
    is_captured_ = is_captured_ || captured;
    return block_->data();
  }

 private:
  Device card_;
  std::unique_ptr<Storage> block_;
  bool is_captured_ = false;                        // the block
  std::vector<std::unique_ptr<Storage>> captured_;  // blocks that became too small
};

}  // namespace radial::cuda
