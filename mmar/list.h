/* One line per command, in the order of a model's life; the help page shows them so. */
#define MM_COMMANDS(X)                                                                                               \
    X(init)                                                                                                          \
    X(datalist)                                                                                                      \
    X(check)                                                                                                         \
    X(plan)                                                                                                          \
    X(cache)                                                                                                         \
    X(apply)                                                                                                         \
    X(train)                                                                                                         \
    X(evaluate)                                                                                                      \
    X(infer)                                                                                                         \
    X(convert)                                                                                                       \
    X(card)                                                                                                          \
    X(pack)                                                                                                          \
    X(keygen)                                                                                                        \
    X(sign)                                                                                                          \
    X(pull)                                                                                                          \
    X(unpack)                                                                                                        \
    X(show)                                                                                                          \
    X(verify)                                                                                                        \
    X(diff)                                                                                                          \
    X(synth)                                                                                                         \
    X(list)                                                                                                          \
    X(help)
