/* One line per schedule, alphabetical. */
#define MM_SCHEDULES(X)                                                                                              \
    X(constant)                                                                                                      \
    X(cosine)                                                                                                        \
    X(cosine_restarts)                                                                                               \
    X(decay_on_step)                                                                                                 \
    X(exponential)                                                                                                   \
    X(linear)                                                                                                        \
    X(multi_step)                                                                                                    \
    X(plateau)                                                                                                       \
    X(plateau_v3)                                                                                                    \
    X(poly)                                                                                                          \
    X(reduce_cosine)                                                                                                 \
    X(reduce_poly)                                                                                                   \
    X(step)                                                                                                          \
    X(warmup_cosine)
