/* One line per optimizer, alphabetical. */
#define MM_OPTIMIZERS(X)                                                                                             \
    X(adabelief)                                                                                                     \
    X(adadelta)                                                                                                      \
    X(adagrad)                                                                                                       \
    X(adam)                                                                                                          \
    X(adam_w)                                                                                                        \
    X(adamax)                                                                                                        \
    X(ftrl)                                                                                                          \
    X(momentum)                                                                                                      \
    X(nadam)                                                                                                         \
    X(novograd)                                                                                                      \
    X(novograd_v3)                                                                                                   \
    X(radam)                                                                                                         \
    X(rmsprop)                                                                                                       \
    X(sgd)
