/* One line per op, alphabetical. Adding an op = its file + its line here. */
#define MM_OPS(X)                                                                                                    \
    X(activation)                                                                                                    \
    X(add)                                                                                                           \
    X(batch_norm)                                                                                                    \
    X(concat)                                                                                                        \
    X(conv)                                                                                                          \
    X(conv_transpose)                                                                                                \
    X(dropout)                                                                                                       \
    X(group_norm)                                                                                                    \
    X(instance_norm)                                                                                                 \
    X(loss)                                                                                                          \
    X(pool)                                                                                                          \
    X(softmax)                                                                                                       \
    X(upsample)
