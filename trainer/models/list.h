/* One line per model, alphabetical. */
#define MM_MODELS(X)                                                                                                 \
    X(keras_unet)                                                                                                    \
    X(unet)
