// All layers, and what gives them initial values.
#pragma once

#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
