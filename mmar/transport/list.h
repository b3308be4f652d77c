/* One line per transport, alphabetical. */
#define MM_TRANSPORTS(X)                                                                                             \
    X(file)                                                                                                          \
    X(https)
