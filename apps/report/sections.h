// What a report shows of runs, a piece of a page each; "" where there is nothing to show.
#pragma once

#include <string>
#include <vector>

#include "apps/report/reported_run.h"

namespace radial::apps {

// Figures of all runs together, as `radial figure` draws them: norm, effective step and the results that decide; then
// whatever else epochs.csv has, and the loss of val.csv.
std::string curves_html(const std::vector<ReportedRun>& runs);

// Of RUN/classes.csv and RUN/confusion.csv, as `radial evaluate --per-class` writes them.
std::string classes_html(const ReportedRun& run);

// Of RUN/predictions.csv, as `radial evaluate --predictions` writes it for classifiers: which classes are taken for
// which most often, and the `most` pictures that are taken for another class with the highest probability, as
// thumbnails.
std::string mistakes_html(const ReportedRun& run, int most);

// State and results, a row a run; of a single run its last and its best epoch side by side.
std::string results_html(const std::vector<ReportedRun>& runs);

// Settings: of a single run those that are not the defaults, of several those in which they differ; then all others.
std::string settings_html(const std::vector<ReportedRun>& runs);

// The commands, the data and the machines.
std::string surroundings_html(const std::vector<ReportedRun>& runs);

}  // namespace radial::apps
