/* One line per model, alphabetical. */
#define MM_MODELS(X)                                                                                                 \
    X(basic_unet)                                                                                                    \
    X(clara_unet)                                                                                                    \
    X(keras_unet)                                                                                                    \
    X(seg_resnet)                                                                                                    \
    X(seg_resnet_v3)                                                                                                 \
    X(unet)
