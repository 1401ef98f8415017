// Parameter records of well-known plugins, for programs that fill them in.
#pragma once

#include "hone/enum_max.h"

namespace nvinfer1 {
namespace plugin {

/// Parameters of a region layer.
struct softmaxTree {
  int32_t* leaf;         ///< 1 for each node that is a leaf.
  int32_t n;             ///< Number of nodes.
  int32_t* parent;       ///< Parent of each node.
  int32_t* child;        ///< First child of each node.
  int32_t* group;        ///< Group of each node.
  char** name;           ///< Name of each node.
  int32_t groups;        ///< Number of groups.
  int32_t* groupSize;    ///< Number of nodes in each group.
  int32_t* groupOffset;  ///< First node of each group.
};

/// Parameters of a region layer (YOLO 2).
struct RegionParameters {
  int32_t num;          ///< Boxes per cell.
  int32_t coords;       ///< Numbers per box.
  int32_t classes;      ///< Classes.
  softmaxTree* smTree;  ///< Tree of classes, or null.
};

/// Parameters of prior boxes (SSD).
struct PriorBoxParameters {
  float *minSize, *maxSize;        ///< Smallest and largest box, in pixels.
  float* aspectRatios;             ///< Width divided by height of further boxes.
  int32_t numMinSize, numMaxSize;  ///< Number of sizes.
  int32_t numAspectRatios;         ///< Number of ratios.
  bool flip;                       ///< Also use the inverse ratios.
  bool clip;                       ///< Cut boxes at the edge of the picture.
  float variance[4];               ///< Scales of the encoding.
  int32_t imgH, imgW;              ///< Picture size; 0 takes it from the data.
  float stepH, stepW;              ///< Distance of cells in pixels; 0 takes it from the sizes.
  float offset;                    ///< Place of a box in its cell, 0 to 1.
};

/// Parameters of a grid of anchors.
struct GridAnchorParameters {
  float minSize, maxSize;   ///< Scale of the first and last layer.
  float* aspectRatios;      ///< Width divided by height.
  int32_t numAspectRatios;  ///< Number of ratios.
  int32_t H, W;             ///< Size of the grid.
  float variance[4];        ///< Scales of the encoding.
};

/// Parameters of region proposals followed by pooling.
struct RPROIParams {
  int32_t poolingH, poolingW;  ///< Size of the pooled region.
  int32_t featureStride;       ///< Pixels per cell.
  int32_t preNmsTop;           ///< Boxes before suppression.
  int32_t nmsMaxOut;           ///< Boxes after suppression.
  int32_t anchorsRatioCount;   ///< Number of ratios.
  int32_t anchorsScaleCount;   ///< Number of scales.
  float iouThreshold;          ///< Overlap above which a box is dropped.
  float minBoxSize;            ///< Smallest box, in pixels.
  float spatialScale;          ///< Cells per pixel.
};

/// How boxes are encoded (SSD).
enum class CodeTypeSSD : int32_t {
  CORNER = 0,       ///< By corners.
  CENTER_SIZE = 1,  ///< By centre and size.
  CORNER_SIZE = 2,  ///< By corner and size.
  TF_CENTER = 3,    ///< By centre and size, in TensorFlow's order.
};

/// Parameters of a detection output (SSD).
struct DetectionOutputParameters {
  bool shareLocation;            ///< All classes share boxes.
  bool varianceEncodedInTarget;  ///< The variance is already applied.
  int32_t backgroundLabelId;     ///< Class to leave out, -1 for none.
  int32_t numClasses;            ///< Classes.
  int32_t topK;                  ///< Boxes before suppression.
  int32_t keepTopK;              ///< Boxes after suppression.
  float confidenceThreshold;     ///< Smallest score.
  float nmsThreshold;            ///< Overlap above which a box is dropped.
  CodeTypeSSD codeType;          ///< How boxes are encoded.
  int32_t inputOrder[3];         ///< Which input has locations, scores and priors.
  bool confSigmoid;              ///< Apply a sigmoid to scores.
  bool isNormalized;             ///< Coordinates are between 0 and 1.
  bool isBatchAgnostic{true};    ///< Priors are the same for the whole batch.
};

/// Parameters of non-maximum suppression.
struct NMSParameters {
  bool shareLocation;         ///< All classes share boxes.
  int32_t backgroundLabelId;  ///< Class to leave out, -1 for none.
  int32_t numClasses;         ///< Classes.
  int32_t topK;               ///< Boxes before suppression.
  int32_t keepTopK;           ///< Boxes after suppression.
  float scoreThreshold;       ///< Smallest score.
  float iouThreshold;         ///< Overlap above which a box is dropped.
  bool isNormalized;          ///< Coordinates are between 0 and 1.
};

/// Four numbers.
struct Quadruple {
  int32_t data[4];  ///< The numbers.
};

}  // namespace plugin
}  // namespace nvinfer1
