// gnuplot's figures within a page.
#pragma once

#include <functional>
#include <string>

namespace radial::apps {

// `draw` is given a folder that is there for it alone, in which it writes NAME.svg; `title` is for those who cannot see
// it. Without gnuplot, a sentence that says so.
std::string inline_figure(const std::string& name, const std::string& title,
                          const std::function<void(const std::string& folder)>& draw);

}  // namespace radial::apps
