/* One line per loss, alphabetical. */
#define MM_LOSSES(X)                                                                                                 \
    X(bce)                                                                                                           \
    X(cross_entropy)                                                                                                 \
    X(dice)                                                                                                          \
    X(dice_ce)                                                                                                       \
    X(dice_ce_v3)                                                                                                    \
    X(dice_focal)                                                                                                    \
    X(dice_v3)                                                                                                       \
    X(focal)                                                                                                         \
    X(focal_dice_v3)                                                                                                 \
    X(focal_v3)                                                                                                      \
    X(generalized_dice)                                                                                              \
    X(mse)                                                                                                           \
    X(tversky)
