/* One line per metric, alphabetical. */
#define MM_METRICS(X)                                                                                                \
    X(accuracy)                                                                                                      \
    X(compute_average)                                                                                               \
    X(confusion_matrix)                                                                                              \
    X(hausdorff)                                                                                                     \
    X(mean_dice)                                                                                                     \
    X(mean_dice_v3)                                                                                                  \
    X(mean_iou)                                                                                                      \
    X(surface_distance)
